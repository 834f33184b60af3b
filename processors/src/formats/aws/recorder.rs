//! For tests: a sink that writes down what it is given, a line a piece.

use std::borrow::Cow;

use schemas::metric::PointKind;
use schemas::time::Time;

use crate::draft::{Draft, DraftSeries, StatisticSet};
use crate::formats::Format;
use crate::input::Input;
use crate::sink::{Refusal, Sink};

/// What was given, as text.
#[derive(Default)]
pub(in crate::formats) struct Recorder(pub(in crate::formats) String);

type Pairs<'a, 'b> = &'a [(Cow<'b, str>, Cow<'b, str>)];

fn pairs(labels: Pairs<'_, '_>) -> String {
    let pairs: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(" ")
}

fn shown(text: Option<&Cow<'_, str>>) -> String {
    text.map_or_else(|| "-".to_owned(), ToString::to_string)
}

impl Recorder {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
}

impl Sink for Recorder {
    fn event(&mut self, event: &Draft<'_>) {
        let Draft { source, class, kind, class_uid, action, outcome, severity, .. } = event;
        let (id, subject) = (shown(event.native_id.as_ref()), shown(event.subject.as_ref()));
        let time = event.time_ms.unwrap_or(-1);
        self.line(&format!(
            "event {source} {id} {time} {class}/{kind}/{class_uid} `{action}` {outcome:?} \
             {severity:?} account {} subject {subject}",
            shown(event.account.as_ref()),
        ));
        self.line(&format!("  resource {}", pairs(&event.resource)));
        if let Some(actor) = &event.actor {
            let (kind, name) = (shown(actor.kind.as_ref()), shown(actor.name.as_ref()));
            self.line(&format!("  actor {} {kind} {name}", actor.id));
        }
        let network = &event.network;
        let from = network.source_address.as_ref();
        if from.or(network.user_agent.as_ref()).is_some() {
            let to = shown(network.destination_address.as_ref());
            let ports = (network.source_port, network.destination_port);
            let agent = shown(network.user_agent.as_ref());
            self.line(&format!("  network {} -> {to} {ports:?} {agent}", shown(from)));
        }
        let hints = &event.hints;
        let ids = [&hints.trace_id, &hints.request_id, &hints.session_id];
        let ids = ids.map(|id| shown(id.as_ref())).join(" ");
        self.line(&format!("  hints {ids} {:?}", hints.change_ids));
        if let Some(text) = &event.text {
            self.line(&format!("  text {text}"));
        }
        if !event.details.is_empty() {
            self.line(&format!("  details {}", serde_json::to_string(&event.details).unwrap()));
        }
        if let Some(raw) = &event.raw {
            assert!(serde_json::from_str::<serde_json::Value>(raw).is_ok(), "{raw}");
        }
    }

    fn point(&mut self, series: &DraftSeries<'_>, time_ms: i64, value: f64, kind: PointKind) {
        let (resource, labels) = (pairs(series.resource), pairs(series.labels));
        self.line(&format!(
            "point {} [{labels}] {value} {kind:?} at {time_ms} of {resource}",
            series.metric
        ));
    }

    fn set(&mut self, series: &DraftSeries<'_>, time_ms: i64, set: &StatisticSet) {
        let (resource, labels) = (pairs(series.resource), pairs(series.labels));
        let StatisticSet { count, sum, min, max } = set;
        self.line(&format!(
            "set {} {} {:?} {} [{labels}] {count:?} {sum:?} {min:?} {max:?} at {time_ms} of \
             {resource}",
            series.source,
            series.metric,
            series.temporality,
            shown(series.unit.as_ref()),
        ));
    }

    fn filtered(&mut self, reason: &'static str) {
        self.line(&format!("filtered {reason}"));
    }

    fn refused(&mut self, _: Refusal, piece: &[u8]) {
        self.line(&format!("refused {}", String::from_utf8_lossy(piece)));
    }
}

/// What a format makes of a value.
pub(in crate::formats) fn recorded(format: &Format, value: &[u8]) -> String {
    let input = Input::new(value, Time::from_millis(1_767_268_800_000).unwrap());
    let mut recorder = Recorder::default();
    match (format.read)(&input, &mut recorder) {
        Ok(()) => recorder.0,
        Err(refusal) => format!("{}refusal {refusal}\n", recorder.0),
    }
}
