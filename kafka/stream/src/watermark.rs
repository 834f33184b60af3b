//! Watermarks of one task: for each tenant and source class, the event time up to which its events
//! are believed to have come.
//!
//! **Invariant:** a watermark follows from the records of the input partition alone. Records move
//! it by their event time, never further than their own arrival; silence moves it only by progress
//! marks, which are records as well.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::store::{KeyedStore, Store};
use crate::time::{EventTime, SourceClass};
use crate::upstream::Upstream;
pub use crate::upstream::UpstreamRead;

/// How patient watermarks are.
#[derive(Clone, Debug)]
pub struct Patience {
    /// How far events of a class may be out of order.
    pub disorder_ms: BTreeMap<SourceClass, i64>,
    /// The same for classes not listed.
    pub disorder_default_ms: i64,
    /// A tenant's class without arrivals for this long, as the progress marks tell time, is idle.
    pub idle_ms: i64,
}

impl Patience {
    /// How far events of `class` may be out of order.
    pub fn disorder_ms(&self, class: SourceClass) -> i64 {
        self.disorder_ms.get(&class).copied().unwrap_or(self.disorder_default_ms)
    }
}

/// One tenant's one class. Its bytes sort by class, then tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source(Vec<u8>);

impl Source {
    /// Names a tenant's class.
    pub fn new(class: SourceClass, tenant: &str) -> Self {
        let mut bytes = Vec::with_capacity(1 + tenant.len());
        bytes.push(class.0);
        bytes.extend_from_slice(tenant.as_bytes());
        Self(bytes)
    }

    /// The class.
    pub fn class(&self) -> SourceClass {
        SourceClass(self.0.first().copied().unwrap_or_default())
    }

    /// The tenant.
    pub fn tenant(&self) -> &str {
        let tenant = self.0.get(1..).unwrap_or_default();
        std::str::from_utf8(tenant).unwrap_or_default()
    }

    /// A form for keys of other stores.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SourceClock {
    watermark: EventTime,
    last_arrival: EventTime,
}

/// The watermarks of one task.
#[derive(Debug)]
pub struct Watermarks {
    patience: Patience,
    clocks: KeyedStore<Source, SourceClock>,
    upstream: Upstream,
}

impl Watermarks {
    /// Watermarks that have seen nothing.
    pub fn new(patience: Patience) -> Self {
        Self { patience, clocks: KeyedStore::default(), upstream: Upstream::default() }
    }

    /// Its stores, for [`crate::Processor::stores`].
    pub fn stores(&mut self) -> [&mut dyn Store; 3] {
        let [marks, partitions] = self.upstream.stores();
        [&mut self.clocks, marks, partitions]
    }

    /// An event of `source`: true when that moved its watermark.
    pub fn observe(&mut self, source: &Source, event: EventTime, arrival: EventTime) -> bool {
        let disorder_ms = self.patience.disorder_ms(source.class());
        let reached = event.min(arrival).minus_ms(disorder_ms);
        let fresh = || SourceClock { watermark: EventTime(i64::MIN), last_arrival: arrival };
        let known = self.clocks.get(source);
        if known.is_some_and(|clock| clock.watermark >= reached && clock.last_arrival >= arrival) {
            return false;
        }
        let clock = self.clocks.get_or_insert_with(source, fresh);
        clock.last_arrival = clock.last_arrival.max(arrival);
        let moved = reached > clock.watermark;
        clock.watermark = clock.watermark.max(reached);
        moved
    }

    /// A progress mark of the stage above: the sources whose watermarks it moved.
    pub fn mark(&mut self, reads: &[UpstreamRead]) -> Vec<Source> {
        self.upstream.mark(reads);
        self.upstream.least().map_or_else(Vec::new, |until| self.advance_idle(until))
    }

    fn advance_idle(&mut self, until: EventTime) -> Vec<Source> {
        let patience = &self.patience;
        let reached = |source: &Source| until.minus_ms(patience.disorder_ms(source.class()));
        let idle_since = until.minus_ms(patience.idle_ms);
        let idle = |(source, clock): &(&Source, &SourceClock)| {
            clock.last_arrival <= idle_since && reached(source) > clock.watermark
        };
        let idle: Vec<_> =
            self.clocks.iter().filter(idle).map(|(source, _)| source.clone()).collect();
        for source in &idle {
            let reached = until.minus_ms(self.patience.disorder_ms(source.class()));
            if let Some(clock) = self.clocks.get_mut(source) {
                clock.watermark = reached;
            }
        }
        idle
    }

    /// The watermark of a source; `None` before its first event.
    pub fn of(&self, source: &Source) -> Option<EventTime> {
        self.clocks.get(source).map(|clock| clock.watermark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::TopicPartition;

    const AUDIT: SourceClass = SourceClass(1);

    fn patient() -> Watermarks {
        let disorder_ms = BTreeMap::from([(AUDIT, 1_000)]);
        Watermarks::new(Patience { disorder_ms, disorder_default_ms: 10, idle_ms: 500 })
    }

    fn read(partition: i32, until: i64) -> UpstreamRead {
        let input = TopicPartition::new("in", partition);
        UpstreamRead { input, partitions: 2, until: EventTime(until) }
    }

    #[test]
    fn an_event_from_the_future_moves_the_watermark_no_further_than_its_arrival() {
        let (mut marks, source) = (patient(), Source::new(AUDIT, "acme"));
        assert!(marks.observe(&source, EventTime(1_000_000), EventTime(5_000)));
        assert_eq!(marks.of(&source), Some(EventTime(4_000)));
        assert!(!marks.observe(&source, EventTime(3_000), EventTime(5_001)));
        assert_eq!(marks.of(&source), Some(EventTime(4_000)));
    }

    #[test]
    fn silence_counts_only_up_to_the_least_mark_of_all_partitions_above() {
        let (mut marks, source) = (patient(), Source::new(AUDIT, "acme"));
        marks.observe(&source, EventTime(5_000), EventTime(5_000));
        assert_eq!(marks.mark(&[read(0, 90_000)]), vec![], "partition 1 was not heard of");
        assert_eq!(marks.mark(&[read(1, 5_400)]), vec![], "not silent for long enough");
        assert_eq!(marks.mark(&[read(1, 7_000)]), vec![source.clone()]);
        assert_eq!(marks.of(&source), Some(EventTime(6_000)));
    }

    #[test]
    fn each_class_and_tenant_has_its_own() {
        let mut marks = patient();
        let (one, other) = (Source::new(AUDIT, "acme"), Source::new(SourceClass(2), "acme"));
        marks.observe(&one, EventTime(9_000), EventTime(9_000));
        marks.observe(&other, EventTime(2_000), EventTime(9_000));
        assert_eq!(
            (marks.of(&one), marks.of(&other)),
            (Some(EventTime(8_000)), Some(EventTime(1_990)))
        );
        assert_eq!((one.class(), one.tenant()), (AUDIT, "acme"));
    }
}
