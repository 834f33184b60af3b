//! Made resources: metrics that one load drives, and what may happen to their relations; and groups of
//! peers. Rows are minutes; everything comes from the seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub(crate) const DAY_ROWS: u32 = 1440;
pub(crate) const START_MS: i64 = 1_790_000_000_000 / 86_400_000 * 86_400_000;
pub(crate) const METRICS: usize = 5;

pub(crate) fn time_ms(row: u32) -> i64 {
    START_MS + i64::from(row) * 60_000
}

/// What may happen to the second metric of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    Nothing,
    /// It follows a load of its own: as large, as seasonal, another.
    Elsewhere,
    /// It follows the load half an hour late.
    Late,
    /// It does what it usually does at this hour, with its own noise, and no longer follows.
    Steady,
    /// It goes down where it went up.
    Turned,
}

pub(crate) const KINDS: [Broken; 4] =
    [Broken::Elsewhere, Broken::Late, Broken::Steady, Broken::Turned];

/// A value of a law that is near the normal one: mean 0, deviation 1.
pub(crate) fn noise(chance: &mut ChaCha8Rng) -> f64 {
    let sum: f64 = (0..12).map(|_| f64::from(chance.next_u32()) / f64::from(u32::MAX)).sum();
    sum - 6.0
}

fn season(row: u32) -> f64 {
    let hour = f64::from(row % DAY_ROWS) / 60.0;
    30.0 * (1.0 - ((hour - 14.0) / 9.0).powi(2)).max(0.0)
}

/// A load beside its season: it wanders, and comes back.
fn wander(chance: &mut ChaCha8Rng, rows: u32) -> Vec<f64> {
    let mut at = 0.0;
    let step = |_| {
        at = 0.8 * at + 4.0 * noise(chance);
        at
    };
    (0..rows).map(step).collect()
}

/// The metrics of one resource, row by row; each has level shifts of its own, as deploys make.
pub(crate) fn resource(
    seed: u64,
    rows: u32,
    happens: Broken,
    during: std::ops::Range<u32>,
) -> Vec<[f64; METRICS]> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let (load, other) = (wander(&mut chance, rows), wander(&mut chance, rows));
    let gains = [1.0, 0.8, -0.5, 2.0, 0.3];
    let own = [1.5, 1.0, 1.0, 4.0, 0.5];
    let mut levels = [60.0, 100.0, 200.0, 20.0, 5.0];
    let make = |row: u32| {
        let at = row as usize;
        if chance.next_u32() % (10 * DAY_ROWS) == 0 {
            let place = chance.next_u32() as usize % METRICS;
            levels[place] += gains[place] * 20.0;
        }
        std::array::from_fn(|place| {
            let is_struck = place == 1 && during.contains(&row);
            let load = match happens {
                Broken::Elsewhere if is_struck => season(row) + other[at],
                Broken::Late if is_struck => season(row) + load[at - 30],
                Broken::Steady if is_struck => season(row),
                Broken::Turned if is_struck => season(row) - load[at],
                _ => season(row) + load[at],
            };
            levels[place] + gains[place] * load + own[place] * noise(&mut chance)
        })
    };
    (0..rows).map(make).collect()
}

/// A group of peers that share their load by halves; the last is always twice as loaded.
pub(crate) fn peers(
    seed: u64,
    rows: u32,
    number: usize,
    drifts: impl Fn(u32) -> f64,
) -> Vec<Vec<f64>> {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let load = wander(&mut chance, rows);
    let tilt: Vec<f64> = (0..number).map(|_| 1.0 + 0.05 * noise(&mut chance)).collect();
    let make = |row: u32| {
        let all = 0.3 + 0.006 * (season(row) + load[row as usize]);
        let one = |place: usize| {
            let twice = if place + 1 == number { 2.0 } else { 1.0 };
            let drifted = if place == 2 { drifts(row) } else { 0.0 };
            all * twice * tilt[place] + 0.02 * noise(&mut chance) + drifted
        };
        (0..number).map(one).collect()
    };
    (0..rows).map(make).collect()
}
