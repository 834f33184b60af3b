//! The story: now and then a service is deployed, answers slowly for some minutes, and an alarm fires.
//!
//! **Invariant:** the steps of a deploy come in their order, each with the first message after its
//! time; a service is in trouble from the end of its deploy until shortly before its alarm is over.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::text;
use super::world::{Service, World, one_of};
use crate::dice::Dice;

/// What happens in the course of a deploy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The change was merged.
    Merged,
    /// Its roll-out began.
    Begun,
    /// It is there, and the trouble begins.
    Deployed,
    /// An alarm fires.
    Alarmed,
    /// It is over.
    Resolved,
}

/// A step that is to be told.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) step: Step,
    pub(super) service: Arc<Service>,
    /// The id of the deploy.
    pub(super) deploy: String,
}

/// What is going on and will happen.
#[derive(Debug)]
pub(super) struct Story {
    interval_ms: i64,
    services: Vec<Arc<Service>>,
    next_deploy_ms: Option<i64>,
    /// By time; the number tells steps of one time apart.
    steps: BTreeMap<(i64, u64), Due>,
    planned: u64,
    /// From when until when each service is in trouble.
    troubles: Vec<(i64, i64)>,
}

/// How long a trouble lasts, at least and at most.
const TROUBLE_MS: (i64, i64) = (180_000, 360_000);
/// How much slower a service in trouble answers.
const TROUBLE_PERCENT: i64 = 300;

impl Story {
    pub(super) fn new(world: &World, interval_ms: i64) -> Self {
        Self {
            interval_ms: interval_ms.max(1),
            services: world.services.clone(),
            next_deploy_ms: None,
            steps: BTreeMap::new(),
            planned: 0,
            troubles: vec![(0, 0); world.services.len()],
        }
    }

    /// How slowly a service answers, 100 for as always.
    pub(super) fn trouble_percent(&self, service: &Service, now_ms: i64) -> i64 {
        let (from, until) = self.troubles.get(service.number).copied().unwrap_or_default();
        if (from..until).contains(&now_ms) { TROUBLE_PERCENT } else { 100 }
    }

    /// The next step whose time has come.
    pub(super) fn due(&mut self, now_ms: i64, dice: &mut Dice) -> Option<Due> {
        let planned_for = self.next_deploy_ms.unwrap_or(now_ms + self.interval_ms / 2);
        self.next_deploy_ms = Some(planned_for);
        if planned_for <= now_ms {
            self.plan(now_ms, dice);
        }
        let first = self.steps.first_entry().filter(|first| first.key().0 <= now_ms)?;
        Some(first.remove())
    }

    fn plan(&mut self, now_ms: i64, dice: &mut Dice) {
        let service = Arc::clone(one_of(&self.services, dice));
        let deploy = text::hex(dice, 12);
        let deployed_ms = now_ms + dice.between(40_000, 90_000);
        let over_ms = deployed_ms + dice.between(TROUBLE_MS.0, TROUBLE_MS.1);
        let alarmed_ms = deployed_ms + dice.between(60_000, 120_000);
        let steps = [
            (Step::Merged, now_ms),
            (Step::Begun, now_ms + 15_000),
            (Step::Deployed, deployed_ms),
            (Step::Alarmed, alarmed_ms),
            (Step::Resolved, over_ms + 60_000),
        ];
        for (step, time_ms) in steps {
            let due = Due { step, service: Arc::clone(&service), deploy: deploy.clone() };
            self.planned += 1;
            self.steps.insert((time_ms, self.planned), due);
        }
        if let Some(trouble) = self.troubles.get_mut(service.number) {
            *trouble = (deployed_ms, over_ms);
        }
        self.next_deploy_ms =
            Some(now_ms + dice.between(self.interval_ms / 2, self.interval_ms * 3 / 2 + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::config::CompanyConfig;
    use crate::dice::Stream;

    #[test]
    fn a_deploy_is_followed_by_trouble_and_an_alarm_and_both_end() {
        let mut dice = Dice::new(1, Stream::Records);
        let world = World::new(&CompanyConfig::default(), &mut dice);
        let mut story = Story::new(&world, 1_000_000);
        let mut told = Vec::new();
        let mut in_trouble_s = 0;
        for second in 0..1_000 {
            let now_ms = 1_767_225_600_000 + second * 1_000;
            while let Some(due) = story.due(now_ms, &mut dice) {
                told.push((due.step, due.deploy));
            }
            let slow = |service: &&Arc<Service>| story.trouble_percent(service, now_ms) > 100;
            in_trouble_s += world.services.iter().filter(slow).count();
        }
        let steps: Vec<Step> = told.iter().take(5).map(|(step, _)| *step).collect();
        let all = [Step::Merged, Step::Begun, Step::Deployed, Step::Alarmed, Step::Resolved];
        assert!(told.iter().take(5).all(|(_, deploy)| *deploy == told[0].1));
        assert_eq!(steps, all);
        assert!((180..=360).contains(&in_trouble_s), "{in_trouble_s} s");
    }
}
