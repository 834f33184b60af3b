//! Each event once, within a horizon: its id is kept in the bucket of its minute until nothing of that
//! minute can be told any more.
//!
//! **Invariant:** an event older than its class's horizon is neither passed nor dropped as a
//! duplicate: nobody knows, so it goes to `late` as unverified. An id costs about 22 bytes, so a task
//! holds events a second × horizon × 22 bytes.

use std::collections::BTreeMap;

use schemas::source_class::SourceClass;
use stream::{KeyedStore, SeenStore, Store};

const BUCKET_MS: i64 = 60_000;

/// The ids seen of one input partition.
#[derive(Debug)]
pub(super) struct Seen {
    horizon_ms: BTreeMap<SourceClass, i64>,
    horizon_default_ms: i64,
    ids: SeenStore,
    /// The buckets there are, and until when they are kept.
    buckets: KeyedStore<(i64, Vec<u8>), ()>,
    /// The greatest arrival so far.
    clock: KeyedStore<u8, i64>,
}

/// What is known of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was not seen before.
    Fresh,
    /// It was.
    Duplicate,
    /// It is too old to tell.
    Unverified {
        /// Everything before is too old.
        watermark_ms: i64,
        /// The horizon of its class.
        horizon_ms: i64,
    },
}

impl Seen {
    pub(super) fn new(horizon_ms: BTreeMap<SourceClass, i64>, horizon_default_ms: i64) -> Self {
        Self {
            horizon_ms,
            horizon_default_ms,
            ids: SeenStore::default(),
            buckets: KeyedStore::default(),
            clock: KeyedStore::default(),
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock.get(&0).copied().unwrap_or(i64::MIN)
    }

    /// A record arrived: time passes, and buckets that nothing can ask for are dropped.
    pub(super) fn arrived(&mut self, arrival_ms: i64) {
        if arrival_ms <= self.now_ms() {
            return;
        }
        self.clock.insert(&0, arrival_ms);
        let gone = |((until_ms, _), ()): &(&(i64, Vec<u8>), &())| *until_ms < arrival_ms;
        let gone: Vec<_> =
            self.buckets.iter().take_while(gone).map(|(at, ())| at.clone()).collect();
        for at in gone {
            self.ids.drop_bucket(&at.1);
            self.buckets.remove(&at);
        }
    }

    pub(super) fn judge(&mut self, class: SourceClass, time_ms: i64, id: u128) -> Verdict {
        let horizon_ms = self.horizon_ms.get(&class).copied().unwrap_or(self.horizon_default_ms);
        let watermark_ms = self.now_ms().saturating_sub(horizon_ms);
        if time_ms < watermark_ms {
            return Verdict::Unverified { watermark_ms, horizon_ms };
        }
        let minute = time_ms.div_euclid(BUCKET_MS);
        let until_ms = (minute + 1).saturating_mul(BUCKET_MS).saturating_add(horizon_ms);
        let mut bucket = vec![class as u8];
        bucket.extend_from_slice(&minute.to_be_bytes());
        let fresh = self.ids.insert(&bucket, id);
        let place = (until_ms, bucket);
        if fresh && self.buckets.get(&place).is_none() {
            self.buckets.insert(&place, ());
        }
        if fresh { Verdict::Fresh } else { Verdict::Duplicate }
    }

    pub(super) fn stores(&mut self) -> Vec<&mut dyn Store> {
        vec![&mut self.ids, &mut self.buckets, &mut self.clock]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: i64 = 60_000;

    #[test]
    fn an_event_is_fresh_once_and_unverified_when_it_is_too_old() {
        let mut seen = Seen::new(BTreeMap::from([(SourceClass::Audit, 30 * MINUTE_MS)]), MINUTE_MS);
        seen.arrived(100 * MINUTE_MS);
        let mut judge = |minute, id| seen.judge(SourceClass::Audit, minute * MINUTE_MS, id);
        assert_eq!(judge(99, 1), Verdict::Fresh);
        assert_eq!(judge(99, 1), Verdict::Duplicate);
        assert_eq!(judge(70, 1), Verdict::Fresh);
        let (watermark_ms, horizon_ms) = (70 * MINUTE_MS, 30 * MINUTE_MS);
        assert_eq!(judge(69, 2), Verdict::Unverified { watermark_ms, horizon_ms });
    }

    #[test]
    fn what_nothing_can_ask_for_is_dropped_and_not_before() {
        let mut seen = Seen::new(BTreeMap::new(), MINUTE_MS);
        seen.arrived(10 * MINUTE_MS);
        assert_eq!(seen.judge(SourceClass::Log, 10 * MINUTE_MS, 1), Verdict::Fresh);
        seen.arrived(11 * MINUTE_MS);
        assert_eq!(seen.judge(SourceClass::Log, 10 * MINUTE_MS, 1), Verdict::Duplicate);
        seen.arrived(12 * MINUTE_MS + 1);
        assert_eq!(seen.buckets.len(), 0);
    }
}
