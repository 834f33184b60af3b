//! What GitHub, Jira, Slack and `PagerDuty` post by their webhooks.
//!
//! **Invariant:** every post has the id that its source gives it: of its delivery where there is one,
//! else of the event that it tells.

use schemas::kind::Kind;

use super::body::{Body, Scene};
use super::story::{Due, Step};
use super::template::Template;
use super::text;
use crate::dice::Dice;

/// What is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Posted {
    Push,
    DeploymentStatus,
    Issue,
    Chat,
    Page,
}

impl Posted {
    /// By which post a step of a deploy is told.
    pub(super) fn of(step: Step) -> Self {
        match step {
            Step::Merged => Self::Push,
            Step::Begun | Step::Deployed => Self::DeploymentStatus,
            Step::Alarmed | Step::Resolved => Self::Page,
        }
    }

    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Push | Self::DeploymentStatus => Kind::Code,
            Self::Issue => Kind::Projects,
            Self::Chat => Kind::Messages,
            Self::Page => Kind::Alerts,
        }
    }
}

/// The shapes of their posts.
#[derive(Debug)]
pub(super) struct Webhooks {
    push: Template<5>,
    deployment_status: Template<6>,
    issue: Template<4>,
    chat: Template<5>,
    page: Template<6>,
}

impl Webhooks {
    pub(super) fn new() -> anyhow::Result<Self> {
        let push = ["before", "commit", "service", "time", "person"];
        let deployment_status = ["state", "deploy", "time", "service", "person", "number"];
        let issue = ["milliseconds", "person", "number", "service"];
        let chat = ["id", "person", "service", "seconds", "whole"];
        let page = ["id", "state", "time", "service", "deploy", "number"];
        let status = include_str!("templates/github-deployment-status.json");
        Ok(Self {
            push: Template::new(include_str!("templates/github-push.json"), push)?,
            deployment_status: Template::new(status, deployment_status)?,
            issue: Template::new(include_str!("templates/jira-issue.json"), issue)?,
            chat: Template::new(include_str!("templates/slack-message.json"), chat)?,
            page: Template::new(include_str!("templates/pagerduty-incident.json"), page)?,
        })
    }

    /// A post on an ordinary day.
    pub(super) fn any(&self, posted: Posted, scene: &Scene<'_>, dice: &mut Dice) -> Body {
        let change = text::hex(dice, 12);
        self.post(posted, (&change, "acknowledged"), scene, dice)
    }

    /// The post that tells a step of a deploy.
    pub(super) fn step(&self, due: &Due, scene: &Scene<'_>, dice: &mut Dice) -> Body {
        let state = match due.step {
            Step::Merged | Step::Begun => "in_progress",
            Step::Deployed => "success",
            Step::Alarmed => "triggered",
            Step::Resolved => "resolved",
        };
        self.post(Posted::of(due.step), (&due.deploy, state), scene, dice)
    }

    fn post(
        &self,
        posted: Posted,
        (change, state): (&str, &str),
        scene: &Scene<'_>,
        dice: &mut Dice,
    ) -> Body {
        let (id, time) = (text::uuid(dice), text::time_in_seconds(scene.time_ms));
        let (name, login) = (scene.service.name, scene.person.login);
        match posted {
            Posted::Push => {
                let (before, commit) = (commit(&text::hex(dice, 12)), commit(change));
                let text = self.push.fill([&before, &commit, name, &time, login]);
                of_github("push", id, text, scene)
            }
            Posted::DeploymentStatus => {
                let values = [state, &commit(change), &time, name, login, &number_of(change)];
                of_github("deployment_status", id, self.deployment_status.fill(values), scene)
            }
            Posted::Issue => self.issue(id, scene, dice),
            Posted::Chat => self.chat(scene, dice),
            Posted::Page => Body {
                format: "pagerduty",
                text: self.page.fill([&id, state, &time, name, change, &number_of(change)]),
                source: "pagerduty",
                native_id: id,
                time_ms: scene.time_ms,
                ..Body::default()
            },
        }
    }

    fn issue(&self, id: String, scene: &Scene<'_>, dice: &mut Dice) -> Body {
        let (time_ms, number) = (scene.time_ms.to_string(), dice.between(1, 9_000).to_string());
        Body {
            format: "jira",
            headers: vec![("x-atlassian-webhook-identifier", id.clone())],
            text: self.issue.fill([&time_ms, scene.person.login, &number, scene.service.name]),
            source: "jira",
            native_id: id,
            time_ms: scene.time_ms,
        }
    }

    fn chat(&self, scene: &Scene<'_>, dice: &mut Dice) -> Body {
        let id = format!("Ev{}", text::hex(dice, 12).to_ascii_uppercase());
        let whole = (scene.time_ms / 1_000).to_string();
        let seconds = format!("{whole}.{:03}000", scene.time_ms % 1_000);
        let (name, login) = (scene.service.name, scene.person.login);
        Body {
            format: "slack-event",
            text: self.chat.fill([&id, login, name, &seconds, &whole]),
            source: "slack",
            native_id: id,
            time_ms: scene.time_ms,
            ..Body::default()
        }
    }
}

/// The 40 digits of a commit, which begin with those that people call it by.
fn commit(change: &str) -> String {
    change.chars().cycle().take(40).collect()
}

/// The number by which a tool knows what it keeps of a deploy.
fn number_of(change: &str) -> String {
    let digits = change.get(..6).unwrap_or_default();
    u32::from_str_radix(digits, 16).unwrap_or(1).to_string()
}

/// Posts of GitHub are known by their delivery.
fn of_github(event: &str, delivery: String, text: String, scene: &Scene<'_>) -> Body {
    Body {
        format: "github-webhook",
        headers: vec![
            ("x-github-event", event.to_owned()),
            ("x-github-delivery", delivery.clone()),
        ],
        text,
        source: "github",
        native_id: delivery,
        time_ms: scene.time_ms,
    }
}
