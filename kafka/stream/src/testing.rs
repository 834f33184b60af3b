//! The test driver: a topology on the memory log, undisturbed or disturbed by seed, and what it
//! published. The workers are the real ones; only the log and the clock are ours.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::events::WorkerEvent;
use crate::log::{Log, LogError};
use crate::memory::{Cluster, Dice, Faults, MemoryLog};
use crate::record::{Offset, Record, TopicPartition};
use crate::time::Clock;
use crate::topology::Topology;
use crate::worker::{Settings, Worker};

/// A topology with its input.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What runs.
    pub topology: Topology,
    /// Records by input partition, in order. Their offsets are set by the log.
    pub inputs: BTreeMap<TopicPartition, Vec<Record>>,
    /// Partitions of each output topic.
    pub output_partitions: usize,
}

/// What was published: values in order, by topic, partition and key.
pub type Published = BTreeMap<(String, i32, Vec<u8>), Vec<Vec<u8>>>;

/// A clock that moves when it is told to.
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    now_us: Arc<AtomicI64>,
}

impl ManualClock {
    /// Moves the clock on.
    pub fn advance_ms(&self, ms: i64) {
        self.now_us.fetch_add(ms * 1000, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn now_us(&self) -> i64 {
        self.now_us.load(Ordering::Relaxed)
    }
}

/// What happened during a disturbed run: a test that disturbed nothing proves nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disturbances {
    /// Workers dropped without a word.
    pub kills: u64,
    /// Workers started after the first.
    pub starts: u64,
    /// Sessions timed out, of the living and the dead.
    pub expired: u64,
    /// Batches whose outcome was unclear.
    pub unclear: u64,
    /// Members that found the group gone on.
    pub yields: u64,
    /// Restores that had to replay.
    pub replays: u64,
    /// Images completed.
    pub images: u64,
    /// Orderly ends.
    pub drains: u64,
}

/// Runs a scenario with one worker and no faults.
///
/// # Errors
/// When the worker stops, or does not come to rest.
pub fn undisturbed(scenario: &Scenario) -> Result<Published, LogError> {
    let mut run = Run::new(scenario, 0, Settings::default(), |log| log);
    run.finish()?;
    Ok(run.published())
}

/// Runs a scenario disturbed by `seed`: crashes, zombies, rebalances, faults of the log, odd poll
/// sizes, cuts in progress. `wrap` may plant a fault in each worker's log.
///
/// # Errors
/// When a worker stops for another reason than a taken slot, or the end does not come to rest.
pub fn disturbed<L: Log>(
    scenario: &Scenario,
    seed: u64,
    faults: Faults,
    wrap: impl Fn(MemoryLog) -> L,
) -> Result<(Published, Disturbances), LogError> {
    let mut dice = Dice::new(seed);
    let settings = Settings {
        commit_interval_ms: i64::try_from(dice.below(50)).unwrap_or(0),
        batch_records_max: 1 + dice.below(40),
        poll_records_max: usize::try_from(1 + dice.below(20)).unwrap_or(1),
        ..Settings::default()
    };
    let mut run = Run::new(scenario, dice.roll(), settings, wrap);
    run.cluster.set_faults(faults);
    while run.left() > 0 {
        run.disturb(&mut dice)?;
    }
    run.cluster.set_faults(Faults {
        unreachable: 0,
        abort: 0,
        commit_lost: 0,
        answer_lost: 0,
        slow_news: 0,
        ..faults
    });
    run.finish()?;
    let seen = run.seen.lock().map(|seen| *seen).unwrap_or_default();
    Ok((run.published(), seen))
}

const SLOTS: usize = 3;

struct Run<'a, L, W> {
    scenario: &'a Scenario,
    cluster: Cluster,
    clock: ManualClock,
    settings: Settings,
    wrap: W,
    workers: Vec<Option<Worker<L>>>,
    /// Per input, how many records were produced.
    produced: BTreeMap<TopicPartition, usize>,
    /// Per input, where its last record lies.
    ends: BTreeMap<TopicPartition, Offset>,
    seen: Arc<std::sync::Mutex<Disturbances>>,
}

impl<'a, L: Log, W: Fn(MemoryLog) -> L> Run<'a, L, W> {
    fn new(scenario: &'a Scenario, seed: u64, settings: Settings, wrap: W) -> Self {
        let cluster = Cluster::new(Faults::default(), seed);
        let topology = &scenario.topology;
        for topic in &topology.inputs {
            let count = scenario.inputs.keys().filter(|input| input.topic == *topic).count();
            cluster.create_topic(topic, count);
            cluster.create_topic(&topology.state_topic(topic), count);
        }
        for topic in &topology.outputs {
            cluster.create_topic(topic, scenario.output_partitions);
        }
        Self {
            scenario,
            cluster,
            clock: ManualClock::default(),
            settings,
            wrap,
            workers: (0..SLOTS).map(|_| None).collect(),
            produced: BTreeMap::new(),
            ends: BTreeMap::new(),
            seen: Arc::default(),
        }
    }

    fn left(&self) -> usize {
        let all: usize = self.scenario.inputs.values().map(Vec::len).sum();
        all - self.produced.values().sum::<usize>()
    }

    fn note(&self, change: impl FnOnce(&mut Disturbances)) {
        if let Ok(mut seen) = self.seen.lock() {
            change(&mut seen);
        }
    }

    fn start(&mut self, slot: usize) {
        let log = (self.wrap)(self.cluster.join(&self.scenario.topology, &format!("s{slot}")));
        let seen = Arc::clone(&self.seen);
        let observer = move |event: &WorkerEvent<'_>| {
            if let Ok(mut seen) = seen.lock() {
                count(&mut seen, event);
            }
        };
        let worker = Worker::new(
            log,
            Arc::new(self.scenario.topology.clone()),
            self.settings.clone(),
            Box::new(self.clock.clone()),
            Box::new(observer),
        );
        self.note(|seen| seen.starts += 1);
        if let Some(place) = self.workers.get_mut(slot) {
            *place = Some(worker);
        }
    }

    fn disturb(&mut self, dice: &mut Dice) -> Result<(), LogError> {
        let slot = usize::try_from(dice.below(SLOTS as u64)).unwrap_or(0);
        match dice.below(200) {
            0..110 => self.step(slot)?,
            110..150 => self.produce_some(dice),
            150..180 => self.clock.advance_ms(i64::try_from(dice.below(300)).unwrap_or(0)),
            180..184 => {
                let killed = self.workers.get_mut(slot).and_then(Option::take).is_some();
                self.note(|seen| seen.kills += u64::from(killed));
            }
            184..192 => self.start(slot),
            192..195 => {
                self.cluster.expire(&self.scenario.topology.name, &format!("s{slot}"));
                self.note(|seen| seen.expired += 1);
            }
            195..197 => self.cluster.expire_transactions(),
            _ => self.drain(slot)?,
        }
        Ok(())
    }

    fn step(&mut self, slot: usize) -> Result<(), LogError> {
        let Some(place) = self.workers.get_mut(slot) else { return Ok(()) };
        let Some(worker) = place else { return Ok(()) };
        match worker.step() {
            Err(error) if error.what.contains("was taken") => *place = None,
            other => return other,
        }
        Ok(())
    }

    fn drain(&mut self, slot: usize) -> Result<(), LogError> {
        let Some(place) = self.workers.get_mut(slot) else { return Ok(()) };
        let Some(worker) = place else { return Ok(()) };
        // An end that takes too long is cut short, as by a grace period.
        for _ in 0..4 {
            match worker.drain() {
                Ok(true) => {
                    *place = None;
                    self.note(|seen| seen.drains += 1);
                    return Ok(());
                }
                Ok(false) => {}
                Err(error) if error.what.contains("was taken") => break,
                Err(error) => return Err(error),
            }
        }
        *place = None;
        Ok(())
    }

    fn produce_some(&mut self, dice: &mut Dice) {
        let inputs: Vec<_> = self.scenario.inputs.keys().cloned().collect();
        let pick = usize::try_from(dice.below(inputs.len() as u64)).unwrap_or(0);
        let Some(input) = inputs.get(pick) else { return };
        for _ in 0..=dice.below(8) {
            if dice.chance(100) {
                let nothing = Record {
                    offset: Offset(0),
                    arrival: crate::time::EventTime(0),
                    key: None,
                    value: Some(b"aborted".to_vec()),
                    headers: Vec::new(),
                };
                self.cluster.produce_aborted(input, nothing);
            }
            self.produce_one(input);
        }
    }

    fn produce_one(&mut self, input: &TopicPartition) {
        let done = self.produced.entry(input.clone()).or_default();
        let record = self.scenario.inputs.get(input).and_then(|records| records.get(*done));
        let Some(record) = record else { return };
        *done += 1;
        if let Some(offset) = self.cluster.produce(input, record.clone()) {
            self.ends.insert(input.clone(), offset.next());
        }
    }

    /// Gives the rest of the input to one fresh worker and waits until all of it has committed.
    fn finish(&mut self) -> Result<(), LogError> {
        for input in self.scenario.inputs.keys() {
            while self.scenario.inputs.get(input).map(Vec::len) != self.produced.get(input).copied()
            {
                self.produce_one(input);
            }
        }
        for slot in 0..SLOTS {
            if let Some(place) = self.workers.get_mut(slot) {
                *place = None;
            }
            self.cluster.expire(&self.scenario.topology.name, &format!("s{slot}"));
        }
        self.cluster.expire_transactions();
        self.start(0);
        for _ in 0..100_000 {
            self.step(0)?;
            self.clock.advance_ms(7);
            if self.is_at_rest() {
                return Ok(());
            }
        }
        Err(LogError::new(crate::log::Reaction::Stop, "the run does not come to rest"))
    }

    fn is_at_rest(&self) -> bool {
        let Some(Some(worker)) = self.workers.first() else { return false };
        let done = |input: &TopicPartition| {
            let end = self.ends.get(input);
            end.is_none_or(|end| {
                worker.tasks().any(|task| task.input() == input && task.settled().resume_at == *end)
            })
        };
        worker.is_clean() && worker.is_caught_up() && self.scenario.inputs.keys().all(done)
    }

    fn published(&self) -> Published {
        let mut published = Published::new();
        for topic in &self.scenario.topology.outputs {
            for partition in 0..i32::try_from(self.scenario.output_partitions).unwrap_or(0) {
                let of = TopicPartition::new(Arc::clone(topic), partition);
                for record in self.cluster.read(&of, Offset(0), usize::MAX).0 {
                    let at = (topic.to_string(), partition, record.key.unwrap_or_default());
                    published.entry(at).or_default().push(record.value.unwrap_or_default());
                }
            }
        }
        published
    }
}

fn count(seen: &mut Disturbances, event: &WorkerEvent<'_>) {
    match event {
        WorkerEvent::Unclear(_) => seen.unclear += 1,
        WorkerEvent::Yielded(_) => seen.yields += 1,
        WorkerEvent::Imaged { .. } => seen.images += 1,
        WorkerEvent::Restored { replay_from, replay_to, .. } if replay_from < replay_to => {
            seen.replays += 1;
        }
        _ => {}
    }
}
