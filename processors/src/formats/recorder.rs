//! A sink for tests that writes down what it is given, in a compact form.

use std::fmt::Write;

use schemas::metric::PointKind;
use schemas::time::Time;

use crate::draft::{Draft, DraftSeries, Labels, StatisticSet};
use crate::input::Input;
use crate::sink::{Refusal, Sink};

/// What was written down.
#[derive(Debug, Default)]
pub(crate) struct Recorder(pub(crate) String);

impl Recorder {
    /// What reading a value gives, and whether it was read.
    pub(crate) fn record(
        value: &str,
        read: impl FnOnce(&Input<'_>, &mut dyn Sink) -> Result<(), Refusal>,
    ) -> (String, bool) {
        let arrival = Time::from_millis(1_767_268_800_000).unwrap();
        let mut recorder = Self::default();
        let read = read(&Input::new(value.as_bytes(), arrival), &mut recorder);
        (recorder.0, read.is_ok())
    }

    fn line(&mut self, name: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            writeln!(self.0, "  {name}: {value}").unwrap();
        }
    }
}

fn listed(labels: &[(std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)]) -> String {
    labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

impl Sink for Recorder {
    fn event(&mut self, event: &Draft<'_>) {
        let (kind, class) = (event.kind.as_str(), format!("{:?}", event.class).to_lowercase());
        let uid = event.class_uid;
        writeln!(self.0, "event {} {kind}/{class} {uid} `{}`", event.source, event.action).unwrap();
        self.line("is", Some(format!("{:?} {:?}", event.outcome, event.severity)));
        self.line("id", event.native_id.as_deref());
        self.line("time", event.time_ms.map(|time| Time::from_millis(time).unwrap()));
        self.line("account", event.account.as_deref());
        self.line("subject", event.subject.as_deref());
        let given = |labels: &Labels<'_>| (!labels.is_empty()).then(|| listed(labels));
        self.line("resource", given(&event.resource));
        let actor = event.actor.as_ref();
        self.line("actor", actor.map(|by| format!("{} {:?} {:?}", by.id, by.kind, by.name)));
        let from = &event.network;
        let port = from.source_port.map(|port| format!(" port {port}")).unwrap_or_default();
        self.line("from", from.source_address.as_ref().map(|at| format!("{at}{port}")));
        self.line("agent", from.user_agent.as_deref());
        self.line("trace", event.hints.trace_id.as_deref());
        self.line("request", event.hints.request_id.as_deref());
        self.line("session", event.hints.session_id.as_deref());
        let changes = &event.hints.change_ids;
        self.line("changes", (!changes.is_empty()).then(|| changes.join(", ")));
        self.line("text", event.text.as_deref());
        let details = serde_json::to_string(&event.details).unwrap();
        self.line("details", (!event.details.is_empty()).then_some(details));
        self.line("raw bytes", event.raw.as_ref().map(|raw| raw.len()));
    }

    fn point(&mut self, series: &DraftSeries<'_>, time_ms: i64, value: f64, kind: PointKind) {
        let (labels, metric) = (listed(series.labels), &series.metric);
        writeln!(self.0, "point {metric}{{{labels}}} {value} {kind:?} at {time_ms}").unwrap();
    }

    fn set(&mut self, series: &DraftSeries<'_>, time_ms: i64, set: &StatisticSet) {
        let (labels, metric) = (listed(series.labels), &series.metric);
        writeln!(self.0, "set {}/{metric}{{{labels}}} at {time_ms}", series.source).unwrap();
        self.line("account", series.account.as_deref());
        self.line("resource", Some(listed(series.resource)));
        self.line("unit", series.unit.as_deref());
        let StatisticSet { count, sum, min, max } = set;
        self.line("is", Some(format!("count {count:?} sum {sum:?} min {min:?} max {max:?}")));
    }

    fn filtered(&mut self, reason: &'static str) {
        writeln!(self.0, "filtered: {reason}").unwrap();
    }

    fn refused(&mut self, refusal: Refusal, piece: &[u8]) {
        let begin = String::from_utf8_lossy(piece.get(..40).unwrap_or(piece)).into_owned();
        writeln!(self.0, "refused `{begin}`: {refusal}").unwrap();
    }
}
