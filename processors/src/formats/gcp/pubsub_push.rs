//! What Pub/Sub pushes: the message in base64, inside an envelope with its subscription.
//!
//! What it holds is read in the format it looks like; where that is none, the message itself is the
//! event. Traps: `messageId` and `message_id` are both sent, with the same value; a message may have
//! attributes only, and no data.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde_json::Value;

use super::super::fields::{Fields, scalar};
use super::super::inside::{self, Inside};
use super::super::{Format, Look};
use crate::draft::Draft;
use crate::input::Input;
use crate::sink::{Refusal, Sink};

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let fields = Fields::parse(input.value)?;
    let message = fields.object("message");
    let data = message.text(&["data"]).unwrap_or_default();
    let data = STANDARD.decode(data.trim().as_bytes());
    let data = data.map_err(|error| Refusal::new(format!("`message.data`: {error}")))?;
    let id = message.text(&["messageId", "message_id"]);
    let time_ms = message.time_ms(&["publishTime", "publish_time"]);
    let inside = Inside { source: "gcp.pubsub", id: id.as_deref(), time_ms };
    if inside::read(&input.inner(&data), inside, sink) {
        return Ok(());
    }
    let text = str::from_utf8(&data).ok().filter(|text| !text.is_empty());
    let mut draft = event(&fields, &message);
    draft.native_id = id;
    draft.time_ms = time_ms;
    draft.text = text.map(Cow::Borrowed);
    draft.raw = str::from_utf8(input.value).ok().map(Cow::Borrowed);
    sink.event(&draft);
    Ok(())
}

fn event<'a>(fields: &Fields<'a>, message: &Fields<'a>) -> Draft<'a> {
    let mut draft = Draft::new("gcp.pubsub", SourceClass::Log, Kind::Messages);
    let subscription = fields.text(&["subscription"]);
    let attributes = message.object("attributes");
    draft.action = attributes.text(&["eventType", "type"]).unwrap_or(Cow::Borrowed("publish"));
    draft.account = subscription
        .as_ref()
        .and_then(|name| name.split('/').nth(1).map(|project| Cow::Owned(project.to_owned())));
    draft.attribute("cloud.provider", Some("gcp"));
    draft.attribute("cloud.account.id", draft.account.clone());
    draft.attribute("messaging.destination.subscription.name", subscription.clone());
    draft.subject = message.text(&["orderingKey"]).or(subscription);
    let all = attributes.iter();
    let given =
        all.filter_map(|(name, value)| Some((name.to_owned(), Value::from(scalar(value)?))));
    draft.details = given.collect();
    draft
}

fn looks_like(look: &Look<'_>) -> bool {
    look.has_all(&["message", "subscription"])
        && (look.mentions("\"data\"") || look.mentions("\"attributes\""))
}

pub(crate) const FORMAT: Format = Format { name: "gcp-pubsub-push", sniff: looks_like, read };

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::formats::recorder::Recorder;

    fn pushed(data: &str) -> String {
        let data = STANDARD.encode(data);
        format!(
            r#"{{"message": {{"data": "{data}", "messageId": "m-1", "message_id": "m-1",
 "publishTime": "2026-01-01T11:59:59Z", "attributes": {{"a": "b"}}}},
 "subscription": "projects/p-1/subscriptions/s"}}"#
        )
    }

    #[test]
    fn what_looks_like_nothing_is_an_event_of_its_own() {
        let (shown, read) = Recorder::record(&pushed("hello"), FORMAT.read);
        assert!(read);
        expect![[r#"
            event gcp.pubsub messages/log 0 `publish`
              is: Unknown Unknown
              id: m-1
              time: 2026-01-01T11:59:59.000Z
              account: p-1
              subject: projects/p-1/subscriptions/s
              resource: cloud.provider=gcp cloud.account.id=p-1 messaging.destination.subscription.name=projects/p-1/subscriptions/s
              text: hello
              details: {"a":"b"}
              raw bytes: 189
        "#]].assert_eq(&shown);
        assert!(Recorder::record(&pushed(""), FORMAT.read).1);
        assert!(!Recorder::record(r#"{"message": {"data": "?"}}"#, FORMAT.read).1);
    }
}
