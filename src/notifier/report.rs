//! Every event of a notifier, as a log line, its metrics, and what probes hear.
//!
//! **Invariant:** a receiver that fails is told when that begins and when it is over, and now and then in
//! between. A receiver that is away never makes the process not ready: nothing here would mend it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::notifier::result::{Outcome, Report as Told, outcome_name};
use ::notifier::{BreakerState, Event, Observe};
use stream::{LogError, Observer, WorkerEvent};
use tracing::{debug, info, warn};

use super::metrics::NotifierMetrics;
use crate::health::Pulse;

/// What goes on is told again after this.
const REMINDER: Duration = Duration::from_secs(30);

/// Tells of one notifier.
#[derive(Debug)]
pub(super) struct Report {
    slot: String,
    metrics: NotifierMetrics,
    pulse: Arc<Pulse>,
    /// When something was last told, by what it was.
    told: BTreeMap<String, Instant>,
    is_log_away: bool,
}

impl Report {
    pub(super) fn new(slot: &str, metrics: NotifierMetrics, pulse: Arc<Pulse>) -> Self {
        let (slot, told) = (slot.to_owned(), BTreeMap::new());
        Self { slot, metrics, pulse, told, is_log_away: false }
    }

    /// True for the first time, and after a while again.
    fn is_due(&mut self, what: &str) -> bool {
        let now = Instant::now();
        let is_due = self.told.get(what).is_none_or(|told| now.duration_since(*told) >= REMINDER);
        if is_due {
            self.told.insert(what.to_owned(), now);
        }
        is_due
    }
}

impl Observe for Report {
    fn observe(&mut self, event: &Event<'_>) {
        match event {
            Event::Turned { is_ready } => self.turned(*is_ready),
            Event::Holds(partitions) => self.holds(*partitions),
            Event::Unreadable(input, offset, why) => {
                self.metrics.unreadable.inc();
                if self.is_due("unreadable") {
                    warn!(slot = self.slot, %input, offset = offset.0, why, "a record is no notification and is left out; others are counted");
                }
            }
            Event::Failed { receiver, why } => self.failed(receiver, why),
            Event::Breaker { receiver, state } => self.breaker(receiver, *state),
            Event::Told(told) => self.ended(told),
            Event::Resent { receiver, alerts, is_taken } => {
                self.metrics.resends.with_label_values(&[*receiver]).inc_by(*alerts as u64);
                debug!(slot = self.slot, receiver, alerts, is_taken, "alerts posted again");
            }
            Event::Queue { receiver, held, oldest_ms } => {
                let held = i64::try_from(*held).unwrap_or(i64::MAX);
                self.metrics.queue.with_label_values(&[*receiver]).set(held);
                self.metrics.oldest.with_label_values(&[*receiver]).set(oldest_ms / 1_000);
            }
            Event::Foreign(input) => {
                warn!(slot = self.slot, %input, "the metadata of the committed position is not ours; some may be told twice");
            }
            Event::Missed(input, offsets) => {
                self.metrics.missed.inc_by(*offsets);
                warn!(slot = self.slot, %input, offsets, "notifications were deleted before they were delivered; raise the topic's retention");
            }
            Event::LogAway(error) => self.log_away(error),
            Event::Hurried(input) => {
                warn!(slot = self.slot, %input, "what was on its way did not end in time; it may be told twice");
            }
        }
    }
}

impl Report {
    fn turned(&mut self, is_ready: bool) {
        if is_ready && std::mem::take(&mut self.is_log_away) {
            info!(slot = self.slot, "results and positions are written again");
            self.pulse.blocked(None);
        }
        self.pulse.stepped(true);
    }

    fn holds(&self, partitions: usize) {
        (&*self.pulse).observe(&WorkerEvent::Assigned(&[]));
        info!(slot = self.slot, partitions, "partitions assigned");
        self.metrics.partitions_held.set(i64::try_from(partitions).unwrap_or(i64::MAX));
    }

    fn failed(&mut self, receiver: &str, why: &str) {
        self.metrics.retries.with_label_values(&[receiver]).inc();
        if self.is_due(receiver) {
            warn!(slot = self.slot, receiver, why, "a receiver was not told; trying again");
        } else {
            debug!(slot = self.slot, receiver, why, "a receiver was not told");
        }
    }

    fn breaker(&mut self, receiver: &str, state: BreakerState) {
        let slot = &self.slot;
        let number = match state {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        };
        let before = self.metrics.breaker.with_label_values(&[receiver]);
        match state {
            BreakerState::Open if before.get() == 0 => {
                warn!(
                    slot,
                    receiver,
                    "a receiver fails again and again; it rests, and is tried now and then"
                );
            }
            BreakerState::Closed => info!(slot, receiver, "a receiver takes notifications again"),
            BreakerState::Open | BreakerState::HalfOpen => {
                debug!(slot, receiver, ?state, "a receiver is tried");
            }
        }
        before.set(number);
        self.told.remove(receiver);
    }

    fn ended(&mut self, told: &Told) {
        let of = &told.delivery;
        let (slot, receiver, name) = (&self.slot, &*of.receiver, outcome_name(of.outcome));
        self.metrics.told.with_label_values(&[receiver, name]).inc();
        let (key, attempts) = (of.key, of.attempts);
        let error = of.error.as_deref().unwrap_or_default();
        if of.outcome == Outcome::Delivered {
            let seconds = Duration::from_millis(of.latency_ms).as_secs_f64();
            self.metrics.latency.with_label_values(&[receiver]).observe(seconds);
            debug!(slot, receiver, %key, attempts, "delivered");
        } else if self.is_due(&format!("{receiver} {name}")) {
            warn!(slot = self.slot, receiver, %key, attempts, error, outcome = name, "a notification was not delivered; others are counted");
        }
    }

    fn log_away(&mut self, error: &LogError) {
        self.is_log_away = true;
        self.metrics.log_failures.inc();
        self.pulse.blocked(Some(format!("cannot reach the log: {error}")));
        if self.is_due("log") {
            warn!(slot = self.slot, %error, "the log cannot be reached; trying again");
        }
    }
}
