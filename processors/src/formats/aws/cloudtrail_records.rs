//! A log file of `CloudTrail`, `{"Records": […]}`: often hundreds of records in one value.
//!
//! Traps: digest files lie beside the logs and hold no events; insight files have the same
//! envelope; so have the notifications of S3, SQS, SNS, Kinesis and `DynamoDB`, which are no audit
//! records.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::cloudtrail::{self, Record};
use super::notification;
use super::pieces::{read_each, text_of};
use crate::formats::{Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};

pub(crate) const FORMAT: Format = Format { name: "aws-cloudtrail-records", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has("Records")
        || look.has_all(&["digestStartTime", "logFiles"])
        || look.has_all(&["Service", "Event", "Bucket"])
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow, rename = "Records")]
    records: Option<&'a RawValue>,
    #[serde(borrow, rename = "digestStartTime")]
    digest: Option<&'a RawValue>,
    #[serde(borrow, rename = "Event")]
    event: Option<&'a RawValue>,
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    read_each::<Envelope<'_>>(text_of(input)?, sink, |envelope, _, sink| match envelope {
        Envelope { records: Some(records), .. } => read_records(records.get(), input, sink),
        Envelope { digest: Some(_), .. } => {
            sink.filtered("digest file");
            Ok(())
        }
        Envelope { event: Some(_), .. } => {
            sink.filtered("test message");
            Ok(())
        }
        Envelope { .. } => Err(Refusal::new("not a log file of CloudTrail: it has no `Records`")),
    })
}

fn read_records(records: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    if records.trim_matches(['[', ']', ' ', '\n', '\r', '\t']).is_empty() {
        sink.filtered("no records");
        return Ok(());
    }
    read_each::<Record<'_>>(records, sink, |record, raw, sink| {
        if record.is_of_a_trigger() {
            return notification::read_one(raw, input, sink);
        }
        match cloudtrail::draft(record, raw) {
            Ok(draft) => sink.event(&draft),
            Err(_) => notification::read_one(raw, input, sink)?,
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::recorder::recorded;
    use super::*;

    #[test]
    fn records_and_what_looks_like_them() {
        let value = br#"{"Records":[
            {"eventID":"e-1","eventName":"RunInstances","eventSource":"ec2.amazonaws.com"},
            {"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-west-1",
             "eventTime":"2026-01-01T12:00:00Z","eventName":"ObjectCreated:Put",
             "userIdentity":{"principalId":"AWS:A"},"requestParameters":{"sourceIPAddress":"192.0.2.1"},
             "s3":{"bucket":{"name":"b","arn":"arn:aws:s3:::b"},
             "object":{"key":"k/1","size":7,"sequencer":"00A"}}},
            {"messageId":"m-1","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:1:q",
             "awsRegion":"eu-west-1","body":"hello","attributes":{"SentTimestamp":"1767268800000"}},
            {"EventSource":"aws:sns","Sns":{"MessageId":"n-1","TopicArn":"arn:aws:sns:eu-west-1:1:t",
             "Message":"{\"eventID\":\"e-2\",\"eventName\":\"X\",\"eventSource\":\"y\"}"}},
            {"what":1}]}"#;
        expect![[r#"
            event aws.cloudtrail e-1 -1 audit/audit/6003 `RunInstances` Success Informational account - subject ec2
              resource cloud.provider=aws cloud.service=ec2
              hints - - - []
            event aws.s3 b/k/1/00A/ObjectCreated:Put 1767268800000 change/audit/0 `ObjectCreated:Put` Unknown Unknown account - subject b/k/1
              resource cloud.provider=aws cloud.service=s3 cloud.region=eu-west-1 cloud.resource_id=arn:aws:s3:::b
              actor AWS:A - -
              network 192.0.2.1 -> - (None, None) -
              hints - - - []
              details {"size":7}
            event aws.sqs m-1 1767268800000 change/audit/0 `message` Unknown Unknown account 1 subject q
              resource cloud.provider=aws cloud.service=sqs cloud.region=eu-west-1 cloud.account.id=1 cloud.resource_id=arn:aws:sqs:eu-west-1:1:q
              hints - - - []
              text hello
            event aws.cloudtrail e-2 -1 audit/audit/6003 `X` Success Informational account - subject y
              resource cloud.provider=aws cloud.service=y
              hints - - - []
            refused {"what":1}
        "#]].assert_eq(&recorded(&FORMAT, value));
    }

    #[test]
    fn files_without_events() {
        let digest = br#"{"digestStartTime":"2026-01-01T12:00:00Z","logFiles":[]}"#;
        assert_eq!(recorded(&FORMAT, digest), "filtered digest file\n");
        assert_eq!(recorded(&FORMAT, br#"{"Records":[]}"#), "filtered no records\n");
        let test = br#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}"#;
        assert_eq!(recorded(&FORMAT, test), "filtered test message\n");
        assert!(recorded(&FORMAT, br#"{"Records":7}"#).starts_with("refusal"));
    }
}
