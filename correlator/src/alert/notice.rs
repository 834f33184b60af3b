//! What a notification says.
//!
//! **Invariant:** its content is a function of the group and its alerts as they are at that moment, and
//! its key of the group's life, the occasion, the step, the receiver and the sequence. A notification
//! fits its topic: alerts beyond [`MEMBERS_MAX`] or [`MEMBERS_BYTES_MAX`] are counted, not named.

use std::collections::BTreeMap;

use schemas::alert::{AlertState, Level};
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::{AlertId, RecordId};
use schemas::notification::{Group as GroupTold, Member, Notification, Occasion};
use schemas::source_class::SourceClass;

use super::config::{OccasionName, ReceiverConfig};
use super::lifecycle::Work;
use super::matcher::level_name;
use super::out::Said;
use super::state::{Alert, Group};
use super::written::{SOURCE, time_of};

const MEMBERS_MAX: usize = 100;
const MEMBERS_BYTES_MAX: usize = 256 << 10;
const LINES_MAX: usize = 20;

/// What is told, of which group, to whom.
pub(super) struct Telling<'a> {
    pub(super) group: &'a Group,
    pub(super) receiver: &'a ReceiverConfig,
    pub(super) occasion: Occasion,
    pub(super) step: u32,
    pub(super) alerts: &'a [AlertId],
}

impl Work<'_> {
    /// Writes one notification.
    pub(super) fn notify(&mut self, telling: &Telling<'_>) {
        let members = self.members_told(telling.alerts);
        let notification = notification(telling, members);
        let at_ms = self.at_ms();
        let attributes = Attributes {
            id: notification.delivery_key,
            source: SOURCE.to_owned(),
            subject: Some(telling.receiver.name.clone()),
            time: time_of(at_ms),
            arrival_time: time_of(telling.group.arrival_ms),
            tenant: self.stores.name_of(self.tenant).to_string(),
            source_class: SourceClass::Finding,
            traceparent: None,
        };
        self.out.count("notifications", 1);
        self.out.urgent = true;
        let told = Box::new(Envelope::new(attributes, notification));
        self.out.said.push(Said::Notification(told));
    }

    fn members_told(&self, alerts: &[AlertId]) -> Vec<Member> {
        let mut room = MEMBERS_BYTES_MAX;
        let all = alerts.iter().filter_map(|id| Some(member(*id, self.alert(*id)?)));
        let fits = |member: &Member| match room.checked_sub(size(member)) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        };
        all.take(MEMBERS_MAX).take_while(fits).collect()
    }
}

fn member(id: AlertId, alert: &Alert) -> Member {
    let body = &alert.body;
    Member {
        alert: id,
        fingerprint: alert.fingerprint,
        state: super::written::state_of(alert),
        level: body.level,
        rule: body.rule.clone(),
        title: body.title.clone(),
        reason: body.reason.clone(),
        labels: body.labels.clone(),
        starts_at_ms: alert.starts_ms,
        ends_at_ms: alert.ends_ms,
        extra: Extra::new(),
    }
}

fn size(member: &Member) -> usize {
    let labels: usize =
        member.labels.iter().map(|(name, value)| name.len() + value.len() + 8).sum();
    300 + labels + member.title.len() + member.reason.len() + member.rule.len()
}

fn notification(telling: &Telling<'_>, members: Vec<Member>) -> Notification {
    let Telling { group, receiver, occasion, step, alerts } = *telling;
    let name = occasion_name(occasion);
    let (step_text, sequence) = (step.to_string(), group.sequence.to_string());
    let parts = [&group.life.to_string(), name, &step_text, &receiver.name, &sequence];
    let firing = members.iter().filter(|member| member.state != AlertState::Resolved).count();
    let left_out = alerts.len().saturating_sub(members.len());
    Notification {
        delivery_key: RecordId::of(Notification::TYPE, &parts),
        receiver: receiver.name.clone(),
        channel: receiver.channel,
        what: occasion,
        step,
        level: members.iter().map(|member| member.level).max().unwrap_or(Level::Info),
        title: title(telling, firing, &members),
        text: text(&members, left_out),
        incident: None,
        alerts: members.iter().map(|member| member.alert).collect(),
        group: Some(GroupTold {
            id: group.life,
            route: group.route.clone(),
            labels: group.labels.clone(),
            sequence: group.sequence,
            extra: Extra::new(),
        }),
        members,
        left_out: left_out as u64,
        extra: Extra::new(),
    }
}

fn title(telling: &Telling<'_>, firing: usize, members: &[Member]) -> String {
    let closed = members.len() - firing;
    let mut counts = Vec::new();
    if firing > 0 {
        counts.push(format!("{firing} firing"));
    }
    if closed > 0 {
        counts.push(format!("{closed} resolved"));
    }
    if telling.occasion == Occasion::Escalated {
        counts.push("nobody has acknowledged".to_owned());
    }
    let what = match (members, telling.group.labels.is_empty()) {
        ([only], _) => only.title.clone(),
        (_, false) => pairs(&telling.group.labels),
        (_, true) => telling.group.route.clone(),
    };
    format!("{}: {what}", counts.join(", "))
}

fn text(members: &[Member], left_out: usize) -> String {
    let line = |member: &Member| {
        let (level, title, reason) = (level_name(member.level), &member.title, &member.reason);
        let state = if member.state == AlertState::Resolved { "resolved" } else { level };
        let since = time_of(member.ends_at_ms.unwrap_or(member.starts_at_ms));
        format!("{state} since {since}: {title}: {reason}")
    };
    let mut lines: Vec<String> = members.iter().take(LINES_MAX).map(line).collect();
    let more = members.len().saturating_sub(LINES_MAX) + left_out;
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

fn pairs(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(" ")
}

fn occasion_name(occasion: Occasion) -> &'static str {
    match OccasionName::from(occasion) {
        OccasionName::Firing => "firing",
        OccasionName::Escalated => "escalated",
        OccasionName::Updated => "updated",
        OccasionName::Resolved => "resolved",
    }
}
