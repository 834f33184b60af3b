//! The sentence that says why a thing is suspected.
//!
//! **Invariant:** what it says took part in the score, and nothing that did is left out.

use std::collections::BTreeMap;

use schemas::envelope::Extra;
use schemas::finite::Finite;
use schemas::id::{Hash128, ResourceId};
use schemas::incident::Cause;
use schemas::resource::Resource;

use super::case::{Change, Ranked};
use super::causes::{Inquiry, Sick, Suspect};
use super::thing::Thing;

/// More names would not be read.
const NAMES_MAX: usize = 4;
const TITLE_LETTERS_MAX: usize = 120;

impl Inquiry<'_, '_> {
    pub(super) fn told(&self, suspect: &Suspect<'_>) -> Option<Ranked> {
        let change = suspect.change;
        let cause = Cause {
            resource: self.resource(suspect),
            score: Finite::new(suspect.score)?,
            reason: self.reason(suspect),
            record: change.map(|change| change.record),
            at_ms: change.map(|change| change.at_ms),
            extra: Extra::new(),
        };
        Some(Ranked { cause })
    }

    /// Services and hosts are called the same by everybody; of others only we know this name.
    fn resource(&self, suspect: &Suspect<'_>) -> Resource {
        let native = match (&suspect.thing, suspect.change) {
            (Some(thing), _) if matches!(thing.kind(), "service" | "host") => {
                thing.name().to_owned()
            }
            (Some(thing), _) => format!("{}/{}", thing.kind(), thing.name()),
            (None, change) => change.map_or(Hash128::MIN, |change| change.record.0).to_string(),
        };
        let named = suspect.thing.as_ref();
        let named = named.map(|thing| (thing.attribute(), thing.name().to_owned()));
        let attributes: BTreeMap<String, String> = named.into_iter().collect();
        Resource { id: ResourceId::of(self.tenant, &native), attributes, extra: Extra::new() }
    }

    fn reason(&self, suspect: &Suspect<'_>) -> String {
        let name = suspect.thing.as_ref().map(Thing::called);
        match (suspect.began_ms, suspect.change, name) {
            (Some(began_ms), change, Some(name)) => self.of_sick(suspect, began_ms, change, &name),
            (None, Some(change), name) if suspect.is_only_near() => {
                let name = name.unwrap_or_else(|| "something".to_owned());
                let told = told_change(change, self.first_ms, "before the first alert");
                format!("{name} was changed {told}; no dependency is known that carried it")
            }
            (None, Some(change), Some(name)) => {
                let first = suspect.explained.iter().map(|(sick, _)| sick.began_ms).min();
                let told = told_change(change, first.unwrap_or(self.first_ms), "before");
                let depend = dependents(&suspect.explained, "have alerts", "has an alert");
                format!("{name} was changed {told}; {depend}; it has no alert itself")
            }
            _ => String::new(),
        }
    }

    fn of_sick(
        &self,
        suspect: &Suspect<'_>,
        began_ms: i64,
        change: Option<&Change>,
        name: &str,
    ) -> String {
        let mut parts = vec![self.beginning(began_ms, name)];
        if !suspect.explained.is_empty() {
            let depend = dependents(&suspect.explained, "also have alerts", "also has an alert");
            parts.push(depend);
        }
        parts.extend(change.map(|change| {
            let other =
                change.thing.as_ref().filter(|thing| suspect.thing.as_ref() != Some(*thing));
            let what = other.map_or_else(|| "it".to_owned(), Thing::called);
            format!("{what} was changed {}", told_change(change, began_ms, "before"))
        }));
        parts.join("; ")
    }

    fn beginning(&self, began_ms: i64, name: &str) -> String {
        match began_ms.saturating_sub(self.first_ms) {
            _ if self.sick.len() == 1 => format!("{name} alone has alerts"),
            0 => format!("{name} began first"),
            later_ms => format!("{name} began {} after the first", lasting(later_ms)),
        }
    }
}

/// `checkout and storefront, which also have alerts, depend on it`.
fn dependents(explained: &[(&Sick<'_>, u8)], many: &str, one: &str) -> String {
    let mut names: Vec<String> =
        explained.iter().take(NAMES_MAX).map(|(sick, _)| sick.thing.called()).collect();
    let more = explained.len().saturating_sub(NAMES_MAX);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let (has, depend) = if explained.len() == 1 { (one, "depends") } else { (many, "depend") };
    format!("{}, which {has}, {depend} on it", listed(&names))
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

/// `4 min before (deploy 118 by ana)`.
fn told_change(change: &Change, began_ms: i64, before: &str) -> String {
    let title: String = change.title.chars().take(TITLE_LETTERS_MAX).collect();
    let by = change.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    format!("{} {before} ({title}{by})", lasting(began_ms.saturating_sub(change.at_ms)))
}

fn lasting(ms: i64) -> String {
    match ms / 1_000 {
        seconds @ ..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}
