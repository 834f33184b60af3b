//! Every event of a sink, as a log line, its metrics, and what probes hear.
//!
//! **Invariant:** a failure is told when it begins and when it is over, and now and then in between; a
//! record that cannot be read is told with its place, but no more than a few lines a minute.

use std::sync::Arc;
use std::time::{Duration, Instant};

use analytics_postgres::SinkError;
use analytics_postgres::partitions::{Maintained, SIZES};
use analytics_postgres::reader::Gap;
use analytics_postgres::sink::{Event, Observe};
use analytics_postgres::store;
use stream::{LogError, Observer, TopicPartition, WorkerEvent};
use tracing::{debug, info, warn};

use super::metrics::SinkMetrics;
use crate::health::Pulse;

/// What goes on is told again after this.
const REMINDER: Duration = Duration::from_secs(30);

/// Tells of one sink.
#[derive(Debug)]
pub(super) struct Report {
    slot: String,
    metrics: SinkMetrics,
    pulse: Arc<Pulse>,
    /// The database, without its password.
    place: String,
    failing: Told,
    unreadable: Told,
    log_away: Told,
}

/// When something was last told.
#[derive(Debug, Default)]
struct Told(Option<Instant>);

impl Told {
    /// True for the first time, and after a while again.
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = self.0.is_none_or(|told| now.duration_since(told) >= REMINDER);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

impl Report {
    pub(super) fn new(slot: &str, metrics: SinkMetrics, pulse: Arc<Pulse>, place: String) -> Self {
        pulse.blocked(Some("has not read its positions yet".to_owned()));
        let (failing, unreadable, log_away) = (Told::default(), Told::default(), Told::default());
        Self { slot: slot.to_owned(), metrics, pulse, place, failing, unreadable, log_away }
    }
}

impl Observe for Report {
    fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::Turned { is_ready } => self.turned(*is_ready),
            Event::Holds(partitions) => self.holds(*partitions),
            Event::Skipped(input) => self.metrics.skipped.with_label_values(&[&*input.topic]).inc(),
            Event::Unreadable(input, offset, why) => self.unreadable(input, *offset, why),
            Event::Stored(report, took) => self.stored(report, *took),
            Event::Foreign => self.foreign(),
            Event::Failed(error, again_in) => self.failed(error, *again_in),
            Event::Well(away) => self.well(*away),
            Event::Missed(gap) => self.missed(gap),
            Event::Maintained(maintained) => self.maintained(maintained),
            Event::NotMaintained(error) => {
                warn!(slot = self.slot, %error, "partitions could not be looked after; trying again in 10 minutes");
            }
            Event::Lag { records, behind_ms } => {
                self.metrics.lag_records.set(*records);
                self.metrics.lag_seconds.set(behind_ms / 1000);
            }
            Event::LogAway(error) => self.log_away(error),
        }
    }
}

impl Report {
    fn turned(&mut self, is_ready: bool) {
        if is_ready && self.failing.0.is_none() {
            self.pulse.blocked(None);
        }
        self.pulse.stepped(true);
    }

    fn holds(&mut self, partitions: usize) {
        (&*self.pulse).observe(&WorkerEvent::Assigned(&[]));
        info!(slot = self.slot, partitions, "partitions assigned");
        self.metrics.partitions_held.set(i64::try_from(partitions).unwrap_or(i64::MAX));
    }

    fn unreadable(&mut self, input: &TopicPartition, offset: i64, why: &str) {
        self.metrics.unreadable.with_label_values(&[&*input.topic]).inc();
        if self.unreadable.is_due() {
            warn!(slot = self.slot, %input, offset, why, "a record cannot be read and is left out; others are counted");
        }
    }

    fn stored(&mut self, report: &store::Report, took: Duration) {
        let (metrics, records) = (&self.metrics, report.records);
        debug!(slot = self.slot, records, ?took, "batch stored");
        metrics.batches.inc();
        metrics.records.inc_by(records as u64);
        metrics.batch_seconds.observe(took.as_secs_f64());
        for (table, rows) in &report.rows {
            metrics.rows.with_label_values(&[*table]).inc_by(*rows);
        }
        for (table, rows) in &report.outside {
            metrics.outside.with_label_values(&[*table]).inc_by(*rows);
        }
    }

    fn foreign(&mut self) {
        self.metrics.foreign.inc();
        warn!(slot = self.slot, "another sink has stored these records; going on behind them");
    }

    fn failed(&mut self, error: &SinkError, again_in: Duration) {
        let (slot, place) = (&self.slot, &self.place);
        self.metrics.retries.inc();
        self.metrics.away.set(1);
        self.pulse.blocked(Some(format!("cannot write to Postgres: {error}")));
        if self.failing.is_due() {
            warn!(slot, %error, place, ?again_in, "Postgres failed; nothing is lost, trying again");
        } else {
            debug!(slot, %error, place, ?again_in, "Postgres failed again");
        }
    }

    fn well(&mut self, away: Duration) {
        self.metrics.away.set(0);
        self.failing = Told::default();
        self.pulse.blocked(None);
        info!(slot = self.slot, ?away, place = self.place, "Postgres takes rows again");
    }

    fn missed(&mut self, gap: &Gap) {
        let Gap { input, stored, start } = gap;
        let missed = u64::try_from(start.0 - stored.0).unwrap_or(0);
        self.metrics.missed.with_label_values(&[&*input.topic]).inc_by(missed);
        warn!(
            slot = self.slot, %input, from = stored.0, to = start.0, offsets = missed,
            "records were deleted from the topic before they were stored; raise its retention"
        );
    }

    fn maintained(&mut self, maintained: &Maintained) {
        let Maintained { created, dropped, moved, deleted, .. } = maintained;
        for (size, rows) in SIZES.iter().zip(maintained.in_default) {
            self.metrics.in_default.with_label_values(&[size.table]).set(rows);
        }
        if created + dropped > 0 || moved + deleted > 0 {
            info!(slot = self.slot, created, dropped, moved, deleted, "partitions looked after");
        }
    }

    fn log_away(&mut self, error: &LogError) {
        if self.log_away.is_due() {
            warn!(slot = self.slot, %error, "the log cannot be reached; trying again");
        }
    }
}
