//! Envelopes: how one event or several travel, and under which name what arrives is counted.
//!
//! **Invariant:** an envelope changes nothing in the texts that it holds, so that events keep their
//! ids by every path.

use serde_json::Value;

use super::audit::ANSWERED;
use super::body::Body;
use super::change::{LOG_STREAM, log_group};
use super::pack::{Packer, base64};
use super::parcel::Parcel;
use super::text;
use super::world::{CLUSTER, Service};
use crate::dice::Dice;

/// How events travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    /// As they are.
    Bare,
    CloudTrailFile,
    EventBridge,
    /// A subscription of `CloudWatch` Logs, in gzip.
    LogsInGzip,
    /// The same in base64.
    LogsInBase64,
    /// The same as Lambda gets it.
    LogsForLambda,
    Firehose,
    Sns,
    AzureRecords,
    GoogleEntries,
    PubSubPush,
    EventList,
    /// A line of a file, as Fluent Bit ships it.
    ShippedLine,
    CloudEvent,
    /// A `CloudEvent` whose attributes are headers; of one that is in JSON.
    BinaryCloudEvent,
}

use Envelope::{
    AzureRecords, Bare, BinaryCloudEvent, CloudEvent, CloudTrailFile, EventBridge, EventList,
    Firehose, GoogleEntries, LogsForLambda, LogsInBase64, LogsInGzip, PubSubPush, ShippedLine, Sns,
};

/// The envelopes of each family of events; those that are more frequent stand there more often.
pub(super) const OF_CLOUDTRAIL: &[Envelope] = &[
    CloudTrailFile,
    CloudTrailFile,
    CloudTrailFile,
    CloudTrailFile,
    Bare,
    EventBridge,
    LogsInGzip,
    LogsInBase64,
    LogsForLambda,
    Firehose,
];
pub(super) const OF_LOGS: &[Envelope] = &[LogsInGzip, LogsInBase64, LogsForLambda];
pub(super) const OF_BRIDGE: &[Envelope] = &[Bare, Bare, Sns, CloudEvent];
pub(super) const OF_AZURE: &[Envelope] =
    &[AzureRecords, AzureRecords, AzureRecords, Bare, CloudEvent];
pub(super) const OF_GOOGLE: &[Envelope] = &[Bare, Bare, GoogleEntries, PubSubPush];
pub(super) const OF_KUBERNETES: &[Envelope] = &[EventList, EventList, EventList, Bare, ShippedLine];
pub(super) const OF_CDEVENTS: &[Envelope] = &[Bare, CloudEvent];
pub(super) const OF_CLOUDEVENTS: &[Envelope] = &[Bare, BinaryCloudEvent];
/// Webhooks are only ever posted as they are.
pub(super) const OF_WEBHOOKS: &[Envelope] = &[Bare];

impl Envelope {
    /// Whether it may hold several events.
    pub(super) fn holds_many(self) -> bool {
        let of_logs = [LogsInGzip, LogsInBase64, LogsForLambda];
        let lists = [CloudTrailFile, Firehose, AzureRecords, GoogleEntries, EventList];
        of_logs.contains(&self) || lists.contains(&self)
    }

    /// Puts it around events of one service.
    pub(super) fn wrap(
        self,
        bodies: &[Body],
        service: &Service,
        packer: &mut Packer,
        dice: &mut Dice,
    ) -> Parcel {
        let first = bodies.first().cloned().unwrap_or_default();
        match self {
            Bare => Parcel { headers: headers(&first), ..Parcel::of(first.format, first.text) },
            CloudTrailFile => Parcel::of("aws-cloudtrail-records", list("Records", bodies)),
            AzureRecords => Parcel::of("azure-activity-records", list("records", bodies)),
            GoogleEntries => Parcel::of("gcp-log-entry", list("entries", bodies)),
            EventList => event_list(bodies, &first),
            EventBridge => Parcel::of("aws-eventbridge", bridged(&first, service, dice)),
            LogsInGzip => Parcel::of("gzip", packer.gzip(delivery(bodies, service).as_bytes())),
            LogsInBase64 => {
                Parcel::of("gzip", base64(&packer.gzip(delivery(bodies, service).as_bytes())))
            }
            LogsForLambda => {
                let data = base64(&packer.gzip(delivery(bodies, service).as_bytes()));
                let value = format!(r#"{{"awslogs":{{"data":"{data}"}}}}"#);
                Parcel::of("aws-cloudwatch-logs", value)
            }
            Firehose => Parcel::of("aws-firehose-http-envelope", delivered(bodies, dice)),
            Sns => Parcel::of("aws-sns", notification(&first, service, dice)),
            PubSubPush => Parcel::of("gcp-pubsub-push", pushed(&first, service, dice)),
            ShippedLine => Parcel::of("k8s-audit", shipped(&first)),
            CloudEvent => Parcel::of("cloudevents", relayed(&first, dice)),
            BinaryCloudEvent => binary(&first),
        }
    }
}

fn headers(body: &Body) -> Vec<(String, Vec<u8>)> {
    let given = body.headers.iter();
    given.map(|(name, value)| ((*name).to_owned(), value.clone().into_bytes())).collect()
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.collect::<Vec<_>>().join(",")
}

fn list(name: &str, bodies: &[Body]) -> String {
    let held = joined(bodies.iter().map(|body| &*body.text));
    format!(r#"{{"{name}":[{held}]}}"#)
}

/// JSON as a text inside of other JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The list of the cluster's web hook. It also tells that requests came in, which is no outcome and
/// so is left out by whoever reads it.
fn event_list(bodies: &[Body], first: &Body) -> Parcel {
    let received = first.text.replace(ANSWERED, "RequestReceived");
    let texts = std::iter::once(&*received).chain(bodies.iter().map(|body| &*body.text));
    let held = joined(texts);
    let value = format!(
        r#"{{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{{}},"items":[{held}]}}"#
    );
    Parcel { filtered: 1, ..Parcel::of("k8s-audit", value) }
}

fn bridged(body: &Body, service: &Service, dice: &mut Dice) -> String {
    let (id, time) = (text::uuid(dice), text::time_in_seconds(body.time_ms));
    let (account, region, detail) = (&service.account, service.region, &body.text);
    format!(
        r#"{{"version":"0","id":"{id}","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","account":"{account}","time":"{time}","region":"{region}","resources":[],"detail":{detail}}}"#
    )
}

fn delivery(bodies: &[Body], service: &Service) -> String {
    let (account, group) = (&service.account, log_group(service.name));
    let events: Vec<String> = bodies.iter().map(log_event).collect();
    let events = events.join(",");
    format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"{account}","logGroup":"{group}","logStream":"{LOG_STREAM}","subscriptionFilters":["isobar"],"logEvents":[{events}]}}"#
    )
}

fn log_event(body: &Body) -> String {
    let (time_ms, message) = (body.time_ms, quoted(&body.text));
    // A line is known by the last part of its id; of other events it does not matter.
    let id = body.native_id.rsplit('/').next().unwrap_or_default();
    format!(r#"{{"id":"{id}","timestamp":{time_ms},"message":{message}}}"#)
}

fn delivered(bodies: &[Body], dice: &mut Dice) -> String {
    let id = text::uuid(dice);
    let time_ms = bodies.iter().map(|body| body.time_ms).max().unwrap_or_default();
    let data = |body: &Body| format!(r#"{{"data":"{}"}}"#, base64(body.text.as_bytes()));
    let records: Vec<String> = bodies.iter().map(data).collect();
    let records = records.join(",");
    format!(r#"{{"requestId":"{id}","timestamp":{time_ms},"records":[{records}]}}"#)
}

fn notification(body: &Body, service: &Service, dice: &mut Dice) -> String {
    let (id, time, message) = (text::uuid(dice), text::time(body.time_ms), quoted(&body.text));
    let (account, region) = (&service.account, service.region);
    format!(
        r#"{{"Type":"Notification","MessageId":"{id}","TopicArn":"arn:aws:sns:{region}:{account}:operations","Message":{message},"Timestamp":"{time}"}}"#
    )
}

fn pushed(body: &Body, service: &Service, dice: &mut Dice) -> String {
    let (data, time) = (base64(body.text.as_bytes()), text::time(body.time_ms));
    let (id, project) = (dice.between(1 << 50, 1 << 53), &service.account);
    format!(
        r#"{{"message":{{"data":"{data}","messageId":"{id}","message_id":"{id}","publishTime":"{time}"}},"subscription":"projects/{project}/subscriptions/isobar"}}"#
    )
}

fn shipped(body: &Body) -> String {
    let (time, line) = (text::time(body.time_ms), quoted(&body.text));
    format!(
        r#"{{"@timestamp":"{time}","file":"/var/log/kubernetes/audit.log","cluster":"{CLUSTER}","log":{line}}}"#
    )
}

fn relayed(body: &Body, dice: &mut Dice) -> String {
    let (id, time, data) = (text::uuid(dice), text::time(body.time_ms), &body.text);
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"/shop/relay","type":"example.shop.relayed","time":"{time}","datacontenttype":"application/json","data":{data}}}"#
    )
}

/// Attributes become headers, and the data is the value.
fn binary(body: &Body) -> Parcel {
    let attributes: serde_json::Map<String, Value> =
        serde_json::from_str(&body.text).unwrap_or_default();
    let data = attributes.get("data").map(Value::to_string).unwrap_or_default();
    let header = |(name, value): (&String, &Value)| {
        let text = value.as_str()?.as_bytes().to_vec();
        let name =
            if name == "datacontenttype" { "content-type".into() } else { format!("ce_{name}") };
        Some((name, text))
    };
    let headers = attributes.iter().filter_map(header).collect();
    Parcel { headers, ..Parcel::of("cloudevents", data) }
}
