//! The records of one partition of signals, as the correlator gets them.
//!
//! **Invariant:** what depends on what comes first, and time passes by marks alone, also long after the last
//! record.

use schemas::codec;
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Outcome, Severity};
use schemas::id::{EventId, RecordId};
use schemas::key;
use schemas::kind::Kind;
use schemas::mark::{self, InputProgress, Mark, Writer};
use schemas::resource::Hints;
use schemas::signal::{Relation, Signal, SignalKind};
use schemas::source_class::SourceClass;
use schemas::time::Time;
use stream::{EventTime, Offset, Record};

use super::read::Read;
use super::set::START_MS;

const TENANT: &str = "default";
const MARK_EVERY_MS: i64 = 10_000;
/// Within this, what is quiet is over, and nothing is forgotten yet.
const AFTER_MS: i64 = 7_200_000;

/// All records, in the order of their arrival.
pub(super) fn feed(all: &[Read], relations: &[Relation]) -> anyhow::Result<Vec<Record>> {
    let mut feed = Feed { records: Vec::new(), marked_ms: START_MS };
    feed.push(START_MS, Some(&key::domain(TENANT)), relations_of(relations)?);
    for Read { item, value } in all {
        feed.mark_until(item.arrival_ms)?;
        feed.push(item.arrival_ms, Some(&key::domain(TENANT)), value.clone());
    }
    feed.mark_until(feed.marked_ms + AFTER_MS)?;
    Ok(feed.records)
}

struct Feed {
    records: Vec<Record>,
    marked_ms: i64,
}

impl Feed {
    fn push(&mut self, arrival_ms: i64, key: Option<&str>, value: Vec<u8>) {
        self.records.push(Record {
            offset: Offset(i64::try_from(self.records.len()).unwrap_or(i64::MAX)),
            arrival: EventTime(arrival_ms),
            key: key.map(|key| key.as_bytes().to_vec()),
            value: Some(value),
            headers: Vec::new(),
        });
    }

    fn mark_until(&mut self, until_ms: i64) -> anyhow::Result<()> {
        while self.marked_ms + MARK_EVERY_MS <= until_ms {
            self.marked_ms += MARK_EVERY_MS;
            self.push(self.marked_ms, None, mark::encode(&mark_of(self.marked_ms))?);
        }
        Ok(())
    }
}

/// One worker read the only partition until then.
fn mark_of(read_until_ms: i64) -> Mark {
    let (topic, extra) = ("isobar.in.stories".to_owned(), Extra::new());
    let progress = InputProgress { topic, partition: 0, partitions: 1, read_until_ms, extra };
    let (topology, slot) = ("processors".to_owned(), "0".to_owned());
    let writer = Writer { topology, slot, extra: Extra::new() };
    Mark { writer, inputs: vec![progress], extra: Extra::new() }
}

fn relations_of(relations: &[Relation]) -> anyhow::Result<Vec<u8>> {
    let time = Time::from_millis(START_MS)?;
    let attributes = Attributes {
        id: RecordId::of("isobar.signal", &[TENANT, "relations"]),
        source: "traces".to_owned(),
        subject: None,
        time,
        arrival_time: time,
        tenant: TENANT.to_owned(),
        source_class: SourceClass::Trace,
        traceparent: None,
    };
    let signal = Signal {
        kind: SignalKind::Relation,
        event: EventId::of(TENANT, "relations"),
        event_kind: Kind::Metrics,
        action: "relation".to_owned(),
        outcome: Outcome::Unknown,
        severity: Severity::Informational,
        title: "what calls what".to_owned(),
        resource: None,
        actor: None,
        hints: Hints::default(),
        entities: Vec::new(),
        rules: Vec::new(),
        relations: relations.to_vec(),
        text: None,
        command: None,
        delivery: None,
        extra: Extra::new(),
    };
    Ok(codec::encode(&Envelope::new(attributes, signal))?)
}
