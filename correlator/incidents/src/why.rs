//! Why things are together, in sentences for people.

use schemas::envelope::Extra;
use schemas::finite::Finite;
use schemas::id::AlertId;
use schemas::incident::{Link, LinkReason, Strategy};
use serde::{Deserialize, Serialize};

use crate::candidate::{Candidate, Candidates, Part, What};
use crate::decide::Arriving;
use crate::find::Probes;
use crate::incident::Incident;
use crate::item::Item;
use crate::key::Of;
use crate::tenant::Tenant;
use crate::weights;

/// Evidence below this is not told.
const TOLD_MIN: f64 = 0.05;

/// Why two alerts are together, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tie {
    from: AlertId,
    pub(crate) to: AlertId,
    score: Finite,
    reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Reason {
    strategy: Strategy,
    score: Finite,
    sentence: String,
}

impl Tie {
    pub(crate) fn told(&self) -> Link {
        let reasons = self.reasons.iter().map(Reason::told).collect();
        Link { from: self.from, to: self.to, score: self.score, reasons, extra: Extra::new() }
    }
}

impl Reason {
    fn told(&self) -> LinkReason {
        let reason = self.sentence.clone();
        LinkReason { strategy: self.strategy, score: self.score, reason, extra: Extra::new() }
    }
}

impl Tenant<'_> {
    /// Tells why an item of a condition that is new to its incident has joined it; gives how sure that
    /// is, and the best reason.
    pub(crate) fn tell_why(
        &mut self,
        arriving: &Arriving<'_>,
        number: u64,
        fresh: bool,
        candidates: &Candidates,
    ) -> Option<(f64, String)> {
        let chosen = candidates.0.iter().find(|candidate| candidate.incident == number)?;
        if fresh {
            self.add_link(arriving, number, chosen.joins(), &chosen.parts);
        }
        let tied = fresh && self.has_changes(number);
        let why = (tied || arriving.item.is_evidence()).then(|| best(arriving, chosen))?;
        if fresh {
            self.tie_changes(number, &why);
        }
        Some(why)
    }

    /// Tells why another incident is the same as the item's.
    pub(crate) fn tell_why_merged(&mut self, arriving: &Arriving<'_>, other: u64, why: &Candidate) {
        self.add_link(arriving, other, why.joins(), &why.parts);
        if self.has_changes(other) {
            self.tie_changes(other, &best(arriving, why));
        }
    }

    /// Adds a link from an incident's last alert to the item's.
    pub(crate) fn add_link(
        &mut self,
        arriving: &Arriving<'_>,
        number: u64,
        score: f64,
        parts: &[Part],
    ) {
        let item = arriving.item;
        let room = |of: &&Incident| of.alerts > 0 && of.named.links < self.limits.named;
        let Some(incident) = self.incident(number).filter(room) else { return };
        let (from, to) = (incident.last_alert, item.alert());
        let reasons = parts.iter().filter(|part| part.score >= TOLD_MIN);
        let reasons = reasons.filter_map(|part| reason(part, item, &arriving.probes)).collect();
        let Some(score) = Finite::new(round(score)).filter(|_| !item.is_evidence()) else { return };
        self.add_tie(number, Tie { from, to, score, reasons });
    }

    /// Keeps a link, where there is room.
    pub(crate) fn add_tie(&mut self, number: u64, tie: Tie) {
        let (at, max) = (self.at(number), self.limits.named);
        let Some(incident) = self.incident_mut(number) else { return };
        if incident.named.links < max {
            incident.named.links += 1;
            let place = incident.place();
            self.stores.lists.links.insert(at, place, tie);
        }
    }

    fn has_changes(&self, number: u64) -> bool {
        self.stores.lists.changes.of(self.at(number)).next().is_some()
    }
}

/// How sure it is that an item belongs to an incident, and the best of the reasons.
fn best(arriving: &Arriving<'_>, why: &Candidate) -> (f64, String) {
    let best = why.parts.iter().max_by(|a, b| a.score.total_cmp(&b.score));
    let best = best.map(|part| sentence(part, arriving.item, &arriving.probes));
    (why.joins(), best.unwrap_or_default())
}

fn reason(part: &Part, item: &Item, probes: &Probes) -> Option<Reason> {
    let score = Finite::new(round(part.score))?;
    Some(Reason { strategy: part.strategy, score, sentence: sentence(part, item, probes) })
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
        What::Fired => {
            let rule = item.title.as_str();
            format!("\"{rule}\" fired on what is part of it")
        }
        What::Session { .. } if item.is_said() => {
            "said in the same channel, next to what belongs here".to_owned()
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
        What::Beside { service } => {
            let other = probes.beside.get(service).map_or("it", String::as_str);
            format!("it depends on {other}, where there are alerts, or {other} on it")
        }
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
        Of::Changed => format!("{} was changed just before", named.unwrap_or_default()),
        Of::Place => format!("both at {place}"),
        Of::Rule => format!("{rule} in another place as well"),
    }
}

fn percent(chance: f64) -> String {
    format!("{:.1} %", (chance * 1_000.0).round() / 10.0)
}
