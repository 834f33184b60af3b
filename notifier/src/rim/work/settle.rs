//! Results and positions on their way to the log.
//!
//! **Invariant:** a notification counts as ended once its result is safe, and not before.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use schemas::envelope::Envelope;
use schemas::signal::Signal;
use stream::{LogError, Offset, TopicPartition};

use super::super::world::{Event, Results};
use super::Work;
use crate::partition::Lane;
use crate::result::Report;

/// Results are gathered for so long, positions for as long again.
const PACE: Duration = Duration::from_millis(100);
/// What failed is not tried again before this.
const AGAIN: Duration = Duration::from_millis(500);
/// Positions are committed again after this, should a commit have been lost that nobody waited for.
const COMMIT_AGAIN: Duration = Duration::from_secs(30);
/// Beyond so many results that cannot be written, nothing more is refused on the spot.
const WAITING_MAX: usize = 2_000;

/// A partition, which holding of it, and an offset in it.
type Place = (TopicPartition, u64, i64);

struct Waiting {
    signal: Envelope<Signal>,
    lane: Lane,
    /// What has ended by it.
    place: Option<Place>,
}

/// What is to be written.
pub(super) struct Settling<'w> {
    results: &'w mut dyn Results,
    waiting: Vec<Waiting>,
    committed: BTreeMap<TopicPartition, (i64, String)>,
    not_before: Option<Instant>,
    committed_all: Option<Instant>,
    is_well: bool,
}

impl<'w> Settling<'w> {
    pub(super) fn new(results: &'w mut dyn Results) -> Self {
        let (waiting, committed) = (Vec::new(), BTreeMap::new());
        Self { results, waiting, committed, not_before: None, committed_all: None, is_well: true }
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < WAITING_MAX
    }

    pub(super) fn add(&mut self, report: &Report, place: Option<Place>) {
        let lane = Lane::of(&report.delivery.receiver);
        self.waiting.push(Waiting { signal: report.signal(), lane, place });
    }

    /// Writes what waits; what has ended by it.
    fn write(&mut self) -> Result<Vec<(Lane, Place)>, LogError> {
        if self.waiting.is_empty() {
            return Ok(Vec::new());
        }
        let signals: Vec<_> = self.waiting.iter().map(|of| of.signal.clone()).collect();
        self.results.write(&signals)?;
        let ended = self.waiting.drain(..).filter_map(|of| Some((of.lane, of.place?)));
        Ok(ended.collect())
    }
}

impl Work<'_> {
    /// Writes results and commits positions, when it is time or at once. True when nothing failed.
    pub(super) fn settle(&mut self, at_once: bool) -> bool {
        let is_time = self.settling.not_before.is_none_or(|at| Instant::now() >= at);
        if !is_time && !at_once {
            return self.settling.is_well;
        }
        let settled = self.write_results().and_then(|()| self.commit(at_once));
        let rest = if settled.is_ok() { PACE } else { AGAIN };
        self.settling.not_before = Some(Instant::now() + rest);
        self.settling.is_well = settled.is_ok();
        settled.inspect_err(|error| self.observe.observe(&Event::LogAway(error))).is_ok()
    }

    fn write_results(&mut self) -> Result<(), LogError> {
        for (lane, (input, number, offset)) in self.settling.write()? {
            if let Some(holding) = self.held.get_mut(&input)
                && holding.number == number
            {
                holding.partition.ended(offset, lane);
            }
        }
        Ok(())
    }

    fn commit(&mut self, is_waited_for: bool) -> Result<(), LogError> {
        if self.settling.committed_all.is_none_or(|at| at.elapsed() >= COMMIT_AGAIN) {
            self.settling.committed_all = Some(Instant::now());
            self.settling.committed.clear();
        }
        let committed = &mut self.settling.committed;
        committed.retain(|input, _| !is_waited_for && self.held.contains_key(input));
        let mut positions = Vec::new();
        for (input, holding) in &self.held {
            let positions_now = holding.partition.positions();
            let (offset, metadata) = positions_now.encode();
            // Where the first record has not ended, the metadata still says how far others are.
            if positions_now.front > 0 && committed.get(input) != Some(&(offset, metadata.clone()))
            {
                positions.push((input.clone(), Offset(offset), metadata));
            }
        }
        if !positions.is_empty() {
            self.reader.commit(&positions, is_waited_for)?;
        }
        for (input, Offset(offset), metadata) in positions {
            committed.insert(input, (offset, metadata));
        }
        Ok(())
    }
}
