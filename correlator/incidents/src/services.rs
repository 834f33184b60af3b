//! By what is said of a service an item is tied to what goes on there.
//!
//! **Invariant:** only trouble is remembered as trouble. What was done to a service, or delivered, is found by
//! the trouble that comes after it, and what is only spoken of is not tied by the service at all.

use schemas::incident::Strategy;

use crate::candidate::{Candidates, Part, What};
use crate::causes::thing_of;
use crate::estate::Thing;
use crate::find::{Probe, Probes};
use crate::item::{Item, Kind, Mention, Stands, Way};
use crate::key::{self, Key, Of};
use crate::sense::{self, Sense};
use crate::tenant::Tenant;
use crate::weights;

/// Adds what an item is looked up by that says this of a service.
pub(crate) fn add_probes(
    item: &Item,
    (sense, name): (Sense, &str),
    of: Probe,
    all: &mut Vec<Probe>,
) {
    let by_field = of.lasts;
    // A word is met by what a field calls so, before or after it, and by no other word.
    let word = Probe { key: key::word_of_service(name), links: by_field, ..of };
    let changed = |by_field| {
        let key = key::changed(name, by_field);
        Probe { key, of: Of::Changed, links: true, lasts: false, ..of }
    };
    match sense {
        Sense::Trouble => {
            all.extend([of, Probe { lasts: !by_field, ..word }, changed(true)]);
            all.extend(by_field.then(|| changed(false)));
            if by_field && sense::is_outgoing(item) {
                all.push(Probe { key: key::outgoing(name), links: false, ..of });
            }
        }
        Sense::Operation => {
            let looked_up = [of, word].map(|probe| Probe { lasts: false, ..probe });
            all.extend(looked_up);
            all.push(Probe { links: false, lasts: true, ..changed(by_field) });
        }
        Sense::Delivery => all.push(Probe { links: false, lasts: true, ..changed(by_field) }),
        Sense::Talk => (),
    }
}

/// What a service that a field names is remembered by.
fn key_of(service: &str) -> Key {
    key::mention(&Mention { kind: Kind::Service, value: service.to_owned(), way: Way::Used })
}

impl Tenant<'_> {
    /// How little an alert is expected anyway, or what is done by the same hand: from 0 to 1.
    pub(crate) fn news(&self, item: &Item, probes: &Probes) -> f64 {
        let counts = matches!(item.stands, Stands::Alert(_)) || probes.sense == Sense::Operation;
        let own = self.stores.keys.get(self.number, probes.own).filter(|_| counts);
        own.map_or(1.0, |own| 1.0 - own.chance(weights::NEWS_MS, item.time_ms))
    }

    /// Whether an alert comes and goes all day: then nothing is tied to its service by it.
    pub(crate) fn is_routine(&self, item: &Item, probes: &Probes) -> bool {
        !item.is_evidence() && self.news(item, probes) < weights::NEWS_MIN
    }

    /// Incidents with alerts at what depends on the item's service, or what that depends on.
    pub(crate) fn find_beside(
        &self,
        item: &Item,
        probes: &mut Probes,
        candidates: &mut Candidates,
    ) {
        let Some(thing) = thing_of(item).filter(|_| !item.is_evidence()) else { return };
        let beside = self.stores.estate.beside(self.number, &thing, item.time_ms);
        for (other, is_asked) in beside.iter().filter(|(other, _)| other.kind() == "service") {
            let Some((incident, score)) = self.beside(item, probes, (other, *is_asked)) else {
                continue;
            };
            let what = What::Beside { service: probes.beside.len() };
            probes.beside.push(other.name().to_owned());
            candidates.add(incident, Part { strategy: Strategy::Graph, score, what });
        }
    }

    /// The incident at a service beside the item's, which the item's asks or which asks it, and what that
    /// says. What suffers from what it asks says so, and begins to soon after that began.
    fn beside(
        &self,
        item: &Item,
        probes: &Probes,
        (other, is_asked): (&Thing, bool),
    ) -> Option<(u64, f64)> {
        let posting = self.stores.keys.get(self.number, key_of(other.name()))?;
        let (incident, last_ms) =
            posting.recent.iter().max_by_key(|(incident, ms)| (*ms, *incident)).copied()?;
        let lag_ms = (item.time_ms - last_ms).abs();
        let number = self.name(incident).filter(|_| lag_ms <= weights::BESIDE_MS)?;
        let incident = self.incident(number).filter(|incident| incident.alerts > 0)?;
        let suffers =
            if is_asked { sense::is_outgoing(item) } else { self.suffers(other, item.time_ms) };
        let soon = (item.time_ms - incident.opened_ms).abs() <= weights::SUFFERS_MS;
        let weight = if suffers && soon { weights::SUFFERS } else { weights::BESIDE };
        let burst = (lag_ms, weights::SERVICE_BURST_MS);
        let surely = 1.0 - posting.chance_of_burst(burst, item.time_ms);
        Some((number, weight * surely * self.news(item, probes)))
    }

    /// Whether a service had an alert lately about what it asks of others.
    fn suffers(&self, service: &Thing, time_ms: i64) -> bool {
        let known = self.stores.keys.get(self.number, key::outgoing(service.name()));
        let lately = |(_, last_ms): &(u64, i64)| (time_ms - last_ms).abs() <= weights::BESIDE_MS;
        known.is_some_and(|known| known.recent.iter().any(lately))
    }
}
