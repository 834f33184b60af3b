//! Stateful rules on the timelines beside them.
//!
//! **Invariant:** a timeline is judged by the rules of its file alone, and by all they say: what fires and
//! should not counts like what should fire and does not.

use std::sync::Arc;

use correlator::patterns::Stateful;
use rules::Asked;
use rules::timeline::{Expected, START_MS, Timeline};

use super::stage::{Fired, Stage};

/// After the last message time passes for so long, so that what is absent is known to be.
const AFTER_MS: i64 = 36 * 60 * 60_000;

/// What was wrong with a timeline: what should have fired, and what should not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// As was expected.
    pub(super) hits: Vec<Expected>,
    /// Expected, and not there.
    pub(super) missed: Vec<Expected>,
    /// There, and not expected.
    pub(super) extra: Vec<Expected>,
}

/// Plays a timeline; what of it was as expected for these rules, the others being there too.
///
/// # Errors
/// When a message of it cannot be read.
pub(super) fn play(
    timeline: &Timeline,
    judged: &[&Stateful],
    asked: &Arc<Asked>,
    all: &[Stateful],
) -> anyhow::Result<Verdict> {
    let mut stage = Stage::new(asked, all)?;
    let mut last_ms = START_MS;
    for sent in &timeline.sent {
        stage.send(sent)?;
        last_ms = sent.arrives_ms;
    }
    stage.pass_until(last_ms.saturating_add(AFTER_MS))?;
    let (fired, unread) = stage.end();
    if let Some(reason) = unread.first() {
        anyhow::bail!("a message of this timeline cannot be read: {reason}");
    }
    Ok(judge(timeline, judged, fired))
}

fn judge(timeline: &Timeline, judged: &[&Stateful], fired: Vec<Fired>) -> Verdict {
    let told = fired.into_iter().filter_map(|fired| {
        let stateful = judged.iter().find(|stateful| stateful.id == fired.rule)?;
        Some(said(stateful, fired))
    });
    let mut told: Vec<Expected> = told.collect();
    let mut verdict = Verdict::default();
    let Some(expected) = &timeline.fires else {
        // Something has to fire, whatever it is.
        return Verdict { hits: told, ..verdict };
    };
    for wanted in expected {
        match told.iter().position(|told| is(wanted, told)) {
            Some(place) => {
                told.remove(place);
                verdict.hits.push(wanted.clone());
            }
            None => verdict.missed.push(wanted.clone()),
        }
    }
    Verdict { extra: told, ..verdict }
}

/// A firing as timelines write it.
fn said(stateful: &Stateful, fired: Fired) -> Expected {
    let names: Vec<&String> = stateful.group_by.iter().map(|field| &field.name).collect();
    let of = fired.labels.into_iter().filter(|(name, _)| names.contains(&name));
    Expected {
        at_ms: fired.at_ms,
        tenant: fired.tenant,
        rule: Some(stateful.title.clone()),
        of: of.collect(),
    }
}

fn is(wanted: &Expected, told: &Expected) -> bool {
    let is_rule = wanted.rule.is_none() || wanted.rule == told.rule;
    is_rule && (wanted.at_ms, &wanted.tenant, &wanted.of) == (told.at_ms, &told.tenant, &told.of)
}

impl Verdict {
    /// What is wrong, in a sentence; `None` when nothing is.
    pub(super) fn wrong(&self, timeline: &Timeline) -> Option<String> {
        let name = &timeline.name;
        if timeline.fires.is_none() {
            return self
                .hits
                .is_empty()
                .then(|| format!("\"{name}\" should fire, and nothing does"));
        }
        let told = |what: &str, of: &[Expected]| {
            let parts: Vec<String> = of.iter().map(text).collect();
            (!parts.is_empty()).then(|| format!("{what} {}", parts.join(" and ")))
        };
        let missed = told("misses", &self.missed);
        let extra = told("fires and should not", &self.extra);
        let parts: Vec<String> = missed.into_iter().chain(extra).collect();
        (!parts.is_empty()).then(|| format!("\"{name}\" {}", parts.join("; it ")))
    }
}

fn text(of: &Expected) -> String {
    let group: Vec<String> = of.of.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let seconds = (of.at_ms - START_MS) / 1_000;
    let rule = of.rule.as_deref().unwrap_or("a rule");
    format!("\"{rule}\" at {seconds}s of {} ({})", group.join(", "), of.tenant)
}
