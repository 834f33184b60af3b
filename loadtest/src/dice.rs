//! Chance by seed.
//!
//! **Invariant:** a seed and a stream mean the same numbers for ever: the generator is specified
//! (`ChaCha` with 8 rounds), and how numbers are made of its bits is written down here and nowhere
//! else.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Independent sources of chance from one seed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    /// What is generated.
    Records = 0,
    /// When what is disturbed.
    Schedule = 1,
}

/// Dice.
#[derive(Clone, Debug)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream as u64);
        Self(generator)
    }

    /// A number in `[0, limit)`; 0 where the limit is 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(limit);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// The same for places in a list.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        let limit = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(limit)).unwrap_or_default()
    }

    /// A number in `[from, to)`; `from` where there is none.
    pub(crate) fn between(&mut self, from: i64, to: i64) -> i64 {
        let width = u64::try_from(to.saturating_sub(from)).unwrap_or_default();
        from.saturating_add_unsigned(self.below(width))
    }

    /// True for so many of a thousand.
    pub(crate) fn per_mille(&mut self, share: u32) -> bool {
        self.below(1000) < u64::from(share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_within_their_limits_and_reach_them() {
        let mut dice = Dice::new(1, Stream::Records);
        let rolled: Vec<i64> = (0..10_000).map(|_| dice.between(-3, 4)).collect();
        assert_eq!((rolled.iter().min(), rolled.iter().max()), (Some(&-3), Some(&3)));
        assert_eq!((dice.below(0), dice.between(5, 5), dice.per_mille(0)), (0, 5, false));
        assert!((0..10_000).all(|_| dice.per_mille(1000)));
    }

    #[test]
    fn streams_of_one_seed_are_independent() {
        let mut both = [Stream::Records, Stream::Schedule].map(|stream| Dice::new(7, stream));
        let [records, schedule] = &mut both;
        assert_ne!(records.below(u64::MAX), schedule.below(u64::MAX));
    }
}
