//! Why things are together, in sentences for people.

use schemas::envelope::Extra;
use schemas::finite::Finite;
use schemas::id::AlertId;
use schemas::incident::{Link, LinkReason};

use crate::candidate::{Candidate, Candidates, Part, What};
use crate::decide::Arriving;
use crate::find::Probes;
use crate::item::Item;
use crate::key::Of;
use crate::tenant::Tenant;
use crate::weights;

/// Evidence below this is not told.
const TOLD_MIN: f64 = 0.05;

impl Tenant {
    /// Tells why an item of a condition that is new to its incident has joined it.
    pub(crate) fn tell_why(
        &mut self,
        arriving: &Arriving<'_>,
        number: u64,
        fresh: bool,
        candidates: &Candidates,
    ) {
        let chosen = candidates.0.iter().find(|candidate| candidate.incident == number);
        if let Some(chosen) = chosen.filter(|_| fresh) {
            self.add_link(arriving, number, chosen.joins(), &chosen.parts);
        }
    }

    /// Tells why another incident is the same as the item's.
    pub(crate) fn tell_why_merged(&mut self, arriving: &Arriving<'_>, other: u64, why: &Candidate) {
        self.add_link(arriving, other, why.joins(), &why.parts);
    }

    /// Adds a link from an incident's last alert to the item's.
    pub(crate) fn add_link(
        &mut self,
        arriving: &Arriving<'_>,
        number: u64,
        score: f64,
        parts: &[Part],
    ) {
        let (item, named_max) = (arriving.item, self.limits.named);
        let Some(incident) = self.incidents.get_mut(&number) else { return };
        if incident.links.len() >= named_max {
            return;
        }
        let to = AlertId::of(&item.tenant, item.fingerprint, item.event.into());
        let reasons = parts.iter().filter(|part| part.score >= TOLD_MIN);
        let reasons = reasons.filter_map(|part| reason(part, item, &arriving.probes)).collect();
        let Some(score) = Finite::new(round(score)) else { return };
        incident.links.push(Link {
            from: incident.last_alert,
            to,
            score,
            reasons,
            extra: Extra::new(),
        });
    }
}

fn reason(part: &Part, item: &Item, probes: &Probes) -> Option<LinkReason> {
    let score = Finite::new(round(part.score))?;
    let reason = sentence(part, item, probes);
    Some(LinkReason { strategy: part.strategy, score, reason, extra: Extra::new() })
}

/// To three digits: nobody needs more.
fn round(score: f64) -> f64 {
    (score * 1_000.0).round() / 1_000.0
}

fn sentence(part: &Part, item: &Item, probes: &Probes) -> String {
    match part.what {
        What::Again { of, probe, lag_ms, chance } => {
            let mention = probes.all.get(probe).and_then(|probe| item.mentions.get(probe.mention));
            let named = mention.map(|mention| format!("{} {}", mention.kind.name(), mention.value));
            let after = format!("{} s apart", lag_ms / 1_000);
            format!("{}, {after}; by chance {}", again(of, item, named), percent(chance))
        }
        What::Session { at_once: 1 } => {
            format!("the session was at nothing else within {} s", weights::SESSION_MS / 1_000)
        }
        What::Session { at_once } => format!("one of {at_once} things that the session was at"),
        What::Unnamed => "calls of the same session just before it, which name nothing".to_owned(),
        What::Follows { times, of } => {
            format!("what happened here followed on it {times:.0} of {of:.0} times, about as soon")
        }
        What::Words => "they have rare words in common".to_owned(),
        What::Near { steps: 1 } => {
            "it names what was named together with something here".to_owned()
        }
        What::Near { steps } => format!("it names what is {steps} steps from something named here"),
    }
}

fn again(of: Of, item: &Item, named: Option<String>) -> String {
    let place = item.place.as_deref().unwrap_or("the same place");
    let rule = item.rule.as_deref().unwrap_or(&item.action);
    match of {
        Of::Mention(_) => format!("both name {}", named.unwrap_or_default()),
        Of::Sibling => {
            format!("{} has siblings, used by the same credential", named.unwrap_or_default())
        }
        Of::Condition => format!("{rule} goes on at {place}"),
        Of::Repeated => format!("{rule} again, by the same session"),
        Of::Place => format!("both at {place}"),
        Of::Rule => format!("{rule} in another place as well"),
    }
}

fn percent(chance: f64) -> String {
    format!("{:.1} %", (chance * 1_000.0).round() / 10.0)
}
