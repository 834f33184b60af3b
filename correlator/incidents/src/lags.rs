//! Which kinds of items follow each other more often than by chance, and how soon.
//!
//! **Invariant:** counted within a session or a place, whatever incidents were made of it, so that the
//! statistics cannot talk themselves into anything.

use serde::{Deserialize, Serialize};
use stream::Store;

use crate::key::{self, Key};
use crate::limits::Limits;
use crate::stores::{LagsRow, TenantNumber};
use crate::table::Table;

/// A pair counts within this time.
const WITHIN_MS: i64 = 600_000;
/// So many times a pair must have been seen before it says anything.
const SUPPORT: f64 = 5.0;
/// So many kinds before an item count.
const BEFORE_MAX: usize = 4;
/// Counts are halved every week.
const FADES_MS: i64 = 7 * 86_400_000;
const BINS: usize = 16;

/// A count that fades.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Faded {
    count: f64,
    week: i64,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Pair {
    times: Faded,
    lags: [Faded; BINS],
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
struct Scope(Vec<(Key, i64)>);

#[derive(Debug)]
pub(crate) struct Lags {
    kinds: Table<Faded>,
    pairs: Table<Pair>,
    scopes: Table<Scope>,
}

/// How surely one kind follows another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Follows {
    pub(crate) score: f64,
    pub(crate) times: f64,
    pub(crate) of: f64,
}

/// The place of a lag among bins that double: below 1 s, 2 s, 4 s and so on.
fn bin(lag_ms: i64) -> usize {
    let seconds = lag_ms.max(0).unsigned_abs() / 1_000 + 1;
    usize::try_from(seconds.ilog2()).map_or(BINS - 1, |bin| bin.min(BINS - 1))
}

impl Faded {
    fn at(self, time_ms: i64) -> f64 {
        let weeks = time_ms.div_euclid(FADES_MS).saturating_sub(self.week).clamp(0, 64);
        (0..weeks).fold(self.count, |count, _| count * 0.5)
    }

    fn add(&mut self, time_ms: i64) {
        self.count = self.at(time_ms) + 1.0;
        self.week = self.week.max(time_ms.div_euclid(FADES_MS));
    }
}

impl Lags {
    pub(crate) fn new(limits: &Limits) -> Self {
        let all = limits.keys_of_all;
        let (kinds, pairs) = (Table::new(limits.pairs, all), Table::new(limits.pairs, all));
        Self { kinds, pairs, scopes: Table::new(limits.sessions, all) }
    }

    pub(crate) fn stores(&mut self) -> impl Iterator<Item = &mut dyn Store> {
        let Self { kinds, pairs, scopes } = self;
        kinds.stores().into_iter().chain(pairs.stores()).chain(scopes.stores())
    }

    /// Counts an item of a kind in a scope.
    pub(crate) fn note(
        &mut self,
        (tenant, row): (TenantNumber, &mut LagsRow),
        (scope, kind): (Key, Key),
        time_ms: i64,
    ) {
        row.all.add(time_ms);
        if let Some(known) = self.kinds.touch(tenant, &mut row.kinds, kind) {
            known.add(time_ms);
        }
        let Self { pairs, scopes, .. } = self;
        let Some(Scope(before)) = scopes.touch(tenant, &mut row.scopes, scope) else { return };
        before.retain(|(_, at_ms)| (time_ms - at_ms).abs() <= WITHIN_MS);
        for (from, at_ms) in &*before {
            let pair = pairs.touch(tenant, &mut row.pairs, key::pair(*from, kind));
            pair.into_iter().for_each(|pair| pair.count(time_ms - at_ms, time_ms));
        }
        before.retain(|(known, _)| *known != kind);
        if before.len() == BEFORE_MAX {
            before.remove(0);
        }
        before.push((kind, time_ms));
    }

    /// How surely an item of kind `to` belongs to one of kind `from` so long before it.
    pub(crate) fn follows(
        &self,
        (tenant, row): (TenantNumber, &LagsRow),
        (from, to): (Key, Key),
        lag_ms: i64,
        now_ms: i64,
    ) -> Option<Follows> {
        let pair = self.pairs.get(tenant, key::pair(from, to))?;
        let times = pair.times.at(now_ms);
        let (of, base) = (self.kinds.get(tenant, from)?, self.kinds.get(tenant, to)?);
        let (of, base) = (of.at(now_ms), base.at(now_ms));
        if lag_ms > WITHIN_MS || times < SUPPORT || of < times {
            return None;
        }
        let lift = (times / of) / (base / row.all.at(now_ms));
        let surely = if lift > 1.0 { 1.0 - 1.0 / lift } else { 0.0 };
        let score = surely * surely * pair.density(bin(lag_ms), now_ms);
        Some(Follows { score, times, of })
    }
}

impl Pair {
    fn count(&mut self, lag_ms: i64, time_ms: i64) {
        self.times.add(time_ms);
        if let Some(lag) = self.lags.get_mut(bin(lag_ms)) {
            lag.add(time_ms);
        }
    }

    /// Which share of its lags was about as long.
    fn density(&self, at: usize, now_ms: i64) -> f64 {
        let near = self.lags.iter().skip(at.saturating_sub(1)).take(3);
        near.map(|lag| lag.at(now_ms)).sum::<f64>() / self.times.at(now_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_says_so_and_what_is_always_there_does_not() {
        let (mut lags, mut row) = (Lags::new(&Limits::default()), LagsRow::default());
        let mut note = |kind, at_ms| lags.note((0, &mut row), (0, kind), at_ms);
        for round in 0..20 {
            let at_ms = round * 1_000_000;
            note(1, at_ms);
            note(2, at_ms + 18_000);
            (0..20).for_each(|step| note(3, at_ms + 20_000 + step * 40_000));
        }
        let follows = |from, to, lag_ms| lags.follows((0, &row), (from, to), lag_ms, 20_000_000);
        let after = follows(1, 2, 18_000).unwrap();
        assert!(after.score > 0.8, "{after:?}");
        assert!((after.times - 20.0).abs() < 0.5 && (after.of - 20.0).abs() < 0.5);
        assert!(follows(1, 2, 500_000).unwrap().score < 0.1, "not so late");
        let always = follows(1, 3, 18_000);
        assert!(always.is_none_or(|follows| follows.score < 0.1), "it is always there");
        assert!(follows(2, 1, 18_000).is_none_or(|follows| follows.score < 0.1));
        assert!(
            lags.follows((0, &row), (1, 2), 18_000, 30 * 86_400_000).is_none(),
            "it was long ago"
        );
    }

    #[test]
    fn below_five_times_nothing_is_said() {
        let (mut lags, mut row) = (Lags::new(&Limits::default()), LagsRow::default());
        let mut note = |kind, at_ms| lags.note((0, &mut row), (0, kind), at_ms);
        for round in 0..4 {
            note(1, round * 1_000_000);
            note(2, round * 1_000_000 + 1_000);
        }
        assert!(lags.follows((0, &row), (1, 2), 1_000, 4_000_000).is_none());
    }
}
