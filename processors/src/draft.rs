//! Events and series as a format finds them, borrowed from the record, before they are given ids.

use std::borrow::Cow;

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::series::Temporality;
use schemas::source_class::SourceClass;
use serde_json::{Map, Value};

/// Names and values. Resource attributes are named as `OpenTelemetry` names them.
pub type Labels<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// An event as it was found.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// The feed: `aws.cloudtrail`, `github`. With the native id it tells the event from all others.
    pub source: Cow<'a, str>,
    /// The id its source gave it; without one it is known by its place in the topic.
    pub native_id: Option<Cow<'a, str>>,
    /// When it happened; without it, when it arrived.
    pub time_ms: Option<i64>,
    /// How its source behaves in time.
    pub class: SourceClass,
    /// Which of the eight kinds it is.
    pub kind: Kind,
    /// The OCSF class, such as 6003 for API activity; 0 where none fits.
    pub class_uid: u32,
    /// What was done, in the source's words.
    pub action: Cow<'a, str>,
    /// Whether it worked.
    pub outcome: Outcome,
    /// How serious the source says it is.
    pub severity: Severity,
    /// The account, subscription, project or organisation: tenants are found by it.
    pub account: Option<Cow<'a, str>>,
    /// What it is about, in words people know it by.
    pub subject: Option<Cow<'a, str>>,
    /// What it was done to.
    pub resource: Labels<'a>,
    /// Who did it.
    pub actor: Option<DraftActor<'a>>,
    /// Where from, and where to.
    pub network: DraftNetwork<'a>,
    /// Ids by which other records mention the same work.
    pub hints: DraftHints<'a>,
    /// Words for people.
    pub text: Option<Cow<'a, str>>,
    /// What only events of this kind have: `change_lines`, `status`, `action_items`.
    pub details: Map<String, Value>,
    /// The event's own JSON.
    pub raw: Option<Cow<'a, str>>,
}

impl<'a> Draft<'a> {
    /// An event of a feed, of which nothing more is known yet.
    pub fn new(source: impl Into<Cow<'a, str>>, class: SourceClass, kind: Kind) -> Self {
        Self {
            source: source.into(),
            native_id: None,
            time_ms: None,
            class,
            kind,
            class_uid: 0,
            action: Cow::Borrowed(""),
            outcome: Outcome::Unknown,
            severity: Severity::Unknown,
            account: None,
            subject: None,
            resource: Labels::new(),
            actor: None,
            network: DraftNetwork::default(),
            hints: DraftHints::default(),
            text: None,
            details: Map::new(),
            raw: None,
        }
    }

    /// Adds a resource attribute, where the source has it.
    pub fn attribute(&mut self, name: &'static str, value: Option<impl Into<Cow<'a, str>>>) {
        if let Some(value) = value.map(Into::into).filter(|value| !value.is_empty()) {
            self.resource.push((Cow::Borrowed(name), value));
        }
    }

    /// Adds a field that only events of this kind have, where the source has it.
    pub fn detail(&mut self, name: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.details.insert(name.to_owned(), value.into());
        }
    }
}

/// Who did it.
#[derive(Clone, Debug, Default)]
pub struct DraftActor<'a> {
    /// The name that tells it from others.
    pub id: Cow<'a, str>,
    /// What it is: `user`, `role`, `service`.
    pub kind: Option<Cow<'a, str>>,
    /// The name people know it by.
    pub name: Option<Cow<'a, str>>,
}

/// Where it came from, and where it went.
#[derive(Clone, Debug, Default)]
pub struct DraftNetwork<'a> {
    /// The address it came from.
    pub source_address: Option<Cow<'a, str>>,
    /// The port it came from.
    pub source_port: Option<u16>,
    /// The address it went to.
    pub destination_address: Option<Cow<'a, str>>,
    /// The port it went to.
    pub destination_port: Option<u16>,
    /// The program that sent it.
    pub user_agent: Option<Cow<'a, str>>,
}

/// Ids that a source hands on from one record to the next.
#[derive(Clone, Debug, Default)]
pub struct DraftHints<'a> {
    /// The trace.
    pub trace_id: Option<Cow<'a, str>>,
    /// The request.
    pub request_id: Option<Cow<'a, str>>,
    /// The session or credential.
    pub session_id: Option<Cow<'a, str>>,
    /// Commits, merge requests, deployments, tickets.
    pub change_ids: Vec<Cow<'a, str>>,
}

/// A series as it was found; its labels are in any order.
#[derive(Clone, Debug)]
pub struct DraftSeries<'a> {
    /// The feed: `aws.cloudwatch`, `otlp`, `prometheus`.
    pub source: &'static str,
    /// The account, subscription or project: tenants are found by it.
    pub account: Option<Cow<'a, str>>,
    /// What is measured.
    pub resource: &'a [(Cow<'a, str>, Cow<'a, str>)],
    /// The name of the metric, as its source names it.
    pub metric: Cow<'a, str>,
    /// The unit, in UCUM.
    pub unit: Option<Cow<'a, str>>,
    /// What a value means relative to the one before.
    pub temporality: Temporality,
    /// What tells it from other series of the metric on this resource.
    pub labels: &'a [(Cow<'a, str>, Cow<'a, str>)],
}

/// The statistics of one interval. Quantiles are not made up from them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StatisticSet {
    /// How many values there were.
    pub count: Option<f64>,
    /// Their sum.
    pub sum: Option<f64>,
    /// The least.
    pub min: Option<f64>,
    /// The greatest.
    pub max: Option<f64>,
}
