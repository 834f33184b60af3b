//! What a service writes: a processor, one for each input partition.

use std::collections::BTreeMap;

use crate::record::{Output, Record};
use crate::store::Store;
use crate::time::EventTime;

/// Work on one input partition.
///
/// **Invariant:** what it does depends on its stores and on the record at hand, on nothing else:
/// no clock, no chance, no memory outside its stores. That is what makes a replay after a crash
/// give the same state, and what makes an abort undo everything.
pub trait Processor: Send {
    /// Takes one record. A record that cannot be used is forwarded as a dead letter, with a reason;
    /// it is no error.
    fn process(&mut self, record: &Record, context: &mut Context<'_>);

    /// Does what became due, in bounded pieces: a piece that leaves more to do is
    /// [`Progress::Pending`], and a transaction may commit between two pieces.
    fn advance(&mut self, context: &mut Context<'_>) -> Progress {
        let _ = context;
        Progress::Done
    }

    /// The open transaction is about to commit: what was gathered over several records goes out,
    /// and nothing else. Where batches end is chance, so stores may change here only by adding up
    /// what was gathered: the same, wherever batches end.
    fn flush(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }

    /// About once a second, beside a progress mark and in its transaction: tells what it has done so
    /// far. When that is, is chance, so no store may change here but one that decides nothing else.
    fn report(&mut self, context: &mut Context<'_>) {
        let _ = context;
    }

    /// Up to when it has done all that the marks from above made due. Its own progress marks say no
    /// more than that, so that a stage further down never overtakes its shares. A processor that
    /// reads what no stage marks has no such bound.
    fn done_until(&self) -> Bound {
        Bound::None
    }

    /// All its stores, always in the same order: the order numbers them in images.
    fn stores(&mut self) -> Vec<&mut dyn Store>;
}

/// What bounds the progress that a task tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Nothing: no stage above marks its input.
    None,
    /// It has not heard of all above: it tells nothing yet.
    Unknown,
    /// It is done up to here.
    Until(EventTime),
}

/// Whether `advance` has to be called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing more is due.
    Done,
    /// Call again; in between, the work so far may commit.
    Pending,
}

/// What a processor may do to the world.
#[derive(Debug)]
pub struct Context<'a> {
    effects: &'a mut Effects,
    withheld: bool,
}

impl<'a> Context<'a> {
    /// A context that collects into `effects`, or drops everything while a replay withholds.
    pub fn new(effects: &'a mut Effects, withheld: bool) -> Self {
        Self { effects, withheld }
    }

    /// Writes a record, in the transaction that commits the input it came from.
    pub fn forward(&mut self, output: Output) {
        if !self.withheld {
            self.effects.bytes += output.size();
            self.effects.outputs.push(output);
        }
    }

    /// Asks for a commit at once: the batch holds something a person waits for.
    pub fn urgent(&mut self) {
        self.effects.urgent |= !self.withheld;
    }

    /// Counts something that is no output. Counts are reported when their batch has committed.
    pub fn count(&mut self, what: &'static str, amount: u64) {
        self.count_of(Counted { what, topic: "", format: "" }, amount);
    }

    /// The same, by topic and format.
    pub fn count_of(&mut self, counted: Counted, amount: u64) {
        if !self.withheld && amount > 0 {
            *self.effects.counts.entry(counted).or_default() += amount;
        }
    }
}

/// What is counted, and of what: empty where that is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// Such as `duplicates`.
    pub what: &'static str,
    /// The topic it came from.
    pub topic: &'static str,
    /// The format it came in.
    pub format: &'static str,
}

/// Counts of one batch.
pub type Counts = BTreeMap<Counted, u64>;

/// Everything a batch of input caused outside the stores.
#[derive(Debug, Default)]
pub struct Effects {
    /// Records to write, in order.
    pub outputs: Vec<Output>,
    /// Roughly their bytes.
    pub bytes: usize,
    /// What was counted.
    pub counts: Counts,
    /// A commit at once was asked for.
    pub urgent: bool,
}
