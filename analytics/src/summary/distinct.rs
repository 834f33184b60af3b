//! How many different values there were, about: `HyperLogLog` over 64-bit hashes.
//!
//! **Invariants:** the state is a function of the set of values alone; neither order, repetition nor
//! merging shows. Up to [`SPARSE_MAX`] different values are told exactly, but for equal hashes;
//! beyond that the standard error is 1.63 % (1.04 / 64), with Ertl's estimator ("New cardinality
//! estimation algorithms for `HyperLogLog` sketches", 2017), which needs no tables and no correction.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::wire::Inconsistent;

/// 4,096 registers.
const REGISTER_BITS: u32 = 12;
const REGISTERS: usize = 1 << REGISTER_BITS;
/// The places of sparse entries: so many that two values rarely share one.
const PLACE_BITS: u32 = 25;
/// Sparse entries take four bytes each, so no more than the registers would.
const SPARSE_MAX: usize = REGISTERS / 4;
/// The greatest rank of a register: all bits below its own are zero.
const RANK_MAX: u8 = 53;
/// `1 / (2 ln 2)`.
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// Values seen. 24 bytes; beside it 4 for each different value, and 4,096 once they are many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct Distinct {
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// By place, ascending; the greatest rank for each.
    Sparse(Vec<Entry>),
    /// The greatest rank for each place.
    Dense(Box<[u8]>),
}

/// A place and the rank of the bits below it, in one word: place first, so that words order by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry(u32);

impl Default for Distinct {
    fn default() -> Self {
        Self { form: Form::Sparse(Vec::new()) }
    }
}

impl Distinct {
    /// Takes a value, which two places know by the same bytes or not at all.
    pub fn add(&mut self, value: &[u8]) {
        self.add_hash(Self::hash(value));
    }

    /// What stands for a value: two that are equal have one.
    #[must_use]
    pub fn hash(value: &[u8]) -> u64 {
        xxh3_64(value)
    }

    /// Takes a value by its hash.
    pub fn add_hash(&mut self, hash: u64) {
        self.take(Entry::of(hash));
    }

    fn take(&mut self, entry: Entry) {
        match &mut self.form {
            Form::Dense(registers) => raise(registers, entry),
            Form::Sparse(entries) => {
                insert(entries, entry);
                if entries.len() > SPARSE_MAX {
                    self.form = Form::Dense(registers_of(entries));
                }
            }
        }
    }

    /// Takes all values that the other one took.
    pub fn merge(&mut self, other: &Self) {
        match &other.form {
            Form::Sparse(entries) => entries.iter().for_each(|entry| self.take(*entry)),
            Form::Dense(theirs) => {
                let mut registers = match &self.form {
                    Form::Sparse(entries) => registers_of(entries),
                    Form::Dense(ours) => ours.clone(),
                };
                let pairs = registers.iter_mut().zip(theirs);
                pairs.for_each(|(ours, theirs)| *ours = (*ours).max(*theirs));
                self.form = Form::Dense(registers);
            }
        }
    }

    /// About how many different values there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.form {
            Form::Sparse(entries) => entries.len() as u64,
            Form::Dense(registers) => estimate(registers),
        }
    }
}

impl Entry {
    fn of(hash: u64) -> Self {
        let rank = (hash << PLACE_BITS).leading_zeros().min(64 - PLACE_BITS) + 1;
        let place = (hash >> (64 - PLACE_BITS)) as u32;
        Self(place << 6 | rank)
    }

    fn place(self) -> u32 {
        self.0 >> 6
    }

    fn rank(self) -> u32 {
        self.0 & 0x3f
    }

    /// The register among 4,096, and its rank: bits of the place that no longer count as such
    /// come before those of the rank.
    fn register(self) -> (usize, u8) {
        let below_bits = PLACE_BITS - REGISTER_BITS;
        let below = self.place() << (32 - below_bits);
        let rank = if below == 0 { below_bits + self.rank() } else { below.leading_zeros() + 1 };
        let register = self.place() >> below_bits;
        (register as usize, u8::try_from(rank).unwrap_or(RANK_MAX))
    }
}

fn insert(entries: &mut Vec<Entry>, entry: Entry) {
    let at = entries.partition_point(|present| present.place() < entry.place());
    match entries.get_mut(at).filter(|present| present.place() == entry.place()) {
        Some(present) => *present = (*present).max(entry),
        None => entries.insert(at, entry),
    }
}

fn registers_of(entries: &[Entry]) -> Box<[u8]> {
    let mut registers = vec![0; REGISTERS].into_boxed_slice();
    entries.iter().for_each(|entry| raise(&mut registers, *entry));
    registers
}

fn raise(registers: &mut [u8], entry: Entry) {
    let (register, rank) = entry.register();
    registers.get_mut(register).into_iter().for_each(|present| *present = (*present).max(rank));
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate is positive, and no more than 2^64 values have hashes"
)]
fn estimate(registers: &[u8]) -> u64 {
    let mut of_rank = [0.0; RANK_MAX as usize + 1];
    for rank in registers {
        of_rank.get_mut(usize::from(*rank)).into_iter().for_each(|count| *count += 1.0);
    }
    let all = REGISTERS as f64;
    let [empty, ranked @ .., full] = of_rank;
    let highest = all * of_full(1.0 - full / all);
    let middle = ranked.iter().rev().fold(highest, |sum, count| 0.5 * (sum + count));
    let sum = middle + all * of_empty(empty / all);
    (ALPHA * all * all / sum).round() as u64
}

/// What registers that are still empty add; `x + x^2 + 2 x^4 + 4 x^8 + …`, Ertl's sigma.
fn of_empty(share: f64) -> f64 {
    if share >= 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut weight, mut sum) = (share, 1.0, share);
    loop {
        power *= power;
        let before = sum;
        sum += power * weight;
        weight += weight;
        if sum <= before {
            return sum;
        }
    }
}

/// What registers at the greatest rank add: Ertl's tau.
fn of_full(share: f64) -> f64 {
    if share <= 0.0 || share >= 1.0 {
        return 0.0;
    }
    let (mut root, mut weight, mut sum) = (share, 1.0, 1.0 - share);
    loop {
        root = root.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - root) * (1.0 - root) * weight;
        if sum >= before {
            return sum / 3.0;
        }
    }
}

/// On the wire: sparse entries as distances, registers as they are.
#[derive(Serialize, Deserialize)]
enum Wire {
    Sparse(Vec<u32>),
    Dense(Vec<u8>),
}

impl From<Distinct> for Wire {
    fn from(distinct: Distinct) -> Self {
        match distinct.form {
            Form::Dense(registers) => Self::Dense(registers.into_vec()),
            Form::Sparse(entries) => {
                let before = std::iter::once(0).chain(entries.iter().map(|entry| entry.0));
                let steps = entries.iter().zip(before).map(|(entry, before)| entry.0 - before);
                Self::Sparse(steps.collect())
            }
        }
    }
}

impl TryFrom<Wire> for Distinct {
    type Error = Inconsistent;

    fn try_from(wire: Wire) -> Result<Self, Inconsistent> {
        let form = match wire {
            Wire::Sparse(steps) => Form::Sparse(read_sparse(steps)?),
            Wire::Dense(registers) => {
                let ranks = registers.iter().all(|rank| *rank <= RANK_MAX);
                Inconsistent::unless(ranks && registers.len() == REGISTERS, "other registers")?;
                Form::Dense(registers.into_boxed_slice())
            }
        };
        Ok(Self { form })
    }
}

fn read_sparse(steps: Vec<u32>) -> Result<Vec<Entry>, Inconsistent> {
    let mut entries: Vec<Entry> = Vec::with_capacity(steps.len());
    for step in steps {
        let before = entries.last().copied();
        let word = before.map_or(0, |before| before.0).checked_add(step);
        let entry = Entry(word.ok_or(Inconsistent("a place beyond all places"))?);
        let later = before.is_none_or(|before| before.place() < entry.place());
        let possible =
            entry.0 < 1 << (PLACE_BITS + 6) && (1..=64 - PLACE_BITS + 1).contains(&entry.rank());
        Inconsistent::unless(later && possible, "a place or rank that cannot be")?;
        entries.push(entry);
    }
    Inconsistent::unless(entries.len() <= SPARSE_MAX, "too many sparse entries")?;
    Ok(entries)
}
