//! A record of `CloudTrail`: who called what in an account of AWS. It comes alone, a line each, or
//! in an array; the envelopes of AWS hand theirs to [`map`], so ids are the same by every path.
//!
//! Traps: what Logstash ships has `@timestamp` and no `eventTime`; `userIdentity` or its type may
//! be missing; `requestParameters` and `responseElements` are `null` or of any shape; a failed
//! sign-in has no `errorCode`; insights are records too, without a name of their own.

mod identity;
mod record;
mod target;

use std::borrow::Cow;

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::source_class::SourceClass;

use super::notification;
use super::pieces::{object, read_each, text_of};
use crate::draft::Draft;
use crate::formats::{Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::time;
pub(super) use record::Record;

/// The feed.
pub(super) const SOURCE: &str = "aws.cloudtrail";

pub(crate) const FORMAT: Format = Format { name: "aws-cloudtrail", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_in_any_case("eventSource")
        && (look.has_in_any_case("eventName") || look.has("insightDetails"))
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    read_each::<Record<'_>>(text_of(input)?, sink, |record, raw, sink| {
        if record.is_of_a_trigger() {
            return notification::read_one(raw, input, sink);
        }
        sink.event(&draft(record, raw)?);
        Ok(())
    })
}

/// The event of one record's text.
pub(crate) fn map(raw: &str) -> Result<Draft<'_>, Refusal> {
    draft(object(raw.as_bytes())?, raw)
}

/// The event of a record, whose text is kept.
pub(super) fn draft<'a>(mut record: Record<'a>, raw: &'a str) -> Result<Draft<'a>, Refusal> {
    if record.insight_details.0.is_some() {
        return Ok(insight(record, raw));
    }
    let Some(action) = record.event_name.take() else {
        return Err(Refusal::new("not a record of CloudTrail: it has no `eventName`"));
    };
    let mut draft = Draft::new(SOURCE, SourceClass::Audit, Kind::Audit);
    draft.class_uid = class_uid(record.service(), &action);
    (draft.outcome, draft.severity) = judge(&record);
    draft.native_id = native_id(&mut record, &action);
    common(&mut draft, &mut record);
    target::name(&mut draft, &mut record);
    identity::name(&mut draft, &mut record);
    details(&mut draft, &mut record);
    draft.action = action;
    draft.raw = Some(Cow::Borrowed(raw));
    Ok(draft)
}

/// What records of every category have.
fn common<'a>(draft: &mut Draft<'a>, record: &mut Record<'a>) {
    let times = [&record.event_time, &record.timestamp];
    draft.time_ms = times.into_iter().filter_map(|text| text.get()).find_map(time::of_text);
    draft.account = record.account();
    draft.resource.reserve(5);
    draft.attribute("cloud.provider", Some("aws"));
    draft.attribute("cloud.account.id", draft.account.clone());
    draft.attribute("cloud.region", record.aws_region.0.clone());
    draft.attribute("cloud.service", record.service_name());
    draft.network.source_address = record.source_ip_address.take();
    draft.network.user_agent = record.user_agent.take();
    draft.hints.request_id = record.request_id.take();
}

/// Without an id of its own, a record is known by its request.
fn native_id<'a>(record: &mut Record<'a>, action: &str) -> Option<Cow<'a, str>> {
    let own = record.event_id.take().or_else(|| record.event_id_of_triggers.take());
    own.or_else(|| record.request_id.get().map(|request| format!("{request}/{action}").into()))
}

/// The class of OCSF: authentication, account change, or else API activity.
fn class_uid(service: &str, action: &str) -> u32 {
    const SIGN_INS: [&str; 3] = ["AssumeRole", "GetSessionToken", "GetFederationToken"];
    const OF_ACCOUNTS: [&str; 8] = [
        "User",
        "AccessKey",
        "LoginProfile",
        "MFADevice",
        "ChangePassword",
        "SSHPublicKey",
        "SigningCertificate",
        "ServiceSpecificCredential",
    ];
    let reads = ["Get", "List", "Generate", "Simulate"].iter().any(|verb| action.starts_with(verb));
    match service {
        "signin" => 3002,
        "sts" if SIGN_INS.iter().any(|name| action.starts_with(name)) => 3002,
        "iam" if !reads && OF_ACCOUNTS.iter().any(|name| action.contains(name)) => 3001,
        _ => 6003,
    }
}

/// Whether it worked, and how serious that is: only a denial is more than information.
fn judge(record: &Record<'_>) -> (Outcome, Severity) {
    const DENIALS: [&str; 4] = ["AccessDenied", "Unauthorized", "Forbidden", "AuthFailure"];
    let sign_in = record.response_elements.0.as_ref().map_or("", |said| said.console_login.text());
    match record.error_code.get() {
        _ if sign_in == "Failure" => (Outcome::Failure, Severity::Medium),
        Some(code) if DENIALS.iter().any(|denial| code.contains(denial)) => {
            (Outcome::Failure, Severity::Medium)
        }
        Some(_) => (Outcome::Failure, Severity::Informational),
        None => (Outcome::Success, Severity::Informational),
    }
}

fn details<'a>(draft: &mut Draft<'a>, record: &mut Record<'a>) {
    draft.detail("error_code", record.error_code.get());
    draft.detail("read_only", record.read_only.get().map(|text| text == "true"));
    if draft.class_uid == 3002 {
        let more = record.additional_event_data.0.as_ref();
        draft.detail("mfa", more.and_then(|more| more.mfa_used.get()).map(|used| used == "Yes"));
    }
    draft.text = record.error_message.take();
}

/// `CloudTrail` found an unusual number of calls or errors, or that this is over.
fn insight<'a>(mut record: Record<'a>, raw: &'a str) -> Draft<'a> {
    let mut draft = Draft::new(SOURCE, SourceClass::Alert, Kind::Alerts);
    draft.class_uid = 2004;
    draft.severity = Severity::Medium;
    let details = record.insight_details.0.take().unwrap_or_default();
    draft.native_id = native_id(&mut record, "");
    record.event_source = details.event_source;
    common(&mut draft, &mut record);
    draft.action = details.insight_type.0.unwrap_or(Cow::Borrowed("Insight"));
    draft.subject = details.event_name.0;
    draft.detail("status", details.state.get());
    draft.hints.change_ids.extend(record.shared_event_id.take());
    draft.raw = Some(Cow::Borrowed(raw));
    draft
}

#[cfg(test)]
mod tests;
