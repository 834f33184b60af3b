//! What a subscription of `CloudWatch` Logs delivers: lines of one stream, as JSON in gzip, mostly
//! in base64, and for Lambda inside `{"awslogs": {"data"}}`.
//!
//! Traps: control messages test the way; each message is text of any format, often JSON again.

use std::borrow::Cow;

use schemas::event::Severity;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::Deserialize;

use super::loose::{Part, Parts, Word};
use super::pieces::{object, read_each, text_of};
use super::{cloudtrail, vpc_flow};
use crate::draft::Draft;
use crate::formats::{Format, Look, compressed};
use crate::input::Input;
use crate::json;
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "aws-cloudwatch-logs", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_all(&["messageType", "logEvents"]) || look.has("awslogs")
}

/// Either the delivery or what Lambda wraps around it.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Delivery<'a> {
    #[serde(borrow)]
    message_type: Word<'a>,
    #[serde(borrow)]
    owner: Word<'a>,
    #[serde(borrow)]
    log_group: Word<'a>,
    #[serde(borrow)]
    log_stream: Word<'a>,
    #[serde(borrow)]
    log_events: Parts<LogEvent<'a>>,
    #[serde(borrow)]
    awslogs: Part<Wrapped<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LogEvent<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    timestamp: Option<f64>,
    #[serde(borrow)]
    message: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wrapped<'a> {
    #[serde(borrow)]
    data: Word<'a>,
}

/// The level in a message that is JSON, by its usual names.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Leveled<'a> {
    #[serde(borrow)]
    level: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    message: Word<'a>,
    #[serde(borrow)]
    trace_id: Word<'a>,
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let expanded = compressed::expanded(input.value)?;
    match expanded {
        Some(bytes) => read_text(text_of(&input.inner(&bytes))?, sink),
        None => read_text(text_of(input)?, sink),
    }
}

fn read_text(text: &str, sink: &mut dyn Sink) -> Result<(), Refusal> {
    read_each::<Delivery<'_>>(text, sink, |delivery, _, sink| {
        let Some(wrapped) = &delivery.awslogs.0 else { return delivery.give(sink) };
        let bytes = compressed::expanded(wrapped.data.text().as_bytes())?;
        let bytes =
            bytes.ok_or_else(|| Refusal::new("its `awslogs.data` is not base64 of gzip"))?;
        object::<Delivery<'_>>(&bytes)?.give(sink)
    })
}

impl Delivery<'_> {
    fn give(&self, sink: &mut dyn Sink) -> Result<(), Refusal> {
        match self.message_type.get() {
            Some("CONTROL_MESSAGE") => sink.filtered("control message"),
            None => return Err(Refusal::new("a delivery of logs without a `messageType`")),
            Some(_) if self.log_events.0.is_empty() => sink.filtered("no log events"),
            Some(_) => self.log_events.0.iter().for_each(|event| self.give_one(event, sink)),
        }
        Ok(())
    }

    /// What is no other format is a line of a log.
    fn give_one(&self, event: &LogEvent<'_>, sink: &mut dyn Sink) {
        let message = event.message.text().trim();
        if vpc_flow::is_line(message) && vpc_flow::read_line(message, sink).is_ok() {
            return;
        }
        let is_json = message.starts_with('{');
        let record = is_json && message.contains("\"eventSource\"");
        match cloudtrail::map(message) {
            Ok(draft) if record => sink.event(&draft),
            _ => sink.event(&self.line(event, message, is_json)),
        }
    }

    fn line<'a>(&'a self, event: &'a LogEvent<'_>, message: &'a str, is_json: bool) -> Draft<'a> {
        let fields: Leveled<'a> = match is_json {
            true => json::parse(message.as_bytes()).unwrap_or_default(),
            false => Leveled::default(),
        };
        let severity = severity(&fields, message);
        let kind = if severity >= Severity::High { Kind::Alerts } else { Kind::Audit };
        let mut draft = Draft::new("aws.cloudwatch.logs", SourceClass::Log, kind);
        draft.severity = severity;
        draft.action = Cow::Borrowed("log");
        draft.time_ms = event.timestamp.and_then(time::of_number);
        let (group, stream) = (self.log_group.text(), self.log_stream.text());
        draft.native_id = event.id.get().map(|id| format!("{group}/{stream}/{id}").into());
        draft.account = self.owner.get().map(Cow::Borrowed);
        self.name_resource(&mut draft);
        draft.hints.request_id = request_of(message).map(Cow::Borrowed);
        draft.hints.trace_id = fields.trace_id.0;
        draft.text = Some(fields.message.0.unwrap_or(Cow::Borrowed(message)));
        draft.raw = Some(message).filter(|_| is_json && is_whole(message)).map(Cow::Borrowed);
        draft
    }

    fn name_resource<'a>(&'a self, draft: &mut Draft<'a>) {
        let group = self.log_group.text();
        let function = group.strip_prefix("/aws/lambda/");
        draft.subject = Some(Cow::Borrowed(function.unwrap_or(group)));
        draft.attribute("cloud.provider", Some("aws"));
        draft.attribute("cloud.account.id", draft.account.clone());
        draft.attribute("service.name", Some(function.unwrap_or(group)));
        draft.attribute("faas.name", function);
        draft.attribute("aws.log.group.names", Some(group));
        draft.attribute("aws.log.stream.names", self.log_stream.get());
    }
}

/// Whether the message is JSON to its end: lines are cut off at 256 kB.
fn is_whole(message: &str) -> bool {
    json::parse::<serde::de::IgnoredAny>(message.as_bytes()).is_ok()
}

/// The level of a message: of its fields, or the first word of a line that is one.
fn severity(fields: &Leveled<'_>, message: &str) -> Severity {
    let named = [&fields.level, &fields.severity, &fields.status];
    let mut named = named.into_iter().filter_map(|word| word.get()).filter_map(level);
    let words = || {
        let near = message.lines().next().unwrap_or("").split([' ', '\t', '[', ']', ':', '|']);
        near.take(16).filter(|word| !word.chars().any(char::is_lowercase)).find_map(level)
    };
    named.next().or_else(words).unwrap_or(Severity::Unknown)
}

fn level(word: &str) -> Option<Severity> {
    const LEVELS: [(&str, Severity); 11] = [
        ("trace", Severity::Informational),
        ("debug", Severity::Informational),
        ("info", Severity::Informational),
        ("notice", Severity::Informational),
        ("warn", Severity::Low),
        ("warning", Severity::Low),
        ("error", Severity::High),
        ("err", Severity::High),
        ("critical", Severity::Critical),
        ("fatal", Severity::Critical),
        ("panic", Severity::Critical),
    ];
    LEVELS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, severity)| *severity)
}

/// Lambda's own lines name the request.
fn request_of(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("RequestId: ")?;
    rest.split_ascii_whitespace().next()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::recorder::recorded;
    use super::*;

    const DELIVERY: &str = r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/aws/lambda/cart",
        "logStream":"s","logEvents":[
        {"id":"1","timestamp":1767268800000,"message":"START RequestId: r-1 Version: 3\n"},
        {"id":"2","timestamp":1767268800,"message":"{\"level\":\"error\",\"message\":\"no stock\"}"},
        {"id":"3","message":"2026-01-01T12:00:00Z\tr-1\tWARN\tslow"},
        {"id":"4","message":"{\"eventID\":\"e\",\"eventName\":\"X\",\"eventSource\":\"y\"}"},
        {"id":"5","message":"2 1 eni-1 192.0.2.1 192.0.2.2 1 2 6 2 9 1767268800 1767268860 ACCEPT OK"},
        {"id":"6","message":"{\"cut\":\"of"}]}"#;

    #[test]
    fn messages_by_what_they_hold() {
        expect![[r#"
            event aws.cloudwatch.logs /aws/lambda/cart/s/1 1767268800000 log/audit/0 `log` Unknown Unknown account 1 subject cart
              resource cloud.provider=aws cloud.account.id=1 service.name=cart faas.name=cart aws.log.group.names=/aws/lambda/cart aws.log.stream.names=s
              hints - r-1 - []
              text START RequestId: r-1 Version: 3
            event aws.cloudwatch.logs /aws/lambda/cart/s/2 1767268800000 log/alerts/0 `log` Unknown High account 1 subject cart
              resource cloud.provider=aws cloud.account.id=1 service.name=cart faas.name=cart aws.log.group.names=/aws/lambda/cart aws.log.stream.names=s
              hints - - - []
              text no stock
            event aws.cloudwatch.logs /aws/lambda/cart/s/3 -1 log/audit/0 `log` Unknown Low account 1 subject cart
              resource cloud.provider=aws cloud.account.id=1 service.name=cart faas.name=cart aws.log.group.names=/aws/lambda/cart aws.log.stream.names=s
              hints - - - []
              text 2026-01-01T12:00:00Z	r-1	WARN	slow
            event aws.cloudtrail e -1 audit/audit/6003 `X` Success Informational account - subject y
              resource cloud.provider=aws cloud.service=y
              hints - - - []
            event aws.vpc.flow eni-1/192.0.2.1/1/192.0.2.2/2/6/ACCEPT/1767268800 1767268800000 log/audit/4001 `ACCEPT` Success Informational account 1 subject eni-1
              resource cloud.provider=aws cloud.account.id=1 cloud.service=vpc cloud.resource_id=eni-1
              network 192.0.2.1 -> 192.0.2.2 (Some(1), Some(2)) -
              hints - - - []
              details {"bytes":9,"packets":2,"protocol":6}
            event aws.cloudwatch.logs /aws/lambda/cart/s/6 -1 log/audit/0 `log` Unknown Unknown account 1 subject cart
              resource cloud.provider=aws cloud.account.id=1 service.name=cart faas.name=cart aws.log.group.names=/aws/lambda/cart aws.log.stream.names=s
              hints - - - []
              text {"cut":"of
        "#]].assert_eq(&recorded(&FORMAT, DELIVERY.as_bytes()));
    }

    #[test]
    fn however_it_is_wrapped() {
        use base64::Engine as _;
        let plain = recorded(&FORMAT, DELIVERY.as_bytes());
        let gzip = compressed::gzip(DELIVERY.as_bytes());
        assert_eq!(recorded(&FORMAT, &gzip), plain);
        let base64 = base64::engine::general_purpose::STANDARD.encode(&gzip);
        assert_eq!(recorded(&FORMAT, base64.as_bytes()), plain);
        let lambda = format!(r#"{{"awslogs":{{"data":"{base64}"}}}}"#);
        assert_eq!(recorded(&FORMAT, lambda.as_bytes()), plain);
        let control = br#"{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"x"}]}"#;
        assert_eq!(recorded(&FORMAT, control), "filtered control message\n");
        assert!(recorded(&FORMAT, b"{}").starts_with("refusal"));
    }
}
