//! The record that tells of an incident.

use schemas::alert::Feedback;
use schemas::command::Verdict;
use schemas::envelope::Extra;
use schemas::incident::{Incident as Told, IncidentState, Recommendation};
use schemas::resource::Entity;

use crate::incident::{Incident, Judged, Named};
use crate::list::At;
use crate::tenant::Tenant;
use crate::timeline::MOMENTS_MAX;
use crate::why::Tie;

impl Tenant<'_> {
    /// The record that tells of an incident as it is, its state left open.
    pub(crate) fn record(&mut self, incident: &Incident, at: At) -> Told {
        let (causes, affected) = self.explain(at);
        let named = self.stores.lists.alerts.of(at).filter(|(_, raised)| raised.named);
        let mut alerts = Vec::with_capacity(incident.named.alerts);
        alerts.extend(named.map(|(_, raised)| raised.alert));
        Told {
            incident: incident.id,
            revision: incident.revision.saturating_sub(1),
            seed: incident.seed,
            state: IncidentState::Open,
            level: incident.level,
            title: self.stores.titles.get(&at).cloned().unwrap_or_default(),
            opened_at_ms: incident.opened_ms,
            resolved_at_ms: incident.resolved_ms,
            last_at_ms: Some(incident.last_at_ms()),
            holding: incident.holding,
            alerts_left_out: incident.alerts.saturating_sub(alerts.len() as u64),
            alerts,
            items: incident.items,
            links: self.stores.lists.links.said(at, incident.named.links, Tie::told),
            entities: self.shared_entities(at),
            causes,
            timeline: self.timeline(at, incident.moments),
            moments_left_out: incident.moments.saturating_sub(MOMENTS_MAX as u64),
            affected,
            recommendations: self.recommendations(at),
            feedback: self.feedback(at),
            reopened: incident.reopened,
            part_of: incident.part_of,
            merged_into: None,
            follows: incident.follows,
            extra: Extra::new(),
        }
    }

    /// What at least two of its items name, the most named first.
    fn shared_entities(&self, at: At) -> Vec<Entity> {
        let named = self.stores.lists.named.of(at).map(|(_, named)| named);
        let mut shared: Vec<&Named> = named.filter(|named| named.items > 1).collect();
        shared.sort_by(|a, b| b.items.cmp(&a.items).then(a.mention.cmp(&b.mention)));
        let entity = |named: &Named| Entity {
            kind: named.mention.kind.name().to_owned(),
            value: named.mention.value.clone(),
            extra: Extra::new(),
        };
        shared.into_iter().map(entity).collect()
    }

    fn recommendations(&self, at: At) -> Vec<Recommendation> {
        let told = |(rule, text): &(String, String)| Recommendation {
            rule: rule.clone(),
            text: text.clone(),
            extra: Extra::new(),
        };
        self.stores.lists.advice.of(at).map(|(_, advice)| told(advice)).collect()
    }

    fn feedback(&self, at: At) -> Vec<Feedback> {
        self.stores.lists.judged.of(at).map(|(_, judged)| judged.told()).collect()
    }
}

impl Judged {
    fn told(&self) -> Feedback {
        Feedback {
            by: self.by.clone(),
            verdict: if self.right { Verdict::Useful } else { Verdict::Wrong },
            note: self.note.clone(),
            extra: Extra::new(),
        }
    }
}
