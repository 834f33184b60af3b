//! Every event of a worker, as one log line and its metrics.
//!
//! **Invariant:** nothing else logs or measures what workers do, so what an operator reads in the
//! log is what a dashboard shows.

mod outage;
mod spans;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry_sdk::trace::SdkTracer;
use stream::{
    CompletedImage, Counts, LogError, Observer, Offset, Restored, TopicPartition, Verdict,
    WorkerEvent,
};
use tracing::{debug, info, warn};

use crate::metrics::WorkerMetrics;

pub(crate) use outage::Outage;
use outage::Tell;

/// Turns the events of one worker into log lines, metrics and spans.
#[derive(Debug)]
pub(crate) struct Reporter {
    service: Arc<str>,
    slot: String,
    metrics: WorkerMetrics,
    tracer: Option<SdkTracer>,
    /// Shared by all workers of the process.
    outage: Arc<Outage>,
    away: bool,
    owned: BTreeSet<TopicPartition>,
    /// How much each restored task has to replay.
    replays: BTreeMap<TopicPartition, u64>,
}

impl Reporter {
    /// Reports for the worker in this slot.
    pub(crate) fn new(
        (service, slot): (&Arc<str>, &str),
        metrics: WorkerMetrics,
        tracer: Option<SdkTracer>,
        outage: Arc<Outage>,
    ) -> Self {
        let (service, slot) = (Arc::clone(service), slot.to_owned());
        let (owned, replays) = (BTreeSet::new(), BTreeMap::new());
        Self { service, slot, metrics, tracer, outage, away: false, owned, replays }
    }
}

/// A log line with the labels that all lines of a worker have.
macro_rules! tell {
    ($level:ident, $reporter:expr, $($field:tt)*) => {
        $level!(service = %$reporter.service, slot = %$reporter.slot, $($field)*)
    };
}

impl Observer for Reporter {
    fn observe(&mut self, event: &WorkerEvent<'_>) {
        match event {
            WorkerEvent::Assigned(inputs) => self.assigned(inputs),
            WorkerEvent::Released(inputs) => self.released(inputs),
            WorkerEvent::Lost(inputs) => self.lost(inputs),
            WorkerEvent::Restored { input, restored, replay_from, replay_to, took_us } => {
                self.restored(input, *restored, (*replay_from, *replay_to), *took_us);
            }
            WorkerEvent::Replayed { input, at } => self.replayed(input, at.resume_at),
            WorkerEvent::Committed { records, outputs, image_bytes, age_us, took_us, counts } => {
                let sizes =
                    Sizes { records: *records, outputs: *outputs, image_bytes: *image_bytes };
                self.committed(sizes, *age_us, *took_us, counts);
            }
            WorkerEvent::Unclear(error) => self.unclear(error),
            WorkerEvent::Resolved { input, verdict } => self.resolved(input, *verdict),
            WorkerEvent::Yielded(error) => self.yielded(error),
            WorkerEvent::Waiting(error) => self.waiting(error),
            WorkerEvent::Reached => self.reached(),
            WorkerEvent::Imaged { input, image } => self.imaged(input, image),
        }
    }
}

/// What a batch held.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    records: u64,
    outputs: usize,
    image_bytes: usize,
}

impl Reporter {
    fn assigned(&mut self, inputs: &[TopicPartition]) {
        if inputs.is_empty() {
            tell!(debug, self, "nothing assigned");
        } else {
            tell!(info, self, partitions = list(inputs), "partitions assigned");
        }
        self.owned.extend(inputs.iter().cloned());
        self.count_owned();
    }

    fn released(&mut self, inputs: &[TopicPartition]) {
        tell!(info, self, partitions = list(inputs), "partitions released");
        self.owned.retain(|owned| !inputs.contains(owned));
        self.count_owned();
    }

    fn lost(&mut self, inputs: &[TopicPartition]) {
        tell!(info, self, partitions = list(inputs), "partitions lost; what was open is undone");
        self.owned.retain(|owned| !inputs.contains(owned));
        self.count_owned();
        self.metrics.lost_partitions.inc_by(inputs.len() as u64);
    }

    fn count_owned(&self) {
        let owned = i64::try_from(self.owned.len()).unwrap_or(i64::MAX);
        self.metrics.assigned_partitions.set(owned);
    }

    fn restored(
        &mut self,
        input: &TopicPartition,
        restored: Restored,
        (from, to): (Offset, Offset),
        took_us: i64,
    ) {
        let Restored { image_bytes, entries } = restored;
        let (took, replay) = (micros(took_us), u64::try_from(to.0 - from.0).unwrap_or(0));
        tell!(info, self, task = %input, image_bytes, entries, replay, ?took, "task restored");
        self.metrics.restore_bytes.of(input).inc_by(image_bytes as u64);
        self.metrics.restore_entries.of(input).inc_by(entries as u64);
        self.metrics.restore_seconds.observe(took.as_secs_f64());
        self.replays.insert(input.clone(), replay);
        if let Some(tracer) = &self.tracer {
            spans::restore(tracer, &self.service, &self.slot, input, took);
        }
    }

    fn replayed(&mut self, input: &TopicPartition, at: Offset) {
        let records = self.replays.remove(input).unwrap_or(0);
        tell!(info, self, task = %input, records, at = at.0, "task replayed");
        self.metrics.replayed_records.of(input).inc_by(records);
    }

    fn committed(&mut self, sizes: Sizes, age_us: i64, took_us: i64, counts: &Counts) {
        let Sizes { records, outputs, image_bytes } = sizes;
        let (age, took) = (micros(age_us), micros(took_us));
        tell!(debug, self, records, outputs, image_bytes, ?age, ?took, ?counts, "batch committed");
        self.metrics.commits.inc();
        self.metrics.records.inc_by(records);
        self.metrics.outputs.inc_by(outputs as u64);
        self.metrics.image_bytes.inc_by(image_bytes as u64);
        self.metrics.batch_age_seconds.observe(age.as_secs_f64());
        self.metrics.commit_seconds.observe(took.as_secs_f64());
        for (counted, amount) in counts {
            self.metrics.counted(counted).inc_by(*amount);
        }
        if let Some(tracer) = &self.tracer {
            spans::batch(tracer, &self.service, &self.slot, sizes, (age, took));
        }
        self.back();
    }

    fn unclear(&mut self, error: &LogError) {
        self.metrics.unclear.inc();
        self.away("the outcome of a batch is unclear; finding out", error);
    }

    fn resolved(&mut self, input: &TopicPartition, verdict: Verdict) {
        let verdict = match verdict {
            Verdict::Landed => "landed",
            Verdict::Undone => "undone",
            Verdict::Foreign => "foreign",
        };
        tell!(debug, self, task = %input, verdict, "unclear batch resolved");
        self.metrics.resolved(verdict).inc();
        self.back();
    }

    fn yielded(&mut self, error: &LogError) {
        tell!(warn, self, %error, "the group went on without this worker; it joins again");
        self.metrics.yields.inc();
        self.owned.clear();
        self.count_owned();
    }

    fn waiting(&mut self, error: &LogError) {
        self.metrics.waiting.set(1);
        self.away("the log cannot be reached; trying again", error);
    }

    fn reached(&mut self) {
        self.metrics.waiting.set(0);
        self.back();
    }

    fn imaged(&self, input: &TopicPartition, image: &CompletedImage) {
        tell!(debug, self, task = %input, bytes = image.bytes, "image complete");
        self.metrics.images.of(input).inc();
    }

    /// Says what keeps the worker from going on: once for all workers, and now and then again.
    fn away(&mut self, what: &'static str, error: &LogError) {
        self.away = true;
        match self.outage.away(&self.worker(), error.to_string(), Instant::now()) {
            Tell::Begin => tell!(warn, self, %error, "{what}"),
            Tell::Remind(away) => tell!(warn, self, %error, ?away, "{what}"),
            Tell::Nothing => tell!(debug, self, %error, "{what}"),
        }
    }

    /// That it lasts is told by whoever watches the outage.
    fn back(&mut self) {
        if std::mem::take(&mut self.away) {
            tell!(debug, self, "the log was reached");
            self.outage.reached(&self.worker(), Instant::now());
        }
    }

    fn worker(&self) -> String {
        format!("{}/{}", self.service, self.slot)
    }
}

fn micros(us: i64) -> Duration {
    Duration::from_micros(u64::try_from(us).unwrap_or(0))
}

/// `topic/0,1,2 other/4`
fn list(inputs: &[TopicPartition]) -> String {
    let mut by_topic: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for input in inputs {
        by_topic.entry(&input.topic).or_default().push(input.partition.to_string());
    }
    let topics = by_topic.iter().map(|(topic, numbers)| format!("{topic}/{}", numbers.join(",")));
    topics.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_listed_by_topic() {
        let inputs = [("a", 0), ("b", 2), ("a", 1)].map(|(t, p)| TopicPartition::new(t, p));
        assert_eq!(list(&inputs), "a/0,1 b/2");
    }
}
