//! The shared side: topics, transactions, groups. Every call takes the one lock and is atomic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::faults::{Dice, Faults};
use super::group::Group;
use super::handle::MemoryLog;
use super::partition::{Outcome, Partition, TransactionId};
use crate::batch::Checkpoint;
use crate::record::{Offset, Record, TopicPartition};
use crate::topology::Topology;

/// A log in memory; clones share it.
#[derive(Clone, Debug)]
pub struct Cluster {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) topics: BTreeMap<String, Vec<Partition>>,
    pub(super) groups: BTreeMap<String, Group>,
    pub(super) faults: Faults,
    pub(super) dice: Dice,
    /// The session that may write for a transactional id: the last one that joined.
    pub(super) writers: BTreeMap<String, u64>,
    open: BTreeMap<TransactionId, OpenTransaction>,
    next_transaction: TransactionId,
    next_session: u64,
    retention_bytes: usize,
}

/// What a transaction will change when it commits.
#[derive(Debug)]
struct OpenTransaction {
    writer: String,
    group: String,
    checkpoints: Vec<Checkpoint>,
}

impl Cluster {
    /// An empty cluster whose faults fall by `seed`.
    pub fn new(faults: Faults, seed: u64) -> Self {
        let state = State {
            topics: BTreeMap::new(),
            groups: BTreeMap::new(),
            faults,
            dice: Dice::new(seed),
            writers: BTreeMap::new(),
            open: BTreeMap::new(),
            next_transaction: 0,
            next_session: 0,
            retention_bytes: usize::MAX,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Calls leave no half-done work behind a panic, so a poisoned lock is as good as another.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a topic, unless it is there.
    pub fn create_topic(&self, name: &str, partitions: usize) {
        let make = || std::iter::repeat_with(Partition::default).take(partitions).collect();
        self.lock().topics.entry(name.to_owned()).or_insert_with(make);
    }

    /// Deletes the oldest records of a partition beyond this many bytes.
    pub fn set_retention(&self, bytes_a_partition: usize) {
        self.lock().retention_bytes = bytes_a_partition;
    }

    /// From now on these faults happen.
    pub fn set_faults(&self, faults: Faults) {
        self.lock().faults = faults;
    }

    /// Appends a record outside of any transaction; gives its offset.
    pub fn produce(&self, to: &TopicPartition, record: Record) -> Option<Offset> {
        let mut state = self.lock();
        let retention_bytes = state.retention_bytes;
        let partition = state.partition_mut(to)?;
        let offset = partition.append(None, record);
        partition.retain(retention_bytes);
        Some(offset)
    }

    /// Appends a record and aborts it: readers see nothing, but two offsets are taken.
    pub fn produce_aborted(&self, to: &TopicPartition, record: Record) {
        let mut state = self.lock();
        let id = state.begin("", "", Vec::new());
        if let Some(partition) = state.partition_mut(to) {
            partition.append(Some(id), record);
        }
        state.finish(id, Outcome::Aborted);
    }

    /// Everything committed that a partition keeps from `from` on, and where to go on reading.
    pub fn read(&self, from: &TopicPartition, at: Offset, max: usize) -> (Vec<Record>, Offset) {
        self.lock().partition(from).map_or((Vec::new(), at), |partition| partition.read(at, max))
    }

    /// The offset that the next record of a partition will get.
    pub fn end(&self, of: &TopicPartition) -> Offset {
        self.lock().partition(of).map_or(Offset(0), Partition::end)
    }

    /// How many partitions a topic has; 0 where there is none.
    pub fn partitions(&self, topic: &str) -> usize {
        self.lock().topics.get(topic).map_or(0, Vec::len)
    }

    /// What a group committed for a partition.
    pub fn committed(&self, group: &str, input: &TopicPartition) -> Option<(Offset, String)> {
        self.lock().groups.get(group)?.committed.get(input).cloned()
    }

    /// A member joins a topology's group for a slot, and takes the slot from whoever had it.
    pub fn join(&self, topology: &Topology, slot: &str) -> MemoryLog {
        let mut state = self.lock();
        state.next_session += 1;
        let session = state.next_session;
        state.fence(&format!("{}.{slot}", topology.name), session);
        let inputs = state.partitions_of(topology);
        state.groups.entry(topology.name.to_string()).or_default().join(slot, session, &inputs);
        drop(state);
        MemoryLog::new(self.clone(), topology.clone(), slot.to_owned(), session)
    }

    /// True while anybody may still write: a member that has not left its group.
    pub fn has_members(&self) -> bool {
        self.lock().groups.values().any(Group::has_members)
    }

    /// The session of a slot times out: it is no member any more, whether alive or dead.
    pub fn expire(&self, group: &str, slot: &str) {
        if let Some(group) = self.lock().groups.get_mut(group) {
            group.remove(slot);
        }
    }

    /// Transactions that nobody finished time out, as the broker aborts them.
    pub fn expire_transactions(&self) {
        let mut state = self.lock();
        let open: Vec<_> = state.open.keys().copied().collect();
        open.into_iter().for_each(|id| state.finish(id, Outcome::Aborted));
    }
}

impl State {
    pub(super) fn partition(&self, of: &TopicPartition) -> Option<&Partition> {
        self.topics.get(&*of.topic)?.get(usize::try_from(of.partition).ok()?)
    }

    pub(super) fn partition_mut(&mut self, of: &TopicPartition) -> Option<&mut Partition> {
        self.topics.get_mut(&*of.topic)?.get_mut(usize::try_from(of.partition).ok()?)
    }

    fn partitions_of(&self, topology: &Topology) -> BTreeSet<TopicPartition> {
        let inputs = topology.inputs.iter();
        let all = |topic: &Arc<str>| {
            let count = self.topics.get(&**topic).map_or(0, Vec::len);
            let topic = Arc::clone(topic);
            (0..count).filter_map(move |partition| {
                Some(TopicPartition::new(Arc::clone(&topic), i32::try_from(partition).ok()?))
            })
        };
        inputs.flat_map(all).collect()
    }

    /// Nobody but `session` writes for `writer` from now on; what was open is aborted.
    pub(super) fn fence(&mut self, writer: &str, session: u64) {
        self.writers.insert(writer.to_owned(), session);
        let of_writer =
            |(id, open): (&TransactionId, &OpenTransaction)| (open.writer == writer).then_some(*id);
        let open: Vec<_> = self.open.iter().filter_map(of_writer).collect();
        open.into_iter().for_each(|id| self.finish(id, Outcome::Aborted));
    }

    pub(super) fn begin(
        &mut self,
        writer: &str,
        group: &str,
        checkpoints: Vec<Checkpoint>,
    ) -> TransactionId {
        self.next_transaction += 1;
        let (writer, group) = (writer.to_owned(), group.to_owned());
        self.open.insert(self.next_transaction, OpenTransaction { writer, group, checkpoints });
        self.next_transaction
    }

    pub(super) fn finish(&mut self, id: TransactionId, outcome: Outcome) {
        let Some(open) = self.open.remove(&id) else { return };
        for (topic, partitions) in &mut self.topics {
            // State does not expire: its owner deletes it.
            let is_state = topic.ends_with(".state");
            let retention_bytes = if is_state { usize::MAX } else { self.retention_bytes };
            for partition in partitions {
                partition.finish(id, outcome);
                partition.retain(retention_bytes);
            }
        }
        if outcome == Outcome::Committed {
            let group = self.groups.entry(open.group).or_default();
            for checkpoint in open.checkpoints {
                group
                    .committed
                    .insert(checkpoint.input, (checkpoint.resume_at, checkpoint.metadata));
            }
        }
    }

    /// The planted leak: what this transaction wrote will commit without its positions.
    pub(super) fn forget_offsets(&mut self, id: TransactionId) {
        if let Some(open) = self.open.get_mut(&id) {
            open.checkpoints.clear();
        }
    }

    /// True while a transaction that would change this group's offset is undecided.
    pub(super) fn is_unstable(&self, group: &str, input: &TopicPartition) -> bool {
        let concerns = |open: &OpenTransaction| {
            open.group == group && open.checkpoints.iter().any(|to| to.input == *input)
        };
        self.open.values().any(concerns)
    }
}
