//! One partition: entries at consecutive offsets, some of which only mark the end of a transaction.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::record::{Offset, Record};

/// A transaction, cluster-wide.
pub(super) type TransactionId = u64;

/// How a transaction ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Committed,
    Aborted,
}

#[derive(Debug)]
struct Entry {
    transaction: Option<TransactionId>,
    /// `None` is a control record: the mark that ends a transaction.
    record: Option<Record>,
}

#[derive(Debug, Default)]
pub(super) struct Partition {
    start: i64,
    entries: VecDeque<Entry>,
    bytes: usize,
    /// First offset of each transaction that is still open here.
    open: BTreeMap<TransactionId, i64>,
    aborted: BTreeSet<TransactionId>,
}

impl Partition {
    pub(super) fn start(&self) -> Offset {
        Offset(self.start)
    }

    pub(super) fn end(&self) -> Offset {
        let length = i64::try_from(self.entries.len()).unwrap_or(i64::MAX);
        Offset(self.start.saturating_add(length))
    }

    /// Everything before this offset can be read: no transaction before it is undecided.
    pub(super) fn stable_end(&self) -> Offset {
        self.open.values().min().map_or(self.end(), |first| Offset(*first))
    }

    pub(super) fn append(
        &mut self,
        transaction: Option<TransactionId>,
        mut record: Record,
    ) -> Offset {
        let offset = self.end();
        record.offset = offset;
        self.bytes += size(&record);
        if let Some(transaction) = transaction {
            self.open.entry(transaction).or_insert(offset.0);
        }
        self.entries.push_back(Entry { transaction, record: Some(record) });
        offset
    }

    pub(super) fn finish(&mut self, transaction: TransactionId, outcome: Outcome) {
        if self.open.remove(&transaction).is_some() {
            if outcome == Outcome::Aborted {
                self.aborted.insert(transaction);
            }
            self.entries.push_back(Entry { transaction: Some(transaction), record: None });
        }
    }

    /// Committed records in `[from, stable end)`, at most `max`, and the offset after the last look.
    pub(super) fn read(&self, from: Offset, max: usize) -> (Vec<Record>, Offset) {
        let end = self.stable_end();
        let mut records = Vec::new();
        let mut at = from.max(self.start());
        while at < end && records.len() < max {
            if let Some(record) = self.visible(at) {
                records.push(record.clone());
            }
            at = at.next();
        }
        (records, at)
    }

    fn visible(&self, at: Offset) -> Option<&Record> {
        let index = usize::try_from(at.0 - self.start).ok()?;
        let entry = self.entries.get(index)?;
        let aborted = entry.transaction.is_some_and(|id| self.aborted.contains(&id));
        entry.record.as_ref().filter(|_| !aborted)
    }

    pub(super) fn delete_before(&mut self, before: Offset) {
        while self.start < before.min(self.stable_end()).0 {
            let Some(entry) = self.entries.pop_front() else { return };
            self.bytes -= entry.record.as_ref().map_or(0, size);
            self.start += 1;
        }
    }

    /// Deletes the oldest records until no more than `bytes_max` are kept.
    pub(super) fn retain(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max && self.start < self.stable_end().0 {
            self.delete_before(Offset(self.start + 1));
        }
    }
}

fn size(record: &Record) -> usize {
    let length = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
    64 + length(&record.key) + length(&record.value)
}
