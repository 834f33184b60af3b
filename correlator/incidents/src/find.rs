//! What an item is looked up by, and the incidents that are found.

use schemas::incident::Strategy;

use crate::candidate::{Candidates, Part, What};
use crate::graph::Relation;
use crate::item::{Item, Kind, Way};
use crate::key::{self, Key, Of};
use crate::posting::Posting;
use crate::tenant::Tenant;
use crate::weights::{self, HOUR_MS};

/// So much of what an item names is used; the rest is left out.
pub(crate) const MENTIONS_MAX: usize = 40;
/// A condition or a thing is taken up again within this time, in an incident that follows.
const FOLLOWS_MS: i64 = 24 * HOUR_MS;
/// So much of what an item names is looked for in the graph.
const SOUGHT_MAX: usize = 4;

/// One thing an item is looked up by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe {
    pub(crate) key: Key,
    pub(crate) of: Of,
    weight: f64,
    within_ms: i64,
    links: bool,
    /// Whether it is remembered that the item named it.
    lasts: bool,
    /// The item's mention, where it is one.
    pub(crate) mention: usize,
}

impl Probe {
    pub(crate) fn is_of_mention(&self) -> bool {
        self.links && self.lasts && matches!(self.of, Of::Mention(_))
    }
}

/// Everything an item is looked up by.
#[derive(Debug)]
pub(crate) struct Probes {
    pub(crate) all: Vec<Probe>,
    /// The condition that the item is an occurrence of.
    pub(crate) own: Key,
    pub(crate) session: Option<Key>,
    /// Where order is counted: the session, else the place.
    pub(crate) scope: Key,
    pub(crate) kind: Key,
    pub(crate) words: Vec<u32>,
}

impl Probes {
    pub(crate) fn of(item: &Item) -> Self {
        let mut all = Vec::with_capacity(item.mentions.len() + 4);
        mentions(item, &mut all);
        let own = condition(item, &mut all);
        let session = item.session.as_ref().map(key::session);
        let scope = session.or(item.place.as_deref().map(key::place)).unwrap_or_default();
        Self { all, own, session, scope, kind: key::kind_of(item), words: crate::text::of(item) }
    }
}

fn mentions(item: &Item, all: &mut Vec<Probe>) {
    for (at, mention) in item.mentions.iter().enumerate().take(MENTIONS_MAX) {
        let links = mention.way.links();
        let weight = weights::of(mention);
        let (of, key) = (Of::Mention(mention.kind), key::mention(mention));
        let lasts = mention.way != Way::Carried;
        all.push(Probe { key, of, weight, within_ms: HOUR_MS, links, lasts, mention: at });
        let session = item.session.as_ref().filter(|_| links && mention.kind == Kind::Name);
        if let Some(key) = session.and_then(|session| key::sibling(session, &mention.value)) {
            let (weight, within_ms) = (weights::SIBLING, weights::SIBLING_MS);
            all.push(Probe { key, of: Of::Sibling, weight, within_ms, links, lasts, mention: at });
        }
    }
}

/// Adds the condition, and what it is made of; gives the key of the condition.
fn condition(item: &Item, all: &mut Vec<Probe>) -> Key {
    let mut add = |key, of, weight, within_ms| {
        all.push(Probe {
            key,
            of,
            weight,
            within_ms,
            links: true,
            lasts: true,
            mention: usize::MAX,
        });
        key
    };
    match (&item.rule, &item.session) {
        (Some(rule), _) => {
            if let Some(place) = &item.place {
                add(key::place(place), Of::Place, weights::PLACE, HOUR_MS);
            }
            add(key::rule(rule), Of::Rule, weights::RULE, HOUR_MS);
            let own = key::condition(rule, item.place.as_deref());
            add(own, Of::Condition, weights::CONDITION, HOUR_MS)
        }
        (None, Some(session)) => {
            let bare = item.names_nothing();
            let weight = if bare { weights::REPEATED_BARE } else { weights::REPEATED };
            let own = key::repeated(session, &item.action);
            add(own, Of::Repeated, weight, weights::REPEATED_MS)
        }
        (None, None) => {
            if let Some(place) = &item.place {
                add(key::place(place), Of::Place, weights::PLACE, HOUR_MS);
            }
            let own = key::condition(&item.action, item.place.as_deref());
            add(own, Of::Repeated, weights::REPEATED, weights::REPEATED_MS)
        }
    }
}

fn strategy(of: Of) -> Strategy {
    match of {
        Of::Condition | Of::Rule | Of::Repeated => Strategy::Pattern,
        Of::Mention(_) | Of::Sibling | Of::Place => Strategy::Semantic,
    }
}

/// What was found for an item.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) candidates: Candidates,
    /// The incident that had the condition, or named the thing, too long ago to go on.
    earlier: Option<(i64, u64)>,
}

impl Tenant {
    /// The incidents that an item may belong to by what it is looked up by.
    pub(crate) fn find(&mut self, item: &Item, probes: &Probes) -> Found {
        let mut found = Found::default();
        for (at, probe) in probes.all.iter().enumerate().filter(|(_, probe)| probe.links) {
            let Some(mut posting) = self.keys.get_mut(probe.key).map(std::mem::take) else {
                continue;
            };
            self.rename(&mut posting);
            self.weigh(item, (at, probe), &posting, &mut found);
            if let Some(place) = self.keys.get_mut(probe.key) {
                *place = posting;
            }
        }
        found
    }

    /// Calls incidents by their present names, and forgets those that are closed.
    fn rename(&mut self, posting: &mut Posting) {
        posting.home = self.name(posting.home).unwrap_or(posting.home);
        let stale = |(incident, _): &(u64, i64)| self.name(*incident) != Some(*incident);
        if !posting.recent.iter().any(stale) {
            return;
        }
        let mut renamed: Vec<(u64, i64)> = Vec::with_capacity(posting.recent.len());
        for (incident, last_ms) in std::mem::take(&mut posting.recent) {
            let Some(incident) = self.name(incident) else { continue };
            match renamed.iter_mut().find(|(known, _)| *known == incident) {
                Some((_, last)) => *last = last_ms.max(*last),
                None => renamed.push((incident, last_ms)),
            }
        }
        posting.recent = renamed;
    }

    fn weigh(
        &self,
        item: &Item,
        (at, probe): (usize, &Probe),
        posting: &Posting,
        found: &mut Found,
    ) {
        let many = f64::from(u32::try_from(posting.recent.len()).unwrap_or(u32::MAX));
        let last =
            posting.recent.iter().max_by_key(|(incident, last_ms)| (*last_ms, *incident)).copied();
        let only_last = !matches!(probe.of, Of::Mention(_) | Of::Sibling);
        for (incident, last_ms) in
            posting.recent.iter().filter(|entry| !only_last || Some(**entry) == last)
        {
            let lag_ms = (item.time_ms - last_ms).abs();
            if lag_ms > probe.within_ms {
                found.note_earlier(probe, *incident, lag_ms);
                continue;
            }
            let chance = posting.chance(lag_ms, item.time_ms);
            // A condition goes on however often it recurs.
            let surely = if probe.of == Of::Condition { 1.0 } else { 1.0 - chance };
            let shared = if only_last { 1.0 } else { many };
            let at_home = only_last || posting.home == *incident;
            let weight = if at_home { probe.weight } else { probe.weight / shared };
            let what = What::Again { of: probe.of, probe: at, lag_ms, chance };
            let part = Part { strategy: strategy(probe.of), score: weight * surely, what };
            found.candidates.add_again(*incident, part, (weight, probe.weight / shared));
        }
    }

    /// What the incidents found, and only they, have beside that.
    pub(crate) fn weigh_more(&self, item: &Item, probes: &Probes, candidates: &mut Candidates) {
        for at in 0..candidates.0.len() {
            let Some(incident) = candidates.0.get(at).map(|found| found.incident) else { continue };
            let Some(known) = self.incidents.get(&incident) else { continue };
            let lag_ms = (item.time_ms - known.last_ms).max(0);
            let pair = (known.last_kind, probes.kind);
            if let Some(follows) = self.lags.follows(pair, lag_ms, item.time_ms) {
                let what = What::Follows { times: follows.times, of: follows.of };
                let score = weights::TEMPORAL * follows.score;
                candidates.add(incident, Part { strategy: Strategy::Temporal, score, what });
            }
            let score = weights::TEXT * self.words.common(&probes.words, &known.words);
            candidates
                .add(incident, Part { strategy: Strategy::Semantic, score, what: What::Words });
        }
    }

    /// Incidents that name what is near to what the item names.
    pub(crate) fn find_near(&self, item: &Item, probes: &Probes, candidates: &mut Candidates) {
        let sought = probes.all.iter().filter(|probe| probe.is_of_mention());
        let mut near = Vec::new();
        for probe in sought.take(SOUGHT_MAX) {
            self.graph.near(probe.key, item.time_ms, &mut |key, steps| near.push((key, steps)));
        }
        for (key, steps) in near {
            self.add_near(item, (key, steps), candidates);
        }
    }

    fn add_near(&self, item: &Item, (key, steps): (Key, u8), candidates: &mut Candidates) {
        let Some(posting) = self.keys.get(key) else { return };
        for (incident, last_ms) in &posting.recent {
            let lag_ms = (item.time_ms - last_ms).abs();
            let Some(incident) = self.name(*incident).filter(|_| lag_ms <= HOUR_MS) else {
                continue;
            };
            let known =
                candidates.0.iter().any(|found| found.incident == incident && found.has_near());
            let surely = 1.0 - posting.chance(lag_ms, item.time_ms);
            let step = if steps == 1 { weights::STEP } else { weights::STEP * weights::STEP };
            let score = weights::GRAPH * step * surely;
            if !known {
                let what = What::Near { steps };
                candidates.add(incident, Part { strategy: Strategy::Graph, score, what });
            }
        }
    }

    /// What the session was at, where the item itself names nothing.
    pub(crate) fn find_by_session(item: &Item, active: &[u64], candidates: &mut Candidates) {
        if !item.names_nothing() {
            return;
        }
        let at_once = f64::from(u32::try_from(active.len()).unwrap_or(u32::MAX));
        for incident in active {
            let what = What::Session { at_once: active.len() };
            let score = weights::SESSION / at_once;
            candidates.add(*incident, Part { strategy: Strategy::Semantic, score, what });
        }
    }

    /// Remembers where everything the item is looked up by was named.
    pub(crate) fn post(&mut self, item: &Item, probes: &Probes, incident: u64) {
        for probe in probes.all.iter().filter(|probe| probe.lasts) {
            self.keys.touch(probe.key).note(incident, item.time_ms, self.first_ms);
        }
        self.lags.note(probes.scope, probes.kind, item.time_ms);
        self.words.note(&probes.words);
        let named = probes.all.iter().filter(|probe| probe.is_of_mention());
        let relation = |probe: &Probe| {
            let way = item.mentions.get(probe.mention).map(|mention| mention.way);
            if way == Some(Way::Made) { Relation::Made } else { Relation::Named }
        };
        let named: Vec<_> = named.map(|probe| (probe.key, relation(probe))).collect();
        self.graph.tie(&named, item.time_ms);
    }
}

impl Found {
    pub(crate) fn earlier_incident(&self) -> Option<u64> {
        self.earlier.map(|(_, incident)| incident)
    }

    fn note_earlier(&mut self, probe: &Probe, incident: u64, lag_ms: i64) {
        let lasting =
            matches!(probe.of, Of::Condition | Of::Mention(_)) && probe.weight >= weights::JOIN;
        if lasting
            && lag_ms <= FOLLOWS_MS
            && self.earlier.is_none_or(|known| (lag_ms, incident) < known)
        {
            self.earlier = Some((lag_ms, incident));
        }
    }
}
