//! A notification of SNS: a message in any other format, or words for people.
//!
//! Traps: a topic also sends requests to confirm a subscription; the message is text in JSON, so
//! JSON in it is escaped.

use std::borrow::Cow;

use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::Deserialize;

use super::loose::Word;
use super::pieces::{read_each, text_of};
use super::{arn, notification};
use crate::draft::Draft;
use crate::formats::{self, Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "aws-sns", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_all(&["Type", "MessageId", "TopicArn", "Message"])
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    read_each::<Message<'_>>(text_of(input)?, sink, |message, _, sink| {
        read_message(message, input, sink)
    })
}

/// One notification.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Message<'a> {
    #[serde(borrow, rename = "Type")]
    sort: Word<'a>,
    #[serde(borrow)]
    message_id: Word<'a>,
    #[serde(borrow)]
    topic_arn: Word<'a>,
    #[serde(borrow)]
    subject: Word<'a>,
    #[serde(borrow)]
    message: Word<'a>,
    #[serde(borrow)]
    timestamp: Word<'a>,
}

/// Reads what the message holds; what looks like no format is words.
pub(super) fn read_message(
    mut notification: Message<'_>,
    input: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    if notification.sort.text().ends_with("Confirmation") {
        sink.filtered("confirmation of a subscription");
        return Ok(());
    }
    let Some(message) = notification.message.take() else {
        return Err(Refusal::new("a notification of SNS without a `Message`"));
    };
    let is_json = message.trim_start().starts_with(['{', '[']);
    if is_json && formats::read(&input.inner(message.as_bytes()), sink).is_ok() {
        return Ok(());
    }
    sink.event(&words(notification, message));
    Ok(())
}

fn words<'a>(mut notification: Message<'a>, message: Cow<'a, str>) -> Draft<'a> {
    let mut draft = Draft::new("aws.sns", SourceClass::Chat, Kind::Messages);
    draft.action = Cow::Borrowed("notification");
    draft.native_id = notification.message_id.take();
    draft.time_ms = notification.timestamp.get().and_then(time::of_text);
    let topic = notification.topic_arn.take().unwrap_or_default();
    draft.account = notification::account_of(&topic);
    let name = || Cow::Owned(arn::short(&topic).to_owned());
    draft.subject = Some(notification.subject.take().unwrap_or_else(name));
    draft.attribute("cloud.provider", Some("aws"));
    draft.attribute("cloud.account.id", draft.account.clone());
    draft.attribute("cloud.service", Some("sns"));
    draft.attribute("cloud.resource_id", Some(topic));
    draft.text = Some(message);
    draft
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::recorder::recorded;
    use super::*;

    #[test]
    fn words_and_confirmations() {
        let value = br#"{"Type":"Notification","MessageId":"m-1","Subject":"Disk is full",
            "TopicArn":"arn:aws:sns:eu-west-1:123456789012:ops","Message":"Look at \"db-1\".",
            "Timestamp":"2026-01-01T12:00:00.000Z"}
            {"Type":"SubscriptionConfirmation","MessageId":"m-2","Message":"confirm"}
            {"Type":"Notification"}"#;
        expect![[r#"
            event aws.sns m-1 1767268800000 chat/messages/0 `notification` Unknown Unknown account 123456789012 subject Disk is full
              resource cloud.provider=aws cloud.account.id=123456789012 cloud.service=sns cloud.resource_id=arn:aws:sns:eu-west-1:123456789012:ops
              hints - - - []
              text Look at "db-1".
            filtered confirmation of a subscription
            refused {"Type":"Notification"}
        "#]].assert_eq(&recorded(&FORMAT, value));
    }
}
