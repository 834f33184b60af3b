//! One member's side: the [`Log`] that a worker holds.

use std::collections::BTreeMap;

use super::cluster::{Cluster, State};
use super::partition::{Outcome, Partition, TransactionId};
use crate::batch::{Batch, StateRecord};
use crate::log::{Change, Claim, Log, LogError, Polled, Reaction};
use crate::record::{Destination, Offset, Output, Record, TopicPartition, partition_of};
use crate::time::EventTime;
use crate::topology::Topology;

/// A group member with one transactional writer. Dropping it is a crash: nobody is told.
#[derive(Debug)]
pub struct MemoryLog {
    cluster: Cluster,
    topology: Topology,
    slot: String,
    session: u64,
    /// Where each started partition is read next, and the last end it was told to have reached.
    positions: BTreeMap<TopicPartition, Position>,
    /// Partitions this member believes to hold.
    held: Vec<TopicPartition>,
}

#[derive(Clone, Copy, Debug)]
struct Position {
    next: Offset,
    told: Option<Offset>,
}

impl MemoryLog {
    pub(super) fn new(cluster: Cluster, topology: Topology, slot: String, session: u64) -> Self {
        Self { cluster, topology, slot, session, positions: BTreeMap::new(), held: Vec::new() }
    }

    fn group(&self) -> &str {
        &self.topology.name
    }

    fn writer(&self) -> String {
        format!("{}.{}", self.topology.name, self.slot)
    }

    fn state_of(&self, input: &TopicPartition) -> TopicPartition {
        TopicPartition::new(self.topology.state_topic(&input.topic), input.partition)
    }

    fn fenced(&self) -> LogError {
        let what =
            format!("slot {} was taken by another member; give each worker its own", self.slot);
        LogError::new(Reaction::Stop, what)
    }

    fn reach(&self, state: &mut State) -> Result<(), LogError> {
        let per_mille = state.faults.unreachable;
        if state.dice.chance(per_mille) {
            return Err(LogError::new(Reaction::Retry, "the memory log plays unreachable"));
        }
        Ok(())
    }

    /// The member was removed: join again, as a new one.
    fn rejoin(&mut self) -> Polled {
        let lost = std::mem::take(&mut self.held);
        self.positions.clear();
        let joined = self.cluster.join(&self.topology, &self.slot);
        self.session = joined.session;
        if lost.is_empty() { Polled::Nothing } else { Polled::Change(Change::Lost(lost)) }
    }

    fn read(&mut self, state: &State, records_max: usize) -> Polled {
        let (mut records, mut reached) = (Vec::new(), Vec::new());
        for (input, position) in &mut self.positions {
            let Some(partition) = state.partition(input) else { continue };
            let (read, next) = partition.read(position.next, records_max);
            position.next = next;
            if next == partition.stable_end() && position.told != Some(next) {
                position.told = Some(next);
                reached.push((input.clone(), next));
            }
            if !read.is_empty() {
                records.push((input.clone(), read));
            }
        }
        let nothing = records.is_empty() && reached.is_empty();
        if nothing { Polled::Nothing } else { Polled::Records { records, reached } }
    }

    /// What was deleted before it was read is never skipped without a word.
    fn check_kept(&self, state: &State) -> Result<(), LogError> {
        let start = |input| state.partition(input).map_or(Offset(0), Partition::start);
        match self.positions.iter().find(|(input, position)| position.next < start(input)) {
            None => Ok(()),
            Some((input, position)) => Err(LogError::new(
                Reaction::Stop,
                format!(
                    "{input} begins at {} and has to be read from {}: the records between were deleted; \
                     give the embedded log fewer events a second",
                    start(input),
                    position.next
                ),
            )),
        }
    }

    fn note(&mut self, change: &Change) {
        match change {
            Change::Assigned(inputs) => self.held.extend(inputs.iter().cloned()),
            Change::Revoked(inputs) | Change::Lost(inputs) => {
                for input in inputs {
                    self.positions.remove(input);
                }
            }
        }
    }

    /// Writes a batch into an open transaction; the offsets of its state records, or why not.
    fn write(
        &self,
        state: &mut State,
        id: TransactionId,
        batch: &Batch,
    ) -> Result<Vec<Offset>, LogError> {
        for output in &batch.outputs {
            let to = target(state, output)?;
            append(state, Some(id), &to, record_of(output))?;
        }
        let chunk = |value: &Vec<u8>| Record {
            offset: Offset(0),
            arrival: EventTime(0),
            key: None,
            value: Some(value.clone()),
            headers: Vec::new(),
        };
        let of_state = |record: &StateRecord| {
            append(state, Some(id), &self.state_of(&record.input), chunk(&record.value))
        };
        batch.state.iter().map(of_state).collect()
    }

    fn commit_in(&self, state: &mut State, batch: &Batch) -> Result<Vec<Offset>, LogError> {
        if state.writers.get(&self.writer()) != Some(&self.session) {
            return Err(self.fenced());
        }
        let id = state.begin(&self.writer(), self.group(), batch.checkpoints.clone());
        let written = self.write(state, id, batch);
        let written = written.and_then(|offsets| self.check_owner(state, batch).map(|()| offsets));
        let (abort, lost, unheard) =
            (state.faults.abort, state.faults.commit_lost, state.faults.answer_lost);
        let replay = |what: &str| Err(LogError::new(Reaction::Replay, what));
        if let Err(error) = written {
            state.finish(id, Outcome::Aborted);
            return Err(error);
        }
        if state.dice.chance(abort) {
            if state.faults.leak_aborted {
                state.forget_offsets(id);
                state.finish(id, Outcome::Committed);
            }
            state.finish(id, Outcome::Aborted);
            return replay("the memory log plays an abort");
        }
        if state.dice.chance(lost) {
            return replay("the memory log plays a commit that got lost");
        }
        state.finish(id, Outcome::Committed);
        if state.dice.chance(unheard) {
            return replay("the memory log plays a commit whose answer got lost");
        }
        written
    }

    fn check_owner(&self, state: &State, batch: &Batch) -> Result<(), LogError> {
        let group = state.groups.get(self.group());
        let owns = |input| group.is_some_and(|group| group.owns(&self.slot, self.session, input));
        if state.faults.no_fencing || batch.checkpoints.iter().all(|to| owns(&to.input)) {
            return Ok(());
        }
        Err(LogError::new(Reaction::Yield, "the group went on without this member"))
    }
}

impl Log for MemoryLog {
    fn poll(&mut self, records_max: usize, _wait_ms: u64) -> Result<Polled, LogError> {
        let cluster = self.cluster.clone();
        let mut state = cluster.lock();
        self.reach(&mut state)?;
        let slow_news = state.faults.slow_news;
        let unaware = state.dice.chance(slow_news);
        let group = state.groups.entry(self.topology.name.to_string()).or_default();
        if group.is_taken_over(&self.slot, self.session) {
            return Err(self.fenced());
        }
        if group.is_member(&self.slot, self.session) {
            if let Some(change) = group.next_change(&self.slot) {
                self.note(&change);
                return Ok(Polled::Change(change));
            }
        } else if !unaware {
            drop(state);
            return Ok(self.rejoin());
        }
        self.check_kept(&state)?;
        Ok(self.read(&state, records_max))
    }

    fn slot(&self) -> &str {
        &self.slot
    }

    fn claim(&mut self, input: &TopicPartition) -> Result<Claim, LogError> {
        let mut state = self.cluster.lock();
        self.reach(&mut state)?;
        if state.is_unstable(self.group(), input) {
            let what = format!("the offset of {input} waits for an undecided transaction");
            return Err(LogError::new(Reaction::Retry, what));
        }
        let committed = state.groups.get(self.group()).and_then(|group| group.committed.get(input));
        let log_start = state.partition(input).map_or(Offset(0), Partition::start);
        let has_state = || {
            let of = state.partition(&self.state_of(input));
            of.is_some_and(|of| !of.read(Offset(0), 1).0.is_empty())
        };
        let has_orphaned_state = committed.is_none() && has_state();
        Ok(Claim { committed: committed.cloned(), log_start, has_orphaned_state })
    }

    fn read_state(
        &mut self,
        input: &TopicPartition,
        from: Offset,
        visit: &mut dyn FnMut(Offset, &[u8]) -> bool,
    ) -> Result<(), LogError> {
        let mut state = self.cluster.lock();
        self.reach(&mut state)?;
        let of = self.state_of(input);
        let partition = state.partition(&of).ok_or_else(|| missing(&of.topic))?;
        let (records, _) = partition.read(from, usize::MAX);
        for record in &records {
            if !visit(record.offset, record.value.as_deref().unwrap_or_default()) {
                break;
            }
        }
        Ok(())
    }

    fn resume(&mut self, input: &TopicPartition, at: Offset) -> Result<(), LogError> {
        if self.held.contains(input) {
            self.positions.insert(input.clone(), Position { next: at, told: None });
        }
        Ok(())
    }

    fn release(&mut self, inputs: &[TopicPartition]) -> Result<(), LogError> {
        self.held.retain(|held| !inputs.contains(held));
        self.positions.retain(|input, _| !inputs.contains(input));
        let mut state = self.cluster.lock();
        if let Some(group) = state.groups.get_mut(self.group())
            && group.is_member(&self.slot, self.session)
        {
            group.release(&self.slot, inputs);
        }
        Ok(())
    }

    fn commit(&mut self, batch: &Batch) -> Result<Vec<Offset>, LogError> {
        let mut state = self.cluster.lock();
        self.commit_in(&mut state, batch)
    }

    fn recover(&mut self) -> Result<(), LogError> {
        let mut state = self.cluster.lock();
        self.reach(&mut state)?;
        if state.writers.get(&self.writer()) != Some(&self.session) {
            return Err(self.fenced());
        }
        let (writer, session) = (self.writer(), self.session);
        state.fence(&writer, session);
        Ok(())
    }

    fn ends(&mut self, inputs: &[TopicPartition]) -> Result<Vec<Offset>, LogError> {
        let mut state = self.cluster.lock();
        self.reach(&mut state)?;
        let end = |input: &TopicPartition| state.partition(input).map_or(Offset(0), Partition::end);
        Ok(inputs.iter().map(end).collect())
    }

    fn partitions(&mut self, topic: &str) -> Result<i32, LogError> {
        match i32::try_from(self.cluster.partitions(topic)) {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(missing(topic)),
        }
    }

    fn trim_state(&mut self, input: &TopicPartition, before: Offset) {
        let of = self.state_of(input);
        if let Some(partition) = self.cluster.lock().partition_mut(&of) {
            partition.delete_before(before);
        }
    }

    fn leave(&mut self) -> Result<(), LogError> {
        let mut state = self.cluster.lock();
        if let Some(group) = state.groups.get_mut(self.group())
            && group.is_member(&self.slot, self.session)
        {
            group.remove(&self.slot);
        }
        Ok(())
    }
}

fn missing(topic: &str) -> LogError {
    LogError::new(Reaction::Stop, format!("there is no topic {topic}; make it first"))
}

fn target(state: &State, output: &Output) -> Result<TopicPartition, LogError> {
    let count = state.topics.get(&*output.topic).map_or(0, Vec::len);
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let partition = match output.destination {
        Destination::Partition(partition) => partition,
        Destination::ByKey if count > 0 => {
            partition_of(output.key.as_deref().unwrap_or_default(), count)
        }
        Destination::ByKey => return Err(missing(&output.topic)),
    };
    Ok(TopicPartition::new(output.topic.clone(), partition))
}

fn append(
    state: &mut State,
    id: Option<TransactionId>,
    to: &TopicPartition,
    record: Record,
) -> Result<Offset, LogError> {
    let partition = state.partition_mut(to).ok_or_else(|| missing(&to.topic))?;
    Ok(partition.append(id, record))
}

fn record_of(output: &Output) -> Record {
    Record {
        offset: Offset(0),
        arrival: output.timestamp,
        key: output.key.clone(),
        value: output.value.clone(),
        headers: output.headers.clone(),
    }
}
