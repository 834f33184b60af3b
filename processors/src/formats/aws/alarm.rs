//! An alarm of `CloudWatch` that changed its state, as SNS tells it; `EventBridge` tells the same
//! in other words, and both must give the same event.

use std::borrow::Cow;

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::Deserialize;

use super::loose::Word;
use super::pieces::{read_each, text_of};
use crate::draft::Draft;
use crate::formats::{Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "aws-cloudwatch-alarm", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_all(&["AlarmName", "NewStateValue"])
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Told<'a> {
    #[serde(borrow)]
    alarm_name: Word<'a>,
    #[serde(borrow)]
    alarm_arn: Word<'a>,
    #[serde(borrow, rename = "AWSAccountId")]
    account: Word<'a>,
    #[serde(borrow)]
    new_state_value: Word<'a>,
    #[serde(borrow)]
    new_state_reason: Word<'a>,
    #[serde(borrow)]
    state_change_time: Word<'a>,
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    read_each::<Told<'_>>(text_of(input)?, sink, |told, raw, sink| {
        let change = Change {
            name: told.alarm_name.0,
            region: told.alarm_arn.get().and_then(|arn| arn.split(':').nth(3)).map(owned),
            arn: told.alarm_arn.0,
            account: told.account.0,
            state: told.new_state_value.0,
            reason: told.new_state_reason.0,
            time_ms: told.state_change_time.0.as_deref().and_then(time::of_text),
        };
        sink.event(&draft(change, raw)?);
        Ok(())
    })
}

fn owned<'a>(text: &str) -> Cow<'a, str> {
    Cow::Owned(text.to_owned())
}

/// What both tell.
pub(super) struct Change<'a> {
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) arn: Option<Cow<'a, str>>,
    pub(super) account: Option<Cow<'a, str>>,
    pub(super) region: Option<Cow<'a, str>>,
    pub(super) state: Option<Cow<'a, str>>,
    pub(super) reason: Option<Cow<'a, str>>,
    pub(super) time_ms: Option<i64>,
}

/// The event of a change: known by the alarm, the time and the new state.
pub(super) fn draft<'a>(change: Change<'a>, raw: &'a str) -> Result<Draft<'a>, Refusal> {
    let (Some(name), Some(state)) = (change.name, change.state) else {
        return Err(Refusal::new("an alarm of CloudWatch without a name or a state"));
    };
    let mut draft = Draft::new("aws.cloudwatch.alarm", SourceClass::Alert, Kind::Alerts);
    draft.class_uid = 2004;
    (draft.outcome, draft.severity) = match state.as_ref() {
        "ALARM" => (Outcome::Failure, Severity::High),
        "OK" => (Outcome::Success, Severity::Informational),
        _ => (Outcome::Unknown, Severity::Low),
    };
    let alarm = change.arn.as_deref().unwrap_or(&name);
    draft.native_id = change.time_ms.map(|time| format!("{alarm}/{time}/{state}").into());
    draft.time_ms = change.time_ms;
    draft.account = change.account;
    draft.attribute("cloud.provider", Some("aws"));
    draft.attribute("cloud.account.id", draft.account.clone());
    draft.attribute("cloud.region", change.region);
    draft.attribute("cloud.service", Some("cloudwatch"));
    draft.attribute("cloud.resource_id", change.arn);
    draft.detail("status", Some(state.as_ref()));
    draft.text = change.reason;
    draft.subject = Some(name);
    draft.action = state;
    draft.raw = Some(Cow::Borrowed(raw));
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::super::{eventbridge, recorder::recorded};
    use super::*;

    #[test]
    fn both_ways_give_the_same_event() {
        let told = br#"{"AlarmName":"cpu","AWSAccountId":"1","NewStateValue":"ALARM",
            "NewStateReason":"too high","StateChangeTime":"2026-01-01T12:00:00.000+0000",
            "AlarmArn":"arn:aws:cloudwatch:eu-west-1:1:alarm:cpu"}"#;
        let bridged = br#"{"version":"0","id":"b","detail-type":"CloudWatch Alarm State Change",
            "source":"aws.cloudwatch","account":"1","time":"2026-01-01T12:00:00Z",
            "region":"eu-west-1","resources":["arn:aws:cloudwatch:eu-west-1:1:alarm:cpu"],
            "detail":{"alarmName":"cpu","state":{"value":"ALARM","reason":"too high",
            "timestamp":"2026-01-01T12:00:00.000+0000"}}}"#;
        let told = recorded(&FORMAT, told);
        assert!(told.contains("cpu/1767268800000/ALARM"), "{told}");
        assert_eq!(recorded(&eventbridge::FORMAT, bridged), told);
    }
}
