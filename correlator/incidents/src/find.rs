//! What an item is looked up by, and the incidents that are found.

use naming::MENTIONS_MAX;
use std::collections::BTreeSet;

use schemas::incident::Strategy;

use crate::candidate::{Candidates, Part, What};
use crate::graph::Relation;
use crate::item::{Item, Kind, Mention, Stands, Way};
use crate::key::{self, Key, Of};
use crate::posting::Posting;
use crate::sense::{self, Sense};
use crate::services;
use crate::tenant::Tenant;
use crate::weights::{self, HOUR_MS};

/// A condition or a thing is taken up again within this time, in an incident that follows.
const FOLLOWS_MS: i64 = 24 * HOUR_MS;
/// So many records that let a rule fire are looked for.
const BECAUSE_MAX: usize = 16;
/// So much of what an item names is looked for in the graph.
const SOUGHT_MAX: usize = 4;

/// One thing an item is looked up by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe {
    pub(crate) key: Key,
    pub(crate) of: Of,
    pub(crate) weight: f64,
    pub(crate) within_ms: i64,
    pub(crate) links: bool,
    /// Whether it is remembered that the item named it.
    pub(crate) lasts: bool,
    /// The item's mention, where it is one.
    pub(crate) mention: usize,
}

impl Probe {
    /// What comes within this time counts once: much is said of a service while something is wrong with
    /// it, and that says nothing of how often something is.
    fn burst_ms(&self) -> i64 {
        if self.of == Of::Mention(Kind::Service) { weights::SERVICE_BURST_MS } else { 1_000 }
    }

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
    pub(crate) sense: Sense,
    pub(crate) words: Vec<u32>,
    /// Services beside the item's that have alerts.
    pub(crate) beside: Vec<String>,
}

impl Probes {
    pub(crate) fn of(item: &Item) -> Self {
        let mut all = Vec::with_capacity(item.mentions.len() + 4);
        let sense = sense::of(item);
        mentions(item, sense, &mut all);
        let own = condition(item, &mut all);
        let session = item.session.as_ref().map(key::session);
        let scope = session.or(item.place.as_deref().map(key::place)).unwrap_or_default();
        Self {
            all,
            own,
            session,
            scope,
            kind: key::kind_of(item),
            sense,
            words: crate::text::of(item),
            beside: Vec::new(),
        }
    }
}

/// Whether an alert names services by words alone, as in the name of an alarm: it is of those.
fn names_by_word_alone(item: &Item, mention: &Mention) -> bool {
    let by_field = |of: &Mention| of.kind == Kind::Service && of.way != Way::Carried;
    matches!(item.stands, Stands::Alert(_))
        && mention.kind == Kind::Service
        && !item.mentions.iter().any(by_field)
}

fn mentions(item: &Item, sense: Sense, all: &mut Vec<Probe>) {
    for (at, mention) in item.mentions.iter().enumerate().take(MENTIONS_MAX) {
        let links = mention.way.links();
        let weight = weights::of(mention);
        let (of, key) = (Of::Mention(mention.kind), key::mention(mention));
        let lasts = mention.way != Way::Carried || names_by_word_alone(item, mention);
        let is_service = mention.kind == Kind::Service;
        let within_ms = if is_service { weights::SERVICE_MS } else { HOUR_MS };
        let probe = Probe { key, of, weight, within_ms, links, lasts, mention: at };
        if is_service {
            services::add_probes(item, (sense, &mention.value), probe, all);
            continue;
        }
        all.push(probe);
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
        Of::Mention(_) | Of::Sibling | Of::Place | Of::Changed => Strategy::Semantic,
    }
}

/// What was found for an item.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) candidates: Candidates,
    /// How little the item is expected anyway: it is tied to a place by that alone.
    news: f64,
    /// The incident that had the condition, or named the thing, too long ago to go on.
    earlier: Option<(i64, u64)>,
}

impl Tenant<'_> {
    /// The incidents that an item may belong to by what it is looked up by.
    pub(crate) fn find(&mut self, item: &Item, probes: &Probes) -> Found {
        let mut found = Found { news: self.news(item, probes), ..Found::default() };
        for (at, probe) in probes.all.iter().enumerate().filter(|(_, probe)| probe.links) {
            self.rename(probe.key);
            if let Some(posting) = self.stores.keys.get(self.number, probe.key) {
                self.weigh(item, (at, probe), posting, &mut found);
            }
        }
        self.find_fired(item, &mut found.candidates);
        found
    }

    /// The incidents of the records that let the item's rule fire.
    fn find_fired(&self, item: &Item, candidates: &mut Candidates) {
        let records = item.because.iter().take(BECAUSE_MAX);
        let known = records.filter_map(|record| {
            let number = self.stores.seen.get(self.number, key::seen(record.0))?;
            self.name(*number)
        });
        let incidents: BTreeSet<u64> = known.collect();
        for incident in incidents {
            let (strategy, score, what) = (Strategy::Pattern, weights::FIRED, What::Fired);
            candidates.add_sure(incident, Part { strategy, score, what });
        }
    }

    /// Calls incidents by their present names, and forgets those that are closed.
    fn rename(&mut self, key: Key) {
        let Some(posting) = self.stores.keys.get(self.number, key) else { return };
        let home = self.name(posting.home).unwrap_or(posting.home);
        let stale = |(incident, _): &(u64, i64)| self.name(*incident) != Some(*incident);
        if home == posting.home && !posting.recent.iter().any(stale) {
            return;
        }
        let mut renamed: Vec<(u64, i64)> = Vec::with_capacity(posting.recent.len());
        for (incident, last_ms) in &posting.recent {
            let Some(incident) = self.name(*incident) else { continue };
            match renamed.iter_mut().find(|(known, _)| *known == incident) {
                Some((_, last)) => *last = *last_ms.max(last),
                None => renamed.push((incident, *last_ms)),
            }
        }
        if let Some(posting) = self.stores.keys.get_mut(self.number, key) {
            (posting.home, posting.recent) = (home, renamed);
        }
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
        // A service lasts, as a place does: what happened to it last is what goes on.
        let lasts = probe.of == Of::Mention(Kind::Service);
        let changed = probe.of == Of::Changed;
        let only_last = lasts || !(changed || matches!(probe.of, Of::Mention(_) | Of::Sibling));
        for (incident, last_ms) in
            posting.recent.iter().filter(|entry| !only_last || Some(**entry) == last)
        {
            let lag_ms = (item.time_ms - last_ms).abs();
            if changed && *last_ms > item.time_ms {
                continue;
            }
            if lag_ms > probe.within_ms {
                found.note_earlier(probe, *incident, lag_ms);
                continue;
            }
            let chance = match probe.burst_ms() {
                1_000 => posting.chance(lag_ms, item.time_ms),
                burst_ms => posting.chance_of_burst((lag_ms, burst_ms), item.time_ms),
            };
            // A condition goes on however often it recurs.
            let surely = if probe.of == Of::Condition { 1.0 } else { 1.0 - chance };
            let shared = if only_last || changed { 1.0 } else { many };
            let at_home = only_last || changed || posting.home == *incident;
            let weight = if at_home { probe.weight } else { probe.weight / shared };
            let what = What::Again { of: probe.of, probe: at, lag_ms, chance };
            let news = if lasts || changed || probe.of == Of::Place { found.news } else { 1.0 };
            let score = weight * surely * news;
            let part = Part { strategy: strategy(probe.of), score, what };
            found.candidates.add_again(*incident, part, (weight, probe.weight / shared));
        }
    }

    /// What the incidents found, and only they, have beside that.
    pub(crate) fn weigh_more(&self, item: &Item, probes: &Probes, candidates: &mut Candidates) {
        let items = self.row.items_with_words;
        let worths = self.stores.words.worths(self.number, items, &probes.words);
        for at in 0..candidates.0.len() {
            let Some(incident) = candidates.0.get(at).map(|found| found.incident) else { continue };
            let Some(known) = self.incident(incident) else { continue };
            let lag_ms = (item.time_ms - known.last_ms).max(0);
            let pair = (known.last_kind, probes.kind);
            let lags = (self.number, &self.row.lags);
            if let Some(follows) = self.stores.lags.follows(lags, pair, lag_ms, item.time_ms) {
                let what = What::Follows { times: follows.times, of: follows.of };
                let score = weights::TEMPORAL * follows.score;
                candidates.add(incident, Part { strategy: Strategy::Temporal, score, what });
            }
            let bag = self.stores.bags.get(&self.at(incident));
            let common = bag.map_or(0.0, |bag| bag.common(&probes.words, &worths));
            let score = weights::TEXT * common;
            candidates
                .add(incident, Part { strategy: Strategy::Semantic, score, what: What::Words });
        }
    }

    /// Incidents that name what is near to what the item names.
    pub(crate) fn find_near(&self, item: &Item, probes: &Probes, candidates: &mut Candidates) {
        let sought = probes.all.iter().filter(|probe| probe.is_of_mention());
        let mut near = Vec::new();
        for probe in sought.take(SOUGHT_MAX) {
            let from = (self.number, probe.key);
            self.stores.graph.near(from, item.time_ms, &mut |key, steps| near.push((key, steps)));
        }
        for (key, steps) in near {
            self.add_near(item, (key, steps), candidates);
        }
    }

    fn add_near(&self, item: &Item, (key, steps): (Key, u8), candidates: &mut Candidates) {
        let Some(posting) = self.stores.keys.get(self.number, key) else { return };
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
        // In a channel people go on with what was said last.
        let active = if item.is_said() {
            active.last().map_or(&[][..], std::slice::from_ref)
        } else {
            active
        };
        let at_once = f64::from(u32::try_from(active.len()).unwrap_or(u32::MAX));
        for incident in active {
            let what = What::Session { at_once: active.len() };
            let score = weights::SESSION / at_once;
            candidates.add(*incident, Part { strategy: Strategy::Semantic, score, what });
        }
    }

    /// Remembers where everything the item is looked up by was named.
    pub(crate) fn post(&mut self, item: &Item, probes: &Probes, incident: u64) {
        let is_routine = self.is_routine(item, probes);
        let of_place = |of: Of| matches!(of, Of::Mention(Kind::Service) | Of::Place);
        let lasting = probes.all.iter().filter(|probe| probe.lasts);
        for probe in lasting.filter(|probe| !(is_routine && of_place(probe.of))) {
            let posting = self.stores.keys.touch(self.number, &mut self.row.keys, probe.key);
            let Some(posting) = posting else { continue };
            posting.note(incident, item.time_ms, (self.row.first_ms, probe.burst_ms()));
        }
        let lags = (self.number, &mut self.row.lags);
        self.stores.lags.note(lags, (probes.scope, probes.kind), item.time_ms);
        self.row.items_with_words += 1.0;
        self.stores.words.note(self.number, &probes.words);
        let named = probes.all.iter().filter(|probe| probe.is_of_mention());
        let relation = |probe: &Probe| {
            let way = item.mentions.get(probe.mention).map(|mention| mention.way);
            if way == Some(Way::Made) { Relation::Made } else { Relation::Named }
        };
        let named: Vec<_> = named.map(|probe| (probe.key, relation(probe))).collect();
        let nodes = (self.number, &mut self.row.nodes);
        self.stores.graph.tie(nodes, &named, item.time_ms);
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
