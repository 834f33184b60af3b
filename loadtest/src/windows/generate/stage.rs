//! The stage above, second by second: what it reads of each input partition, and what its marks say.

use schemas::metric::ROWS_MAX;

use super::Partitions;
use super::config::{Config, Kind};
use super::journey::Journey;
use super::samples::World;
use super::write::Desk;
use crate::dice::Dice;

/// Workers of the stage above; its input partitions are dealt out to them in turn.
const WRITERS: u32 = 2;
const SECOND_MS: i64 = 1_000;
/// After the last point, marks go on for this long.
const CODA_MS: i64 = 420_000;
/// Marks from so far ahead close every window.
const AHEAD_MS: i64 = 2 * 86_400_000;
/// A piece of one set may not begin a batch.
const ROWS_A_BATCH: usize = ROWS_MAX - 8;

/// How far one input partition was read.
struct Reader<'a> {
    waiting: std::iter::Peekable<std::vec::IntoIter<&'a Journey>>,
    /// The arrival up to which it has read.
    read_ms: i64,
    /// What its marks say.
    until_ms: Option<i64>,
    /// It stands still from here to there.
    outage_ms: (i64, i64),
    /// How much faster than they came it reads what has waited.
    speed: i64,
}

/// Runs the stage over everything that arrives.
pub(super) fn run(
    world: &World,
    journeys: &[Journey],
    config: &Config,
    dice: Dice,
) -> anyhow::Result<Partitions> {
    let mut readers: Vec<Reader<'_>> =
        (0..config.upstream).map(|number| Reader::new(number, journeys, config)).collect();
    let mut desk = Desk::new(world, config.partitions, dice);
    let end_ms = journeys.last().map_or(config.start_ms, |last| last.arrival_ms) + CODA_MS;
    let mut now_ms = config.start_ms;
    while now_ms < end_ms {
        now_ms += SECOND_MS;
        tick(now_ms, &mut readers, &mut desk)?;
    }
    if config.closes {
        let ahead_ms = now_ms + AHEAD_MS;
        readers.iter_mut().for_each(|reader| reader.until_ms = Some(ahead_ms));
        for writer in 0..WRITERS {
            mark(now_ms, &readers, &mut desk, writer)?;
            desk.release_mark(now_ms);
        }
    }
    Ok(desk.into_partitions())
}

fn tick(now_ms: i64, readers: &mut [Reader<'_>], desk: &mut Desk<'_>) -> anyhow::Result<()> {
    // Which worker is first is chance, and its mark may come amid the transactions of the other.
    let first = u32::try_from(desk.dice.below(u64::from(WRITERS)))?;
    for writer in (0..WRITERS).map(|number| (number + first) % WRITERS) {
        let own = (0..).zip(readers.iter_mut()).filter(|(number, _)| number % WRITERS == writer);
        for (_, reader) in own {
            write(now_ms, reader.read(now_ms), desk)?;
        }
        desk.release_mark(now_ms);
        mark(now_ms, readers, desk, writer)?;
    }
    desk.release_mark(now_ms);
    Ok(())
}

/// Writes what was read, in a few transactions.
fn write(now_ms: i64, mut read: Vec<&Journey>, desk: &mut Desk<'_>) -> anyhow::Result<()> {
    while !read.is_empty() {
        let transaction = desk.dice.place(read.len()) + 1;
        let rest = read.split_off(transaction.min(ROWS_A_BATCH / 4));
        desk.write(now_ms, &read)?;
        read = rest;
    }
    Ok(())
}

/// A worker's mark. Without an owner that runs, an input partition is in no mark.
fn mark(
    now_ms: i64,
    readers: &[Reader<'_>],
    desk: &mut Desk<'_>,
    writer: u32,
) -> anyhow::Result<()> {
    let own = (0..).zip(readers).filter(|(number, _)| number % WRITERS == writer);
    let told = own.filter(|(_, reader)| reader.runs_at(now_ms));
    let told: Vec<(u32, i64)> =
        told.filter_map(|(number, reader)| Some((number, reader.until_ms?))).collect();
    desk.hold_mark(writer, &told, u32::try_from(readers.len())?)
}

impl<'a> Reader<'a> {
    fn new(number: u32, journeys: &'a [Journey], config: &Config) -> Self {
        let own: Vec<&Journey> =
            journeys.iter().filter(|journey| journey.upstream == number).collect();
        let at = |seconds: i64| config.start_ms + seconds * SECOND_MS;
        let outage_ms = match config.kind {
            Kind::StoppedHour => (at(600), at(4_200)),
            Kind::StalledPartition if number == 1 => (at(300), at(1_500)),
            _ => (i64::MAX, i64::MAX),
        };
        Self {
            waiting: own.into_iter().peekable(),
            read_ms: config.start_ms,
            until_ms: None,
            outage_ms,
            speed: 60 << (2 * number).min(8),
        }
    }

    fn runs_at(&self, now_ms: i64) -> bool {
        let (from_ms, to_ms) = self.outage_ms;
        !(from_ms..to_ms).contains(&now_ms)
    }

    /// What it reads in this second; where it has caught up, its marks say so.
    fn read(&mut self, now_ms: i64) -> Vec<&'a Journey> {
        if !self.runs_at(now_ms) {
            return Vec::new();
        }
        let goal_ms = self.read_ms + self.speed * SECOND_MS;
        self.read_ms = now_ms.min(goal_ms);
        if self.read_ms == now_ms {
            self.until_ms = Some(now_ms);
        }
        let read_ms = self.read_ms;
        let next = || self.waiting.next_if(|journey| journey.arrival_ms <= read_ms);
        std::iter::from_fn(next).collect()
    }
}
