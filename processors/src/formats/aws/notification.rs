//! What the services of AWS hand to their triggers: changes of objects in S3, and the messages of
//! SQS, SNS and Kinesis, which may hold any other format.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::Deserialize;

use super::arn;
use super::loose::{Part, Word};
use crate::draft::{Draft, DraftActor};
use crate::formats;
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::{json, time};

/// One record of a trigger.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Trigger<'a> {
    #[serde(borrow)]
    event_source: Word<'a>,
    #[serde(borrow, rename = "eventSourceARN")]
    arn: Word<'a>,
    #[serde(borrow)]
    event_name: Word<'a>,
    #[serde(borrow)]
    event_time: Word<'a>,
    #[serde(borrow, rename = "eventID")]
    event_id: Word<'a>,
    /// `CodeCommit` spells it so.
    #[serde(borrow, rename = "eventId")]
    event_id_of_code: Word<'a>,
    #[serde(borrow)]
    aws_region: Word<'a>,
    #[serde(borrow)]
    user_identity: Part<User<'a>>,
    #[serde(borrow)]
    request_parameters: Part<Request<'a>>,
    #[serde(borrow)]
    s3: Part<S3<'a>>,
    #[serde(borrow)]
    message_id: Word<'a>,
    #[serde(borrow)]
    body: Word<'a>,
    #[serde(borrow)]
    attributes: Part<Attributes<'a>>,
    #[serde(borrow, rename = "Sns")]
    sns: Part<super::sns::Message<'a>>,
    #[serde(borrow)]
    kinesis: Part<Kinesis<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct User<'a> {
    #[serde(borrow)]
    principal_id: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Request<'a> {
    #[serde(borrow, rename = "sourceIPAddress")]
    source: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct S3<'a> {
    #[serde(borrow)]
    bucket: Part<Bucket<'a>>,
    #[serde(borrow)]
    object: Part<Object<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Bucket<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    arn: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Object<'a> {
    #[serde(borrow)]
    key: Word<'a>,
    #[serde(borrow)]
    size: Word<'a>,
    #[serde(borrow)]
    sequencer: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attributes<'a> {
    #[serde(borrow, rename = "SentTimestamp")]
    sent: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Kinesis<'a> {
    #[serde(borrow)]
    data: Word<'a>,
}

impl Kinesis<'_> {
    /// Reads the data as any format; whether that was possible.
    fn read(&self, input: &Input<'_>, sink: &mut dyn Sink) -> bool {
        let data = STANDARD.decode(self.data.text()).ok();
        data.is_some_and(|data| super::firehose::hand_on(&data, input, sink).is_ok())
    }
}

/// Reads one record, and whatever is in it.
pub(super) fn read_one(raw: &str, input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let mut trigger: Trigger<'_> = json::parse(raw.as_bytes())?;
    if let Some(message) = trigger.sns.0.take() {
        return super::sns::read_message(*message, input, sink);
    }
    if trigger.kinesis.0.as_ref().is_some_and(|data| data.read(input, sink)) {
        return Ok(());
    }
    let body = trigger.body.get().filter(|body| body.trim_start().starts_with(['{', '[']));
    if body.is_some_and(|body| formats::read(&input.inner(body.as_bytes()), sink).is_ok()) {
        return Ok(());
    }
    sink.event(&event(trigger, raw)?);
    Ok(())
}

fn event<'a>(mut trigger: Trigger<'a>, raw: &'a str) -> Result<Draft<'a>, Refusal> {
    let source = trigger.event_source.get().and_then(|source| source.strip_prefix("aws:"));
    let source =
        source.ok_or_else(|| Refusal::new("neither a record nor a notification of AWS"))?;
    let kind = if source == "codecommit" { Kind::Code } else { Kind::Audit };
    let mut draft = Draft::new(format!("aws.{source}"), SourceClass::Change, kind);
    draft.attribute("cloud.provider", Some("aws"));
    draft.attribute("cloud.service", Some(source.to_owned()));
    draft.attribute("cloud.region", trigger.aws_region.take());
    let sent = trigger.attributes.0.and_then(|attributes| attributes.sent.0);
    let when = trigger.event_time.take().or(sent);
    draft.time_ms = when.as_deref().and_then(time::of_text);
    draft.action = trigger.event_name.take().unwrap_or(Cow::Borrowed("message"));
    let ids = [trigger.event_id, trigger.event_id_of_code, trigger.message_id];
    draft.native_id = ids.into_iter().find_map(|id| id.0);
    draft.text = trigger.body.take();
    draft.network.source_address =
        trigger.request_parameters.0.and_then(|request| request.source.0);
    let user = trigger.user_identity.0.and_then(|user| user.principal_id.0);
    draft.actor = user.map(|id| DraftActor { id, ..DraftActor::default() });
    draft.subject = trigger.arn.get().map(|name| Cow::Owned(arn::short(name).to_owned()));
    draft.account = account_of(trigger.arn.text());
    draft.attribute("cloud.account.id", draft.account.clone());
    draft.attribute("cloud.resource_id", trigger.arn.take());
    if let Some(s3) = trigger.s3.0 {
        name_object(&mut draft, *s3);
    }
    draft.raw = Some(Cow::Borrowed(raw));
    Ok(draft)
}

/// An object is known by its bucket and key; the sequencer tells its changes apart.
fn name_object<'a>(draft: &mut Draft<'a>, s3: S3<'a>) {
    let bucket = s3.bucket.0.map(|bucket| *bucket).unwrap_or_default();
    let object = s3.object.0.map(|object| *object).unwrap_or_default();
    let path = format!("{}/{}", bucket.name.text(), object.key.text());
    let change = object.sequencer.get().map(|change| format!("{path}/{change}/{}", draft.action));
    draft.native_id = change.map(Cow::Owned);
    draft.detail("size", object.size.get().and_then(|size| size.parse::<u64>().ok()));
    draft.subject = Some(Cow::Owned(path));
    draft.attribute("cloud.resource_id", bucket.arn.0);
}

/// The account is the fifth part of a name.
pub(super) fn account_of<'a>(name: &str) -> Option<Cow<'a, str>> {
    let account = name.split(':').nth(4).filter(|account| !account.is_empty());
    account.map(|account| Cow::Owned(account.to_owned()))
}
