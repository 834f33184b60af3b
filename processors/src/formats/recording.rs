//! A sink for tests that writes down what it is given, a line each.

use schemas::metric::PointKind;

use crate::draft::{Draft, DraftSeries, Labels, StatisticSet};
use crate::sink::{Refusal, Sink};
use crate::{Format, Input};

/// What was given.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    /// A line each.
    pub(crate) lines: Vec<String>,
}

/// What a format makes of a value that arrived at 1 s, as lines.
pub(crate) fn lines(format: &Format, value: &[u8]) -> String {
    let mut sink = Recording::default();
    let arrival = schemas::time::Time::from_millis(1_000).unwrap();
    if let Err(refusal) = (format.read)(&Input::new(value, arrival), &mut sink) {
        sink.lines.push(format!("whole value refused: {refusal} @{:?}", refusal.position));
    }
    sink.lines.into_iter().map(|line| line + "\n").collect()
}

fn joined(labels: &[(std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)]) -> String {
    let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    labels.join(",")
}

fn series(series: &DraftSeries<'_>) -> String {
    let DraftSeries { source, account, resource, metric, unit, temporality, labels } = series;
    let (account, unit) = (account.as_deref().unwrap_or("-"), unit.as_deref().unwrap_or("-"));
    let (resource, labels) = (joined(resource), joined(labels));
    format!("{source} {account} [{resource}] {metric} {unit} {temporality:?} {{{labels}}}")
}

impl Sink for Recording {
    fn event(&mut self, event: &Draft<'_>) {
        let Draft { source, native_id, time_ms, action, outcome, severity, subject, .. } = event;
        let resource: &Labels<'_> = &event.resource;
        self.lines.push(format!(
            "{source} {native_id:?} {time_ms:?} {action} {outcome:?} {severity:?} {subject:?} [{}] \
             {:?} {} {:?}",
            joined(resource),
            event.text,
            serde_json::Value::Object(event.details.clone()),
            event.hints.trace_id,
        ));
    }

    fn point(&mut self, of: &DraftSeries<'_>, time_ms: i64, value: f64, kind: PointKind) {
        self.lines.push(format!("{} {time_ms} {value} {kind:?}", series(of)));
    }

    fn set(&mut self, of: &DraftSeries<'_>, time_ms: i64, set: &StatisticSet) {
        let StatisticSet { count, sum, min, max } = set;
        self.lines.push(format!("{} {time_ms} {count:?} {sum:?} {min:?} {max:?}", series(of)));
    }

    fn filtered(&mut self, reason: &'static str) {
        self.lines.push(format!("filtered: {reason}"));
    }

    fn refused(&mut self, refusal: Refusal, piece: &[u8]) {
        let piece = String::from_utf8_lossy(piece);
        self.lines.push(format!("refused: {refusal} @{:?}: {piece}", refusal.position));
    }
}
