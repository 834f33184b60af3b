//! A set of stories: several at once, with noise between them.
//!
//! **Invariant:** a seed and an amount of noise mean the same bytes for ever, in the order of arrival.

use schemas::relations::{relation, thing};
use schemas::signal::{Relation, RelationKind};

use super::estate::{Estate, Service};
use super::noise;
use super::plot::Telling;
use super::told::Told;
use crate::dice::{Dice, Stream};

/// So many stories are in a set.
pub const STORIES: usize = 125;
/// When the first begins.
pub(super) const START_MS: i64 = 1_790_000_000_000;
/// A story begins so long after the one before; as each lasts half an hour, some four go on at once.
const BETWEEN_MS: (i64, i64) = (300_000, 540_000);
/// A service has no second story of its own within so many stories.
const APART: usize = 8;

/// How much goes on beside stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Noise {
    /// About as many records as of stories.
    Few,
    /// Five times as many.
    Many,
}

impl Noise {
    fn times(self) -> usize {
        match self {
            Self::Few => 1,
            Self::Many => 5,
        }
    }
}

/// The records of a set in the order of their arrival.
#[must_use]
pub fn set(seed: u64, noise: Noise) -> Vec<Told> {
    let mut dice = Dice::new(seed, Stream::Records);
    let estate = Estate::new(&mut dice);
    let (mut told, mut start_ms, mut lately) = (Vec::new(), START_MS, Vec::new());
    let mut end_ms = start_ms;
    for story in 0..STORIES {
        let service = unused(&estate, &mut lately, &mut dice);
        let (of_story, over_ms) = Telling::new(&estate, service, story, &mut dice).tell(start_ms);
        told.extend(of_story);
        end_ms = end_ms.max(over_ms);
        start_ms += dice.between(BETWEEN_MS.0, BETWEEN_MS.1);
    }
    let all = told.len() * (1 + noise.times());
    while told.len() < all {
        let ms = dice.between(START_MS, end_ms);
        told.extend(noise::any(&estate, ms, &mut dice));
    }
    told.sort_by(|a, b| (a.arrival_ms, &a.value).cmp(&(b.arrival_ms, &b.value)));
    told
}

/// What calls what, as traces tell it.
#[must_use]
pub(super) fn relations(seed: u64) -> Vec<Relation> {
    let Estate { services } = Estate::new(&mut Dice::new(seed, Stream::Records));
    let named = |service: &Service| thing("service", service.name);
    let of = |called: &Service| -> Vec<Relation> {
        let callers = called.callers.iter().filter_map(|at| services.get(*at));
        callers.map(|of| relation(named(of), RelationKind::Calls, named(called))).collect()
    };
    services.iter().flat_map(of).collect()
}

/// A service that had no story lately.
fn unused<'a>(estate: &'a Estate, lately: &mut Vec<usize>, dice: &mut Dice) -> &'a Service {
    let free: Vec<usize> = (0..estate.services.len()).filter(|at| !lately.contains(at)).collect();
    let at = *super::estate::one(&free, dice);
    lately.push(at);
    if lately.len() > APART {
        lately.remove(0);
    }
    super::estate::one(estate.services.get(at..=at).unwrap_or(&estate.services), dice)
}
