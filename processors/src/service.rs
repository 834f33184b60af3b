//! The service: what producers send in, canonical events, metric batches and signals out.
//!
//! **Invariant:** whatever a record holds leaves as an event, as points, as late, as a dead letter, or
//! is counted as filtered or as a duplicate. The counts of a batch are reported once it has committed.

mod config;
mod dedup;
mod hits;
mod ledger;
mod points;
mod relations;
mod signals;
mod write;

use std::sync::Arc;

use schemas::balance::Tally;
use schemas::envelope::{Envelope, Extra};
use schemas::event::Event;
use schemas::mark::{self, InputProgress, Mark, Writer as MarkWriter};
use schemas::rule_edition::is_edition;
use schemas::time::Time;
use schemas::topic;
use stream::{
    Context, Counted, InForce, Marks, Processor, Put, ReadUpTo, Record, Store, TopicPartition,
    Topology, Versions,
};

use crate::canonical::Series;
use crate::catalog::{Catalog, Known};
use crate::dead_letter::Origin;
use crate::input::Input;
use crate::normalize::{Sample, Taker, normalize};
use crate::sink::Refusal;
pub use config::ProcessorsConfig;
use dedup::{Seen, Verdict};
pub use hits::Asked;
use ledger::{Entry, Ledger};
use points::Points;
use relations::Told;
pub use signals::{Routes, signal_of};
use write::Writer;

/// The service's name, and its consumer group.
pub const NAME: &str = "processors";

/// The topology: the eight inputs; events, metrics, signals, series, late and dead letters out.
#[must_use]
pub fn topology(config: ProcessorsConfig) -> Topology {
    let name = |topic: &topic::Topic| Arc::from(topic.name);
    let outputs = [
        topic::EVENTS,
        topic::METRICS,
        topic::SIGNALS,
        topic::SERIES,
        topic::LATE,
        topic::DEAD_LETTER,
        topic::BALANCE,
    ];
    Topology {
        name: Arc::from(NAME),
        inputs: topic::INPUTS.iter().map(name).collect(),
        outputs: outputs.iter().map(name).collect(),
        versions: Versions { schema: 3, logic: 1 },
        compatible_logic: Vec::new(),
        stateful: true,
        marks: Some(Marks {
            topics: [topic::EVENTS, topic::METRICS, topic::SIGNALS].iter().map(name).collect(),
            encode: Arc::new(encode_mark),
        }),
        make: Arc::new(move |input| Box::new(Processors::new(config.clone(), input))),
    }
}

fn encode_mark(slot: &str, reads: &[ReadUpTo]) -> Vec<u8> {
    use schemas::envelope::Extra;
    let progress = |read: &ReadUpTo| InputProgress {
        topic: read.input.topic.to_string(),
        partition: u32::try_from(read.input.partition).unwrap_or_default(),
        partitions: u32::try_from(read.partitions).unwrap_or_default(),
        read_until_ms: read.until_ms,
        extra: Extra::new(),
    };
    let writer =
        MarkWriter { topology: NAME.to_owned(), slot: slot.to_owned(), extra: Extra::new() };
    let inputs = reads.iter().map(progress).collect();
    #[expect(clippy::expect_used, reason = "57 input partitions are a ninth of what a mark holds")]
    mark::encode(&Mark { writer, inputs, extra: Extra::new() }).expect("a mark of a few partitions")
}

/// The format under which records without a value are counted.
const TOMBSTONE: &str = "tombstone";
/// The format under which editions of rules are counted.
const RULES: &str = "isobar-rules";

struct Processors {
    config: ProcessorsConfig,
    input: TopicPartition,
    /// The input's name, for counts.
    topic: &'static str,
    format: Option<Known>,
    writer: Writer,
    rules: InForce<Asked>,
    seen: Seen,
    points: Points,
    told: Told,
    ledger: Ledger,
}

impl Processors {
    fn new(mut config: ProcessorsConfig, input: &TopicPartition) -> Self {
        let of_topic = config.tenant_of_topic.remove(&*input.topic);
        config.tenants.of_topic = of_topic.or(config.tenants.of_topic);
        Self {
            format: config.formats.get(&*input.topic).copied(),
            topic: topic::INPUTS
                .iter()
                .map(|topic| topic.name)
                .find(|name| *name == &*input.topic)
                .unwrap_or("other"),
            writer: Writer::new(config.routes.clone()),
            rules: InForce::new(config.rules.clone(), config.library.clone()),
            seen: Seen::new(config.horizon_ms.clone(), config.horizon_default_ms),
            points: Points::default(),
            told: Told::default(),
            ledger: Ledger::default(),
            input: input.clone(),
            config,
        }
    }

    fn read(&mut self, record: &Record, value: &[u8], context: &mut Context<'_>) {
        let arrival = time_of(record.arrival.0);
        let input = input_of(record, value, self.config.catalog);
        let place = format!("{}/{}", self.input, record.offset);
        self.seen.arrived(arrival.millis());
        let origin = origin_of(&self.input, record);
        let rules = self.rules.get().map(Option::<&Arc<Asked>>::cloned).unwrap_or_else(|_| {
            context.count("rules_unreadable", 1);
            None
        });
        let mut round = Round {
            future_ms: self.config.future_ms,
            rules: rules.as_deref(),
            arrival,
            writer: &self.writer,
            seen: &mut self.seen,
            points: &mut self.points,
            told: &mut self.told,
            origin,
            context: &mut *context,
            went: Went::default(),
            refused: Vec::new(),
        };
        let tenants = &self.config.tenants;
        let (format, tally) = normalize(&input, &place, self.format, tenants, &mut round);
        let Round { refused, went, .. } = round;
        // Everything that was found is one of the others: the balance that has to close.
        let tally = Tally {
            read: tally.read,
            found: tally.events + tally.points + tally.filtered + tally.dead_letter,
            events: went.events,
            points: tally.points,
            duplicates: went.duplicates,
            late: went.late,
            filtered: tally.filtered + went.unrouted,
            dead_letters: refused.len() as u64,
            extra: Extra::new(),
        };
        for (refusal, piece) in refused {
            let refused = (format, &refusal, &*piece);
            self.writer.dead_letter(&input, record, &origin, refused, tenants, context);
        }
        self.enter(record, format, tally, context);
    }
}

impl Processors {
    /// Takes an edition of the rules: what follows in this partition is asked about these.
    fn take_edition(&mut self, record: &Record, value: &[u8], context: &mut Context<'_>) {
        let mut tally = Tally { read: 1, found: 1, ..Tally::default() };
        match self.rules.put(value) {
            Ok(put) => {
                tally.filtered = 1;
                context.count("rule_editions", u64::from(put == Put::InForce));
            }
            Err(why) => {
                tally.dead_letters = 1;
                let refusal = Refusal::new(format!("an edition of the rules: {why}"));
                self.refuse(record, (RULES, &refusal, value), context);
            }
        }
        self.enter(record, RULES, tally, context);
    }

    fn refuse(
        &mut self,
        record: &Record,
        refused: (&str, &Refusal, &[u8]),
        context: &mut Context<'_>,
    ) {
        let input = input_of(record, refused.2, self.config.catalog);
        let origin = origin_of(&self.input, record);
        self.writer.dead_letter(&input, record, &origin, refused, &self.config.tenants, context);
    }

    /// Keeps what became of a record, and counts it for whoever watches this process.
    fn enter(
        &mut self,
        record: &Record,
        format: &'static str,
        tally: Tally,
        context: &mut Context<'_>,
    ) {
        let counts = [
            ("read", tally.read),
            ("found", tally.found),
            ("events", tally.events),
            ("points", tally.points),
            ("duplicates", tally.duplicates),
            ("late", tally.late),
            ("filtered", tally.filtered),
            ("dead_letters", tally.dead_letters),
        ];
        for (what, amount) in counts {
            context.count_of(Counted { what, topic: self.topic, format }, amount);
        }
        self.ledger.enter(record, Entry { format, tally });
    }
}

fn input_of<'a>(record: &'a Record, value: &'a [u8], catalog: &'static Catalog) -> Input<'a> {
    let arrival = time_of(record.arrival.0);
    Input { value, headers: &record.headers, arrival, depth: 0, catalog }
}

fn origin_of<'a>(input: &'a TopicPartition, record: &Record) -> Origin<'a> {
    Origin {
        topic: &input.topic,
        partition: u32::try_from(input.partition).unwrap_or_default(),
        offset: u64::try_from(record.offset.0).unwrap_or_default(),
    }
}

/// Times outside of what the wire can say are those of broken clocks; they stay at its ends.
fn time_of(millis: i64) -> Time {
    let clamped = millis.clamp(Time::MIN.millis(), Time::MAX.millis());
    Time::from_millis(clamped).unwrap_or(Time::MIN)
}

impl Processor for Processors {
    fn process(&mut self, record: &Record, context: &mut Context<'_>) {
        match record.value.as_deref() {
            Some(value) if is_edition(value) => return self.take_edition(record, value, context),
            Some(value) => return self.read(record, value, context),
            None => {}
        }
        let tally = Tally { read: 1, found: 1, filtered: 1, ..Tally::default() };
        self.enter(record, TOMBSTONE, tally, context);
    }

    fn flush(&mut self, context: &mut Context<'_>) {
        self.points.flush(context);
        self.ledger.flush();
    }

    fn report(&mut self, context: &mut Context<'_>) {
        self.ledger.report(&self.input, context);
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        let stores = self.seen.stores().into_iter().chain(self.points.stores());
        let stores = stores.chain(self.ledger.stores()).chain(self.rules.stores());
        stores.chain(self.told.stores()).collect()
    }
}

/// Where the events of a record went.
#[derive(Clone, Copy, Debug, Default)]
struct Went {
    events: u64,
    /// Their class goes nowhere.
    unrouted: u64,
    duplicates: u64,
    late: u64,
}

/// One record at work.
struct Round<'a, 'c> {
    future_ms: i64,
    arrival: Time,
    rules: Option<&'a Asked>,
    writer: &'a Writer,
    seen: &'a mut Seen,
    points: &'a mut Points,
    told: &'a mut Told,
    origin: Origin<'a>,
    context: &'a mut Context<'c>,
    went: Went,
    refused: Vec<(Refusal, Vec<u8>)>,
}

impl Round<'_, '_> {
    fn write(&mut self, event: &Envelope<Event>) {
        match self.writer.event(event, self.rules, self.context) {
            Ok(true) => self.went.events += 1,
            Ok(false) => self.went.unrouted += 1,
            Err(error) => {
                let raw = event.data.raw.as_ref().map_or("", |raw| raw.text());
                return self.refused(&Refusal::new(error.to_string()), raw.as_bytes());
            }
        }
        let (tenant, arrival_ms) = (&event.attributes.tenant, self.arrival.millis());
        let fresh = self.told.fresh(tenant, &event.data, arrival_ms, self.context);
        if !fresh.is_empty() {
            self.writer.relations(event, fresh, self.context);
        }
    }
}

impl Taker for Round<'_, '_> {
    fn event(&mut self, event: Envelope<Event>) {
        let attributes = &event.attributes;
        let ahead_ms = attributes.time.millis() - self.arrival.millis();
        if ahead_ms > self.future_ms {
            let refusal = Refusal::new(format!(
                "its time is {} s ahead of its arrival; mend its clock, or allow for it with future_ms",
                ahead_ms / 1000
            ));
            let raw = event.data.raw.as_ref().map_or("", |raw| raw.text());
            self.refused(&refusal, raw.as_bytes());
            return;
        }
        let verdict = self.seen.judge(
            attributes.source_class,
            attributes.time.millis(),
            attributes.id.0.as_u128(),
        );
        match verdict {
            Verdict::Fresh => self.write(&event),
            Verdict::Duplicate => self.went.duplicates += 1,
            Verdict::Unverified { watermark_ms, horizon_ms } => {
                self.went.late += 1;
                let until = (watermark_ms, horizon_ms);
                self.writer.late(&event, &self.origin, until, self.context);
            }
        }
    }

    fn sample(&mut self, series: &Series<'_>, time_ms: i64, sample: Sample) {
        self.points.take(series, (time_ms, self.arrival), sample, self.writer, self.context);
    }

    fn filtered(&mut self, _reason: &'static str) {}

    fn refused(&mut self, refusal: &Refusal, piece: &[u8]) {
        self.refused.push((refusal.clone(), piece.to_vec()));
    }
}
