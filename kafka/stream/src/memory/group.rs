//! The consumer group: who owns which partition, cooperatively.
//!
//! A partition is given to its next owner only after the one before has released it or is gone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::log::Change;
use crate::record::{Offset, TopicPartition};

#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) committed: BTreeMap<TopicPartition, (Offset, String)>,
    partitions: BTreeSet<TopicPartition>,
    members: BTreeMap<String, Member>,
    owners: BTreeMap<TopicPartition, String>,
    revoking: BTreeSet<TopicPartition>,
}

#[derive(Debug, Default)]
struct Member {
    /// Which handle speaks for the slot: the last one that joined.
    session: u64,
    news: VecDeque<Change>,
}

impl Group {
    /// A handle joins for a slot. A slot that is still a member keeps its partitions.
    pub(super) fn join(&mut self, slot: &str, session: u64, partitions: &BTreeSet<TopicPartition>) {
        self.partitions.extend(partitions.iter().cloned());
        let member = self.members.entry(slot.to_owned()).or_default();
        *member = Member { session, news: VecDeque::new() };
        let kept: Vec<_> = self.owned_by(slot);
        self.revoking.retain(|partition| !kept.contains(partition));
        self.tell(slot, Change::Assigned(kept));
        self.rebalance();
    }

    /// The slot is gone: it left, or its session timed out.
    pub(super) fn remove(&mut self, slot: &str) {
        self.members.remove(slot);
        self.free(&self.owned_by(slot));
        self.rebalance();
    }

    pub(super) fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    pub(super) fn is_member(&self, slot: &str, session: u64) -> bool {
        self.members.get(slot).is_some_and(|member| member.session == session)
    }

    pub(super) fn is_taken_over(&self, slot: &str, session: u64) -> bool {
        self.members.get(slot).is_some_and(|member| member.session > session)
    }

    pub(super) fn owns(&self, slot: &str, session: u64, partition: &TopicPartition) -> bool {
        self.is_member(slot, session)
            && self.owners.get(partition).is_some_and(|owner| owner == slot)
    }

    pub(super) fn next_change(&mut self, slot: &str) -> Option<Change> {
        self.members.get_mut(slot)?.news.pop_front()
    }

    pub(super) fn release(&mut self, slot: &str, partitions: &[TopicPartition]) {
        let held: Vec<_> = self
            .owned_by(slot)
            .into_iter()
            .filter(|partition| partitions.contains(partition) && self.revoking.contains(partition))
            .collect();
        self.free(&held);
        self.rebalance();
    }

    fn owned_by(&self, slot: &str) -> Vec<TopicPartition> {
        let owned = self.owners.iter().filter(|(_, owner)| *owner == slot);
        owned.map(|(partition, _)| partition.clone()).collect()
    }

    fn free(&mut self, partitions: &[TopicPartition]) {
        for partition in partitions {
            self.owners.remove(partition);
            self.revoking.remove(partition);
        }
    }

    fn tell(&mut self, slot: &str, change: Change) {
        let (Change::Assigned(partitions) | Change::Revoked(partitions) | Change::Lost(partitions)) =
            &change;
        if let Some(member) = self.members.get_mut(slot)
            && !partitions.is_empty()
        {
            member.news.push_back(change);
        }
    }

    fn rebalance(&mut self) {
        if self.members.is_empty() {
            return;
        }
        let share = self.partitions.len().div_ceil(self.members.len());
        let slots: Vec<String> = self.members.keys().cloned().collect();
        for slot in &slots {
            let kept = self.kept_by(slot);
            let excess: Vec<_> = kept.into_iter().skip(share).collect();
            self.revoking.extend(excess.iter().cloned());
            self.tell(slot, Change::Revoked(excess));
        }
        let unowned = |partition: &&TopicPartition| !self.owners.contains_key(*partition);
        let unowned: Vec<_> = self.partitions.iter().filter(unowned).cloned().collect();
        for partition in unowned {
            let Some(slot) = slots.iter().min_by_key(|slot| self.kept_by(slot).len()) else {
                return;
            };
            self.owners.insert(partition.clone(), slot.clone());
            self.tell(slot, Change::Assigned(vec![partition]));
        }
    }

    fn kept_by(&self, slot: &str) -> Vec<TopicPartition> {
        let mut owned = self.owned_by(slot);
        owned.retain(|partition| !self.revoking.contains(partition));
        owned
    }
}
