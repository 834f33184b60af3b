//! A finding of `GuardDuty`, as its export and `EventBridge` give it.
//!
//! Traps: a finding that goes on is sent again with a later `updatedAt` and a greater count, which
//! is another event; severities are numbers from 1 to 10.

use std::borrow::Cow;

use schemas::event::Severity;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use serde::Deserialize;

use super::arn::{self, Place};
use super::loose::{Part, Parts, Word};
use super::pieces::{object, read_each, text_of};
use crate::draft::{Draft, DraftActor};
use crate::formats::{Format, Look};
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "aws-guardduty", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    look.has_all(&["schemaVersion", "accountId", "type", "service", "severity"])
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    read_each::<Finding<'_>>(text_of(input)?, sink, |finding, raw, sink| {
        sink.event(&draft(finding, raw)?);
        Ok(())
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Finding<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow, rename = "type")]
    sort: Word<'a>,
    #[serde(borrow)]
    account_id: Word<'a>,
    #[serde(borrow)]
    region: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    updated_at: Word<'a>,
    #[serde(borrow)]
    created_at: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    resource: Part<Resource<'a>>,
    #[serde(borrow)]
    service: Part<Service<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Resource<'a> {
    #[serde(borrow)]
    instance_details: Part<Instance<'a>>,
    #[serde(borrow)]
    access_key_details: Part<AccessKey<'a>>,
    #[serde(borrow)]
    s3_bucket_details: Parts<Bucket<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Instance<'a> {
    #[serde(borrow)]
    instance_id: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct AccessKey<'a> {
    #[serde(borrow)]
    access_key_id: Word<'a>,
    #[serde(borrow)]
    principal_id: Word<'a>,
    #[serde(borrow)]
    user_name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Bucket<'a> {
    #[serde(borrow)]
    arn: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Service<'a> {
    #[serde(borrow)]
    count: Word<'a>,
    #[serde(borrow)]
    action: Part<Action<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Action<'a> {
    #[serde(borrow)]
    aws_api_call_action: Part<Call<'a>>,
    #[serde(borrow)]
    network_connection_action: Part<Call<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Call<'a> {
    #[serde(borrow)]
    remote_ip_details: Part<Remote<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Remote<'a> {
    #[serde(borrow)]
    ip_address_v4: Word<'a>,
}

/// The event of one finding's text.
pub(super) fn map(raw: &str) -> Result<Draft<'_>, Refusal> {
    draft(object(raw.as_bytes())?, raw)
}

fn draft<'a>(mut finding: Finding<'a>, raw: &'a str) -> Result<Draft<'a>, Refusal> {
    let Some(action) = finding.sort.take() else {
        return Err(Refusal::new("not a finding of GuardDuty: it has no `type`"));
    };
    let mut draft = Draft::new("aws.guardduty", SourceClass::Alert, Kind::Alerts);
    draft.class_uid = 2004;
    draft.action = action;
    draft.severity = severity(finding.severity.text());
    let when = finding.updated_at.take().or_else(|| finding.created_at.take());
    draft.time_ms = when.as_deref().and_then(time::of_text);
    let id = finding.id.get();
    draft.native_id = id.map(|id| format!("{id}/{}", when.as_deref().unwrap_or("")).into());
    draft.account = finding.account_id.take();
    draft.attribute("cloud.provider", Some("aws"));
    draft.attribute("cloud.account.id", draft.account.clone());
    draft.attribute("cloud.region", finding.region.0.clone());
    let resource = finding.resource.0.take().unwrap_or_default();
    name_target(&mut draft, *resource, finding.region.text());
    let service = finding.service.0.take().unwrap_or_default();
    draft.detail("count", service.count.get().and_then(|count| count.parse::<u64>().ok()));
    draft.network.source_address = service.action.0.and_then(|action| remote(*action));
    draft.text = finding.title.take().or_else(|| finding.description.take());
    draft.hints.change_ids.extend(finding.id.take());
    draft.raw = Some(Cow::Borrowed(raw));
    Ok(draft)
}

fn name_target<'a>(draft: &mut Draft<'a>, resource: Resource<'a>, region: &str) {
    let key = resource.access_key_details.0.map(|key| *key).unwrap_or_default();
    draft.hints.session_id = key.access_key_id.0;
    let id = key.principal_id.0.or_else(|| key.user_name.0.clone());
    draft.actor = id.map(|id| DraftActor { id, kind: Some("user".into()), name: key.user_name.0 });
    let account = draft.account.clone().unwrap_or_default();
    let place = Place { region, account: &account };
    let instance = resource.instance_details.0.and_then(|one| one.instance_id.0);
    let bucket = || resource.s3_bucket_details.0.into_iter().find_map(|bucket| bucket.arn.0);
    let name = instance.map(|id| arn::instance(place, id)).or_else(bucket);
    let user = || draft.actor.as_ref().and_then(|actor| actor.name.clone());
    draft.subject = match &name {
        Some(name) => Some(Cow::Owned(arn::short(name).to_owned())),
        None => user(),
    };
    draft.attribute("cloud.resource_id", name);
}

fn remote(action: Action<'_>) -> Option<Cow<'_, str>> {
    let call = action.aws_api_call_action.0.or(action.network_connection_action.0)?;
    call.remote_ip_details.0?.ip_address_v4.0
}

/// The bands of severity that `GuardDuty` documents.
fn severity(number: &str) -> Severity {
    match number.parse::<f64>() {
        Ok(number) if number >= 9.0 => Severity::Critical,
        Ok(number) if number >= 7.0 => Severity::High,
        Ok(number) if number >= 4.0 => Severity::Medium,
        Ok(number) if number >= 1.0 => Severity::Low,
        _ => Severity::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::recorder::recorded;
    use super::*;

    #[test]
    fn a_finding_about_an_instance_and_one_about_a_key() {
        let value = br#"{"schemaVersion":"2.0","accountId":"1","region":"eu-west-1","id":"f-1",
            "type":"Recon:EC2/Portscan","severity":5,"updatedAt":"2026-01-01T12:00:00.000Z",
            "title":"A port scan.","resource":{"instanceDetails":{"instanceId":"i-1"}},
            "service":{"count":3,"action":{"networkConnectionAction":
            {"remoteIpDetails":{"ipAddressV4":"192.0.2.1"}}}}}
            {"id":"f-2","type":"UnauthorizedAccess:IAMUser/ConsoleLogin","severity":8.2,"resource":
            {"accessKeyDetails":{"accessKeyId":"ASIA1","principalId":"AIDA1","userName":"bo"}}}"#;
        expect![[r#"
            event aws.guardduty f-1/2026-01-01T12:00:00.000Z 1767268800000 alert/alerts/2004 `Recon:EC2/Portscan` Unknown Medium account 1 subject i-1
              resource cloud.provider=aws cloud.account.id=1 cloud.region=eu-west-1 cloud.resource_id=arn:aws:ec2:eu-west-1:1:instance/i-1
              network 192.0.2.1 -> - (None, None) -
              hints - - - ["f-1"]
              text A port scan.
              details {"count":3}
            event aws.guardduty f-2/ -1 alert/alerts/2004 `UnauthorizedAccess:IAMUser/ConsoleLogin` Unknown High account - subject bo
              resource cloud.provider=aws
              actor AIDA1 user bo
              hints - - ASIA1 ["f-2"]
        "#]].assert_eq(&recorded(&FORMAT, value));
    }
}
