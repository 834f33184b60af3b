//! What is told, in the bytes of the systems that tell it.
//!
//! **Invariant:** nothing here knows whether it is told in a story: truth stands beside the bytes.

use serde_json::{Value, json};

use super::estate::{Service, person};
use crate::dice::Dice;
use schemas::time::Time;

/// A record on the wire.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    /// The format that it has to be read as.
    pub(super) format: &'static str,
    pub(super) value: Value,
}

fn wire(format: &'static str, value: Value) -> Wire {
    Wire { format, value }
}

fn time(ms: i64) -> String {
    Time::from_millis(ms).map(|time| time.to_string()).unwrap_or_default()
}

pub(super) fn hex(dice: &mut Dice, digits: usize) -> String {
    let mut text: String = (0..3).map(|_| format!("{:016x}", dice.below(u64::MAX))).collect();
    text.truncate(digits);
    text
}

fn repository(service: &Service) -> Value {
    let name = service.name;
    json!({"id": 1, "node_id": "R_1", "name": name, "full_name": format!("acme/{name}"),
        "html_url": format!("https://github.com/acme/{name}"), "owner": {"login": "acme"}})
}

/// A push to GitHub.
pub(super) fn push(
    service: &Service,
    ms: i64,
    commit: &str,
    message: &str,
    dice: &mut Dice,
) -> Wire {
    let who = person(dice);
    let head =
        json!({"id": commit, "message": message, "timestamp": time(ms), "author": {"name": who}});
    wire(
        "github-webhook",
        json!({"ref": "refs/heads/main", "before": hex(dice, 40), "after": commit, "base_ref": null,
        "repository": repository(service), "pusher": {"name": who},
        "sender": {"login": who, "id": 1, "node_id": "U_1", "type": "User"}, "commits": [head], "head_commit": head}),
    )
}

/// A merge in GitLab.
pub(super) fn merge(
    service: &Service,
    ms: i64,
    commit: &str,
    message: &str,
    dice: &mut Dice,
) -> Wire {
    let path = format!("acme/{}", service.name);
    wire(
        "gitlab-webhook",
        json!({"object_kind": "merge_request", "event_type": "merge_request",
        "user": {"id": 1, "username": person(dice), "name": "x"},
        "project": {"id": 9, "name": service.name, "path_with_namespace": path, "namespace": "acme", "web_url": format!("https://gitlab.example/{path}")},
        "object_attributes": {"id": dice.below(1 << 40), "iid": dice.between(100, 9_000), "title": message, "state": "merged", "action": "merge",
            "source_branch": "work", "target_branch": "main", "merge_commit_sha": commit, "last_commit": {"id": commit, "message": message},
            "created_at": time(ms), "updated_at": time(ms)}}),
    )
}

/// A deployment, as GitHub or as Argo CD tells it.
pub(super) fn deployed(service: &Service, ms: i64, commit: &str, dice: &mut Dice) -> Wire {
    let name = service.name;
    if dice.per_mille(500) {
        return wire(
            "cdevents",
            json!({"context": {"version": "0.4.1", "id": hex(dice, 32), "source": "/argocd",
            "type": "dev.cdevents.service.deployed.0.2.0", "timestamp": time(ms)},
            "subject": {"id": format!("{name}-prod"), "source": "/argocd", "content": {"environment": {"id": "production"},
                "service": {"id": name}, "artifactId": format!("pkg:oci/{name}@{commit}")}}}),
        );
    }
    wire(
        "github-webhook",
        json!({"action": "created", "repository": repository(service),
        "deployment_status": {"id": dice.below(1 << 40), "node_id": "DS", "state": "success", "environment": "production", "created_at": time(ms)},
        "deployment": {"id": dice.below(1 << 40), "node_id": "D", "sha": commit, "ref": "main", "task": "deploy", "environment": "production"},
        "sender": {"login": "argocd", "id": 1, "node_id": "U_1", "type": "Bot"}}),
    )
}

/// A call in an account of AWS.
pub(super) fn call(
    ms: i64,
    (who, key): (&str, &str),
    (api, action): (&str, &str),
    (request, response): (Value, Value),
    dice: &mut Dice,
) -> Wire {
    let (user, address) = (
        format!("arn:aws:iam::123456789012:user/{who}"),
        format!("198.51.100.{}", key.len() + who.len()),
    );
    wire(
        "aws-cloudtrail",
        json!({"eventVersion": "1.09", "eventTime": time(ms), "eventSource": format!("{api}.amazonaws.com"), "eventName": action,
        "awsRegion": "eu-central-1", "sourceIPAddress": address, "userAgent": "aws-cli/2.17.0",
        "userIdentity": {"type": "IAMUser", "principalId": "AIDA1", "arn": user, "accountId": "123456789012", "userName": who, "accessKeyId": key},
        "requestParameters": request, "responseElements": response, "requestID": hex(dice, 32), "eventID": hex(dice, 36),
        "readOnly": false, "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": "123456789012", "eventCategory": "Management"}),
    )
}

/// Somebody changes an object of the cluster.
pub(super) fn patched(ms: i64, resource: &str, name: &str, dice: &mut Dice) -> Wire {
    wire(
        "k8s-audit",
        json!({"kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "Metadata", "auditID": hex(dice, 32), "stage": "ResponseComplete",
        "requestURI": format!("/api/v1/namespaces/shop/{resource}/{name}"), "verb": "patch",
        "user": {"username": format!("{}@acme.example", person(dice)), "groups": ["system:authenticated"]},
        "sourceIPs": ["198.51.100.9"], "userAgent": "kubectl/v1.31.0",
        "objectRef": {"resource": resource, "namespace": "shop", "name": name, "apiVersion": "v1"},
        "responseStatus": {"metadata": {}, "code": 200}, "requestReceivedTimestamp": time(ms), "stageTimestamp": time(ms)}),
    )
}

/// What an alert says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alarm<'a> {
    pub(super) rule: &'a str,
    pub(super) words: &'a str,
    /// Tells one episode from the next.
    pub(super) episode: &'a str,
    pub(super) since_ms: i64,
    pub(super) is_over: bool,
}

/// By Prometheus' Alertmanager, of a service or of one of its pods.
pub(super) fn alertmanager(
    service: &Service,
    pod: Option<&str>,
    ms: i64,
    alarm: Alarm<'_>,
) -> Wire {
    let status = if alarm.is_over { "resolved" } else { "firing" };
    let ends = if alarm.is_over { time(ms) } else { "0001-01-01T00:00:00Z".to_owned() };
    let (label, value) = pod.map_or(("service", service.name), |pod| ("pod", pod));
    wire(
        "alertmanager-webhook",
        json!({"version": "4", "groupKey": format!("{{}}:{{alertname=\"{}\"}}", alarm.rule), "receiver": "isobar", "status": status,
        "externalURL": "http://alertmanager", "truncatedAlerts": 0, "alerts": [{"status": status, "fingerprint": alarm.episode,
            "labels": {"alertname": alarm.rule, label: value, "severity": "warning", "namespace": "shop"},
            "annotations": {"summary": alarm.words}, "startsAt": time(alarm.since_ms), "endsAt": ends, "generatorURL": "http://prometheus"}]}),
    )
}

pub(super) fn pagerduty(service: &Service, ms: i64, alarm: Alarm<'_>, dice: &mut Dice) -> Wire {
    let state = if alarm.is_over { "resolved" } else { "triggered" };
    wire(
        "pagerduty",
        json!({"event": {"id": hex(dice, 26), "event_type": format!("incident.{state}"), "resource_type": "incident", "occurred_at": time(ms),
        "agent": {"id": "P1", "type": "service_reference", "summary": "monitor"},
        "data": {"id": format!("Q{}", alarm.episode), "type": "incident", "number": 1, "status": state, "title": alarm.words, "created_at": time(alarm.since_ms),
            "service": {"id": format!("P{}", service.name.len()), "summary": service.name, "type": "service_reference"}, "urgency": "high", "assignees": [], "teams": []}}}),
    )
}

pub(super) fn datadog(service: &Service, ms: i64, alarm: Alarm<'_>, dice: &mut Dice) -> Wire {
    let (state, kind) =
        if alarm.is_over { ("Recovered", "success") } else { ("Triggered", "error") };
    wire(
        "datadog",
        json!({"id": hex(dice, 12), "title": format!("[{state}] {}", alarm.rule), "body": alarm.words, "event_type": "query_alert_monitor",
        "alert_transition": state, "alert_type": kind, "alert_id": alarm.rule.len().to_string(), "alert_title": alarm.rule, "alert_cycle_key": alarm.episode,
        "alert_priority": "P3", "date": ms.to_string(), "last_updated": ms.to_string(), "tags": format!("env:prod,service:{}", service.name),
        "org": {"id": "1", "name": "acme"}}),
    )
}

/// An alarm of `CloudWatch`, which has the service in its name alone.
pub(super) fn cloudwatch(service: &Service, ms: i64, alarm: Alarm<'_>) -> Wire {
    let (name, state) = (
        format!("{}-{}", service.name, alarm.rule.to_lowercase()),
        if alarm.is_over { "OK" } else { "ALARM" },
    );
    wire(
        "aws-cloudwatch-alarm",
        json!({"AlarmName": name, "AWSAccountId": "123456789012", "NewStateValue": state, "NewStateReason": "Threshold Crossed",
        "StateChangeTime": time(ms).replace('Z', "+0000"), "OldStateValue": "INSUFFICIENT_DATA", "Region": "EU (Frankfurt)",
        "AlarmArn": format!("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{name}")}),
    )
}

/// What a ticket says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket<'a> {
    pub(super) key: &'a str,
    pub(super) title: &'a str,
    pub(super) component: Option<&'a str>,
    pub(super) state: &'a str,
}

pub(super) fn jira(ms: i64, ticket: Ticket<'_>, dice: &mut Dice) -> Wire {
    let (project, number) = ticket.key.split_once('-').unwrap_or_default();
    let components: Vec<Value> =
        ticket.component.iter().map(|name| json!({"name": name})).collect();
    wire(
        "jira",
        json!({"timestamp": ms, "webhookEvent": "jira:issue_updated", "user": {"accountId": person(dice), "displayName": "x", "accountType": "atlassian"},
        "issue": {"id": number, "key": ticket.key, "fields": {"summary": ticket.title, "status": {"name": ticket.state}, "priority": {"name": "High"},
            "issuetype": {"name": "Bug"}, "project": {"key": project, "name": project}, "components": components, "labels": []}},
        "changelog": {"id": hex(dice, 9), "items": [{"field": "status", "fromString": "Open", "toString": ticket.state}]}}),
    )
}

pub(super) fn servicenow(ms: i64, ticket: Ticket<'_>, dice: &mut Dice) -> Wire {
    let at = time(ms).replace('T', " ");
    let at = at.get(..19).unwrap_or_default();
    let ci = ticket.component.map(|name| json!({"display_value": name, "value": "c1"}));
    wire(
        "servicenow",
        json!({"sys_id": hex(dice, 32), "sys_class_name": "incident", "number": ticket.key, "short_description": ticket.title,
        "state": ticket.state, "priority": "2", "opened_at": at, "sys_created_on": at, "sys_updated_on": at, "sys_updated_by": person(dice),
        "sys_mod_count": dice.below(90).to_string(), "cmdb_ci": ci}),
    )
}

/// A message in Slack; an answer names what it answers.
pub(super) fn slack(
    ms: i64,
    channel: &str,
    text: &str,
    thread: Option<&str>,
    dice: &mut Dice,
) -> Wire {
    let mut event = json!({"type": "message", "channel": channel, "user": person(dice), "text": text, "ts": stamp(ms), "event_ts": stamp(ms), "channel_type": "channel"});
    if let (Some(thread), Some(event)) = (thread, event.as_object_mut()) {
        event.insert("thread_ts".to_owned(), thread.into());
    }
    wire(
        "slack-event",
        json!({"token": "none", "team_id": "T0", "api_app_id": "A0", "event": event, "type": "event_callback",
        "event_id": format!("Ev{}", hex(dice, 12)), "event_time": ms / 1_000}),
    )
}

/// By which Slack knows a message of this time.
pub(super) fn stamp(ms: i64) -> String {
    format!("{}.{:03}000", ms / 1_000, ms % 1_000)
}

pub(super) fn teams(ms: i64, channel: &str, text: &str, dice: &mut Dice) -> Wire {
    let id = ms.to_string();
    wire(
        "teams",
        json!({"id": id, "messageType": "message", "createdDateTime": time(ms), "lastModifiedDateTime": time(ms), "etag": hex(dice, 8),
        "importance": "normal", "from": {"user": {"id": person(dice), "displayName": "x"}}, "body": {"contentType": "text", "content": text},
        "channelIdentity": {"teamId": "t1", "channelId": channel}}),
    )
}
