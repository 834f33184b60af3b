//! What may go wrong, how often, by seed.

/// Chances of faults, each in a thousand calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// A commit aborts, and says so.
    pub abort: u32,
    /// A commit fails without a word and leaves its transaction open.
    pub commit_lost: u32,
    /// A commit succeeds, but the answer is lost.
    pub answer_lost: u32,
    /// A poll, claim, read or recovery cannot reach the log.
    pub unreachable: u32,
    /// A poll of a member that was removed does not tell it yet: it reads on, as a paused one would.
    pub slow_news: u32,
    /// Planted, for tests of the tests: aborted outputs can be read.
    pub leak_aborted: bool,
    /// Planted, for tests of the tests: commits of members that lost their partitions succeed.
    pub no_fencing: bool,
}

/// A small generator of chance (`SplitMix64`), so that a seed tells the whole story.
#[derive(Clone, Debug)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`; 0 when there is none.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll().checked_rem(bound).unwrap_or(0)
    }

    /// True in `per_mille` of a thousand cases.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }
}
