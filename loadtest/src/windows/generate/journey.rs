//! When samples arrive, and by which way: what is late, out of order, sent again.

use schemas::metric::PointKind;

use super::config::{Config, Kind};
use super::samples::{Sample, World};
use crate::dice::Dice;

/// What even a punctual sample needs.
const TRAVEL_MS: i64 = 300;
/// However late a sample is by this, its minute still takes it: grace and disorder, and a mark that
/// may be a second ahead.
const IN_TIME_MS: i64 = 325_000;

/// A sample on its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Journey {
    pub(super) arrival_ms: i64,
    /// The input partition of the stage above that it comes by.
    pub(super) upstream: u32,
    pub(super) sample: Sample,
}

/// All journeys, by arrival.
pub(super) fn plan(world: &World, config: &Config, dice: &mut Dice) -> Vec<Journey> {
    let mut journeys = Vec::new();
    for number in 0..world.sources.len() {
        for sample in world.samples(number, config, dice) {
            let home = world.sources.get(number).and_then(|source| source.home);
            let arrival_ms = sample.time_ms + delay_ms(config.kind, dice);
            let journey = Journey { arrival_ms, upstream: upstream(home, config, dice), sample };
            if let Some(again) = again(&journey, config.kind, dice) {
                journeys.push(again);
            }
            journeys.push(journey);
        }
    }
    journeys.sort_by_key(|journey| journey.arrival_ms);
    journeys
}

fn upstream(home: Option<u32>, config: &Config, dice: &mut Dice) -> u32 {
    let any = u32::try_from(dice.below(u64::from(config.upstream))).unwrap_or(0);
    home.unwrap_or(any)
}

fn delay_ms(kind: Kind, dice: &mut Dice) -> i64 {
    let late_per_mille = match kind {
        Kind::Late | Kind::Mixed => 100,
        Kind::Midnight | Kind::LeapDay => 50,
        Kind::Shuffled => return dice.between(0, IN_TIME_MS - 25_000),
        _ => 0,
    };
    match (dice.per_mille(late_per_mille), dice.per_mille(150)) {
        (false, _) => TRAVEL_MS,
        (true, false) => dice.between(35_000, IN_TIME_MS),
        (true, true) => dice.between(IN_TIME_MS, 900_000),
    }
}

/// The same again: as it was, or corrected; soon, or after its windows were closed, or too late.
fn again(journey: &Journey, kind: Kind, dice: &mut Dice) -> Option<Journey> {
    let share = if matches!(kind, Kind::Resent | Kind::Mixed) { 100 } else { 0 };
    // What a source says of no value is never corrected, so it is not sent again.
    let is_usable = journey.sample.rows.iter().all(|(value, _)| value.is_finite());
    if !dice.per_mille(share) || !is_usable {
        return None;
    }
    let after_ms = match dice.below(10) {
        0..6 => dice.between(1, 20_000),
        6..9 => dice.between(20_000, IN_TIME_MS),
        _ => dice.between(IN_TIME_MS, 900_000),
    };
    let mut again = journey.clone();
    again.arrival_ms += after_ms;
    if dice.per_mille(500) {
        again.sample.rows.iter_mut().for_each(correct);
    }
    Some(again)
}

fn correct((value, kind): &mut (f64, PointKind)) {
    if *kind != PointKind::Start {
        *value += 3.0;
    }
}
