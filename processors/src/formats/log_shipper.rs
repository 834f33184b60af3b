//! Envelopes of log shippers: Fluent Bit, Vector and Logstash. The line itself is a text in `log` or
//! `message`.
//!
//! A line that is itself a value of a known format is handed on to it; any other is an event of
//! class `log`. Fluent Bit writes `@timestamp` as a number of seconds, others as a text.

use std::borrow::Cow;

use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::otlp::logs::severity_of_name;
use super::{Format, Look};
use crate::draft::Draft;
use crate::input::Input;
use crate::json::{Text, parse};
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "log_shipper", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    let marks = ["@timestamp", "kubernetes", "stream", "date", "source_type", "timestamp", "file"];
    (look.has("log") || look.has("message")) && marks.iter().any(|mark| look.has(mark))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    log: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow, rename = "@timestamp")]
    at: Option<&'a RawValue>,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
    #[serde(borrow)]
    date: Option<&'a RawValue>,
    #[serde(borrow)]
    host: Option<&'a RawValue>,
    #[serde(borrow)]
    hostname: Option<&'a RawValue>,
    #[serde(borrow)]
    level: Option<&'a RawValue>,
    #[serde(borrow)]
    severity: Option<&'a RawValue>,
    #[serde(borrow)]
    file: Option<&'a RawValue>,
    #[serde(borrow)]
    kubernetes: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Pod<'a> {
    #[serde(borrow, alias = "pod_namespace")]
    namespace_name: Option<Text<'a>>,
    #[serde(borrow)]
    pod_name: Option<Text<'a>>,
    #[serde(borrow)]
    container_name: Option<Text<'a>>,
    #[serde(borrow, alias = "pod_node_name")]
    host: Option<Text<'a>>,
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let envelope: Envelope<'_> = parse(input.value)?;
    let Some(payload) = envelope.log.or(envelope.message) else {
        return Err(Refusal::new("a log shipper's envelope without `log` and `message`"));
    };
    // Some shippers parse the line, so that it is an object and no text.
    let line = text(Some(payload)).unwrap_or(Cow::Borrowed(payload.get()));
    let inner = input.inner(line.trim().as_bytes());
    if is_known(&inner) {
        return super::read(&inner, sink).map(drop);
    }
    sink.event(&draft(input, &envelope, &line));
    Ok(())
}

/// Whether a line is a value of a known format: JSON or syslog, which ordinary lines do not look
/// like by chance.
fn is_known(inner: &Input<'_>) -> bool {
    let begins = matches!(inner.value.first(), Some(b'{' | b'[' | b'<'));
    let look = begins.then(|| Look::at(inner));
    look.is_some_and(|look| inner.catalog.find(&look).is_some())
}

/// A text, or a number as it stands.
fn text(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let raw = raw?.get();
    match raw.bytes().next() {
        Some(b'"') => serde_json::from_str::<Text<'_>>(raw).ok().map(|Text(text)| text),
        Some(b'0'..=b'9' | b'-') => Some(Cow::Borrowed(raw)),
        _ => None,
    }
}

fn draft<'a>(input: &Input<'a>, envelope: &Envelope<'a>, line: &str) -> Draft<'a> {
    let mut draft = Draft::new("log", SourceClass::Log, Kind::Metrics);
    draft.action = Cow::Borrowed("log");
    let times = [envelope.at, envelope.timestamp, envelope.date];
    draft.time_ms = times.into_iter().find_map(|raw| time_of(&text(raw)?));
    let level = text(envelope.level).or(text(envelope.severity));
    draft.severity = severity_of_name(level.as_deref().unwrap_or_default());
    let pod = envelope.kubernetes.and_then(|raw| serde_json::from_str::<Pod<'_>>(raw.get()).ok());
    let pod = pod.unwrap_or_default();
    let plain = |text: Option<Text<'a>>| text.map(|Text(text)| text);
    let host = text(envelope.host).or(text(envelope.hostname)).or(plain(pod.host));
    draft.subject = plain(pod.pod_name.clone()).or(host.clone());
    draft.attribute("k8s.namespace.name", plain(pod.namespace_name));
    draft.attribute("k8s.pod.name", plain(pod.pod_name));
    draft.attribute("k8s.container.name", plain(pod.container_name));
    draft.attribute("host.name", host);
    draft.attribute("log.file.path", text(envelope.file));
    draft.text =
        Some(Cow::Owned(line.trim_end().to_owned())).filter(|line: &Cow<'_, str>| !line.is_empty());
    draft.raw = str::from_utf8(input.value).ok().map(Cow::Borrowed);
    draft
}

/// A time as a text, or as a number that JSON may write with an exponent.
fn time_of(text: &str) -> Option<i64> {
    time::of_text(text).or_else(|| text.parse().ok().and_then(time::of_number))
}

#[cfg(test)]
mod tests {
    use super::super::recording::lines;
    use super::*;
    use expect_test::expect;

    #[test]
    fn lines_are_events_and_known_formats_are_handed_on() {
        let told: Vec<String> = [
            r#"{"@timestamp":1767268800.5,"log":"it \"works\"\n","stream":"stdout","kubernetes":{"pod_name":"p","namespace_name":"n","host":"node1"}}"#,
            r#"{"message":"disk full","timestamp":"2026-01-01T12:00:00Z","host":"h","source_type":"file","file":"/var/log/a","level":"error"}"#,
            r#"{"message":"<13>1 2026-01-01T12:00:00Z h2 app - - - inner","source_type":"syslog"}"#,
            r#"{"message":"{\"timestamp\":\"2026-01-01T12:00:00Z\",\"value\":\"1\",\"name\":\"up\",\"labels\":{}}","file":"x"}"#,
            r#"{"message":{"unknown":1},"@timestamp":1.7672688e9}"#,
            r#"{"other":1,"date":1}"#,
        ].iter().map(|value| lines(&FORMAT, value.as_bytes())).collect();
        expect![[r#"
            log None Some(1767268800500) log Unknown Unknown Some("p") [k8s.namespace.name=n,k8s.pod.name=p,host.name=node1] Some("it \"works\"") {} None
            log None Some(1767268800000) log Unknown Medium Some("h") [host.name=h,log.file.path=/var/log/a] Some("disk full") {} None
            syslog None Some(1767268800000) log Unknown Informational Some("app") [host.name=h2,service.name=app] Some("inner") {"facility":1} None
            prometheus - [] up - Gauge {} 1767268800000 1 Value
            log None Some(1767268800000) log Unknown Unknown None [] Some("{\"unknown\":1}") {} None
            whole value refused: a log shipper's envelope without `log` and `message` @None
        "#]].assert_eq(&told.concat());
    }
}
