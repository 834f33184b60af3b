//! What is told of a delivery, as a signal.
//!
//! **Invariant:** its id is a hash of the notification's key and the outcome, so one that is written again
//! is known as the same.

use schemas::delivery::{DELIVERY_RULE, Delivery};
use schemas::envelope::{Attributes, Envelope, Extra};
use schemas::event::{Outcome as Success, Severity};
use schemas::id::{EventId, RecordId};
use schemas::kind::Kind;
use schemas::notification::Notification;
use schemas::resource::Hints;
use schemas::signal::{Signal, SignalKind};
use schemas::source_class::SourceClass;
use schemas::time::Time;

pub use schemas::delivery::DeliveryOutcome as Outcome;

use crate::queue::Job;

const SOURCE: &str = "isobar.notifier";

/// What is told of one notification.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What came of it, and how.
    pub delivery: Delivery,
    /// Whose it is.
    pub tenant: String,
    /// When it came of it.
    pub at_ms: i64,
}

impl Report {
    pub(crate) fn of(job: &Job, outcome: Outcome, at_ms: i64) -> Self {
        let error = job.last_error.clone().filter(|_| outcome != Outcome::Delivered);
        let attempts = job.attempts;
        Self::about(&job.told, job.arrival_ms, (outcome, attempts, error), at_ms)
    }

    pub(crate) fn about(
        told: &Envelope<Notification>,
        arrival_ms: i64,
        (outcome, attempts, error): (Outcome, u32, Option<String>),
        at_ms: i64,
    ) -> Self {
        let data = &told.data;
        let is_about = |rule: &str| rule == DELIVERY_RULE;
        let delivery = Delivery {
            key: data.delivery_key,
            receiver: data.receiver.clone(),
            channel: data.channel,
            outcome,
            attempts,
            latency_ms: u64::try_from(at_ms - arrival_ms).unwrap_or(0),
            error,
            alerts: data.alerts.clone(),
            about_deliveries: !data.members.is_empty()
                && data.members.iter().all(|member| is_about(&member.rule)),
            extra: Extra::new(),
        };
        Self { delivery, tenant: told.attributes.tenant.clone(), at_ms }
    }

    /// The signal.
    #[must_use]
    pub fn signal(&self) -> Envelope<Signal> {
        let (key, name) = (self.delivery.key.to_string(), outcome_name(self.delivery.outcome));
        let at = Time::from_millis(self.at_ms.clamp(0, Time::MAX.millis())).unwrap_or(Time::MIN);
        let attributes = Attributes {
            id: RecordId::of("isobar.delivery", &[&key, name]),
            source: SOURCE.to_owned(),
            subject: Some(self.delivery.receiver.clone()),
            time: at,
            arrival_time: at,
            tenant: self.tenant.clone(),
            source_class: SourceClass::Finding,
            traceparent: None,
        };
        Envelope::new(attributes, self.data(&key, name))
    }

    fn data(&self, key: &str, name: &str) -> Signal {
        let is_well = self.delivery.outcome == Outcome::Delivered;
        let (receiver, error) = (&self.delivery.receiver, self.delivery.error.as_deref());
        Signal {
            kind: SignalKind::Delivery,
            event: EventId::of(SOURCE, &format!("{key} {name}")),
            event_kind: Kind::Alerts,
            action: name.to_owned(),
            outcome: if is_well { Success::Success } else { Success::Failure },
            severity: if is_well { Severity::Informational } else { Severity::High },
            title: match self.delivery.outcome {
                Outcome::Delivered => format!("{receiver} was told"),
                Outcome::Delayed => format!("{receiver} cannot be told yet"),
                Outcome::GivenUp => format!("{receiver} could not be told"),
                Outcome::Refused => format!("{receiver} does not take a notification"),
            },
            resource: None,
            actor: None,
            hints: Hints::default(),
            entities: Vec::new(),
            rules: Vec::new(),
            relations: Vec::new(),
            text: error.map(str::to_owned),
            command: None,
            delivery: Some(self.delivery.clone()),
            extra: Extra::new(),
        }
    }
}

/// The outcome in a word, for ids and metrics.
#[must_use]
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Delayed => "delayed",
        Outcome::GivenUp => "given_up",
        Outcome::Refused => "refused",
    }
}
