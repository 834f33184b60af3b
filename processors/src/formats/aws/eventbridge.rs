//! An event of `EventBridge`: an envelope around what a service of AWS, or anyone, has to tell.
//!
//! Traps: the envelope's `id` is not the id of the `CloudTrail` record inside, which may come by
//! other paths too; China spells "Amazon API Call via `CloudTrail`"; a state is a text or an
//! object.

use std::borrow::Cow;

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::alarm::{self, Change};
use super::loose::{Part, Word};
use super::pieces::{object, read_each, text_of};
use super::{arn, cloudtrail, guardduty};
use crate::draft::Draft;
use crate::formats::{Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "aws-eventbridge", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_all(&["detail-type", "source", "detail"])
        || look.has_all(&["source", "account", "region", "time", "detail"])
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    read_each::<Event<'_>>(text_of(input)?, sink, |event, raw, sink| {
        sink.event(&draft(event, raw)?);
        Ok(())
    })
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, default)]
    id: Word<'a>,
    #[serde(borrow, default, rename = "detail-type")]
    sort: Word<'a>,
    #[serde(borrow, default)]
    source: Word<'a>,
    #[serde(borrow, default)]
    account: Word<'a>,
    #[serde(borrow, default)]
    time: Word<'a>,
    #[serde(borrow, default)]
    region: Word<'a>,
    #[serde(borrow, default)]
    resources: Option<Vec<Word<'a>>>,
    #[serde(borrow)]
    detail: &'a RawValue,
}

/// What the details of many services have in common.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Detail<'a> {
    #[serde(borrow)]
    state: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow, rename = "build-status")]
    build_status: Word<'a>,
    #[serde(borrow)]
    last_status: Word<'a>,
    #[serde(borrow)]
    result: Word<'a>,
    #[serde(borrow, rename = "StatusCode")]
    status_code: Word<'a>,
    #[serde(borrow)]
    event_name: Word<'a>,
    #[serde(borrow)]
    reason: Word<'a>,
    #[serde(borrow)]
    deployment_id: Word<'a>,
    #[serde(borrow, rename = "execution-id")]
    execution_id: Word<'a>,
    #[serde(borrow, rename = "build-id")]
    build_id: Word<'a>,
    #[serde(borrow)]
    commit_id: Word<'a>,
    #[serde(borrow)]
    pipeline: Word<'a>,
    #[serde(borrow)]
    application: Word<'a>,
    #[serde(borrow, rename = "project-name")]
    project: Word<'a>,
    #[serde(borrow, rename = "repository-name")]
    repository: Word<'a>,
    #[serde(borrow, rename = "request-id")]
    request_id: Word<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AlarmDetail<'a> {
    #[serde(borrow)]
    alarm_name: Word<'a>,
    #[serde(borrow)]
    state: Part<AlarmState<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AlarmState<'a> {
    #[serde(borrow)]
    value: Word<'a>,
    #[serde(borrow)]
    reason: Word<'a>,
    #[serde(borrow)]
    timestamp: Word<'a>,
}

/// What is known in another form is mapped as that; if it is not what it says, it is any event.
fn draft<'a>(event: Event<'a>, raw: &'a str) -> Result<Draft<'a>, Refusal> {
    let detail = event.detail.get();
    let sort = event.sort.text();
    let known = match sort {
        "GuardDuty Finding" => guardduty::map(detail).ok(),
        "CloudWatch Alarm State Change" => of_alarm(&event, raw).ok(),
        _ if sort.ends_with("via CloudTrail") || sort.is_empty() => cloudtrail::map(detail).ok(),
        _ => None,
    };
    match known {
        Some(draft) => Ok(draft),
        None => any(event, raw),
    }
}

fn of_alarm<'a>(event: &Event<'a>, raw: &'a str) -> Result<Draft<'a>, Refusal> {
    let detail: AlarmDetail<'a> = object(event.detail.get().as_bytes())?;
    let state = detail.state.0.map(|state| *state).unwrap_or_default();
    let times = [&state.timestamp, &event.time];
    let change = Change {
        name: detail.alarm_name.0,
        arn: event.first_resource(),
        account: event.account.0.clone(),
        region: event.region.0.clone(),
        time_ms: times.into_iter().filter_map(|text| text.get()).find_map(time::of_text),
        state: state.value.0,
        reason: state.reason.0,
    };
    alarm::draft(change, raw)
}

impl<'a> Event<'a> {
    fn first_resource(&self) -> Option<Cow<'a, str>> {
        self.resources.as_ref()?.iter().find_map(|one| one.0.clone())
    }
}

fn any<'a>(mut event: Event<'a>, raw: &'a str) -> Result<Draft<'a>, Refusal> {
    let Some(source) = event.source.0.clone() else {
        return Err(Refusal::new("an event of EventBridge without a `source`"));
    };
    let service = source.strip_prefix("aws.").map(str::to_owned);
    let (class, kind) = classify(&source, event.sort.text());
    // Anyone may name a source as they like, so other feeds' names are not taken from them.
    let feed = if service.is_some() { source.clone() } else { Cow::Borrowed("aws.eventbridge") };
    let mut draft = Draft::new(feed, class, kind);
    draft.time_ms = event.time.get().and_then(time::of_text);
    draft.native_id = event.id.take();
    draft.account = event.account.take();
    let name = event.first_resource();
    draft.attribute("cloud.provider", Some("aws"));
    draft.attribute("cloud.account.id", draft.account.clone());
    draft.attribute("cloud.region", event.region.take());
    match service {
        Some(service) => draft.attribute("cloud.service", Some(service)),
        None => draft.attribute("service.name", Some(source)),
    }
    draft.subject = name.as_deref().map(|name| Cow::Owned(arn::short(name).to_owned()));
    draft.attribute("cloud.resource_id", name);
    draft.action = event.sort.take().unwrap_or(Cow::Borrowed("event"));
    // Anyone's details may have any shape; what they do not tell is left out.
    details(&mut draft, object(event.detail.get().as_bytes()).unwrap_or_default());
    draft.raw = Some(Cow::Borrowed(raw));
    Ok(draft)
}

/// Where it belongs: roll-outs, alerts, and else changes.
fn classify(source: &str, sort: &str) -> (SourceClass, Kind) {
    const DEPLOYS: [&str; 6] = [
        "aws.codedeploy",
        "aws.codepipeline",
        "aws.codebuild",
        "aws.codecommit",
        "aws.ecr",
        "aws.cloudformation",
    ];
    const ALERTS: [&str; 5] =
        ["aws.securityhub", "aws.health", "aws.guardduty", "aws.inspector2", "aws.macie"];
    let is_rollout = sort == "ECS Deployment State Change" || sort == "ECS Service Action";
    match source {
        // A scan of an image tells what is wrong with it.
        "aws.ecr" if sort.contains("Scan") => (SourceClass::Alert, Kind::Alerts),
        _ if is_rollout || DEPLOYS.contains(&source) => (SourceClass::Deploy, Kind::Code),
        _ if ALERTS.contains(&source) || sort.contains("Alarm") => {
            (SourceClass::Alert, Kind::Alerts)
        }
        _ => (SourceClass::Change, Kind::Audit),
    }
}

fn details<'a>(draft: &mut Draft<'a>, detail: Detail<'a>) {
    let states = [
        detail.state,
        detail.build_status,
        detail.last_status,
        detail.status,
        detail.result,
        detail.status_code,
        // Services of ECS tell their state by the event's name.
        detail.event_name,
    ];
    let state = states.into_iter().find_map(|state| state.0);
    (draft.outcome, draft.severity) = judge(state.as_deref().unwrap_or(""));
    draft.detail("status", state.as_deref());
    let changes = [detail.deployment_id, detail.execution_id, detail.build_id, detail.commit_id];
    draft.hints.change_ids.extend(changes.into_iter().filter_map(|id| id.0));
    draft.hints.request_id = detail.request_id.0;
    let names = [detail.pipeline, detail.application, detail.project, detail.repository];
    if let Some(name) = names.into_iter().find_map(|name| name.0) {
        draft.subject = Some(name);
    }
    draft.text = detail.reason.0;
}

/// Whether it worked, as far as the state tells.
fn judge(state: &str) -> (Outcome, Severity) {
    let state = state.to_ascii_uppercase();
    let holds = |words: &[&str]| words.iter().any(|word| state.contains(word));
    if holds(&["FAIL", "IMPAIRED", "TIMED_OUT"]) {
        (Outcome::Failure, Severity::Medium)
    } else if holds(&["SUCCE", "COMPLETE"]) {
        (Outcome::Success, Severity::Informational)
    } else {
        (Outcome::Unknown, Severity::Informational)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::recorder::recorded;
    use super::*;

    fn event(sort: &str, source: &str, detail: &str) -> String {
        format!(
            r#"{{"version":"0","id":"b-1","detail-type":"{sort}","source":"{source}",
            "account":"123456789012","time":"2026-01-01T12:00:00Z","region":"eu-west-1",
            "resources":["arn:aws:x:eu-west-1:123456789012:thing/t"],"detail":{detail}}}"#
        )
    }

    #[test]
    fn records_have_the_id_they_have_elsewhere() {
        let record = r#"{"eventID":"e-1","eventName":"X","eventSource":"y.amazonaws.com"}"#;
        let alone = recorded(&cloudtrail::FORMAT, record.as_bytes());
        for sort in ["AWS API Call via CloudTrail", "Amazon API Call via CloudTrail"] {
            let bridged = event(sort, "aws.y", record);
            assert_eq!(recorded(&FORMAT, bridged.as_bytes()), alone);
        }
        let odd = event("AWS API Call via CloudTrail", "aws.y", "[1]");
        assert!(recorded(&FORMAT, odd.as_bytes()).starts_with("event aws.y b-1"));
    }

    #[test]
    fn rollouts_alerts_and_others() {
        let events = [
            event(
                "CodeDeploy Deployment State-change Notification",
                "aws.codedeploy",
                r#"{"state":"FAILURE","deploymentId":"d-1","application":"shop"}"#,
            ),
            event(
                "ECS Deployment State Change",
                "aws.ecs",
                r#"{"eventName":"SERVICE_DEPLOYMENT_COMPLETED","deploymentId":"ecs-svc/1",
                "reason":"deployment completed."}"#,
            ),
            event("GuardDuty Finding", "aws.guardduty", r#"{"id":"f","type":"T","severity":2}"#),
            event("OrderPurchased", "shop", "\"words\""),
        ];
        expect![[r#"
            event aws.codedeploy b-1 1767268800000 deploy/code/0 `CodeDeploy Deployment State-change Notification` Failure Medium account 123456789012 subject shop
              resource cloud.provider=aws cloud.account.id=123456789012 cloud.region=eu-west-1 cloud.service=codedeploy cloud.resource_id=arn:aws:x:eu-west-1:123456789012:thing/t
              hints - - - ["d-1"]
              details {"status":"FAILURE"}
            event aws.ecs b-1 1767268800000 deploy/code/0 `ECS Deployment State Change` Success Informational account 123456789012 subject t
              resource cloud.provider=aws cloud.account.id=123456789012 cloud.region=eu-west-1 cloud.service=ecs cloud.resource_id=arn:aws:x:eu-west-1:123456789012:thing/t
              hints - - - ["ecs-svc/1"]
              text deployment completed.
              details {"status":"SERVICE_DEPLOYMENT_COMPLETED"}
            event aws.guardduty f/ -1 alert/alerts/2004 `T` Unknown Low account - subject -
              resource cloud.provider=aws
              hints - - - ["f"]
            event aws.eventbridge b-1 1767268800000 change/audit/0 `OrderPurchased` Unknown Informational account 123456789012 subject t
              resource cloud.provider=aws cloud.account.id=123456789012 cloud.region=eu-west-1 service.name=shop cloud.resource_id=arn:aws:x:eu-west-1:123456789012:thing/t
              hints - - - []
        "#]].assert_eq(&recorded(&FORMAT, events.concat().as_bytes()));
    }
}
