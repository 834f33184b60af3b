//! Which events are told, and how they travel: what goes on every day, and the steps of the story.
//!
//! **Invariant:** all events of a message are of one service and one family, so that they have one key,
//! and every envelope of the family can hold each of them.

use std::sync::Arc;

use schemas::kind::Kind;

use super::audit::Audits;
use super::body::{Body, Scene};
use super::change::Changes;
use super::envelope::{self, Envelope};
use super::story::{Due, Step};
use super::webhook::{Posted, Webhooks};
use super::world::{Cloud, Service, World, by_weight, one_of};
use crate::dice::Dice;

/// Events that are to be told together.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    pub(super) kind: Kind,
    pub(super) service: Arc<Service>,
    /// In which envelopes such events travel.
    pub(super) envelopes: &'static [Envelope],
    /// In which these travel.
    pub(super) envelope: Envelope,
    pub(super) bodies: Vec<Body>,
}

/// What goes on every day.
#[derive(Clone, Copy, Debug)]
enum Sort {
    CloudTrail,
    Azure,
    Google,
    Kubernetes,
    LogLine,
    /// An alarm that nobody need mind: it has too little data.
    Alarm,
    Pipeline,
    Own(Kind),
    Webhook(Posted),
}

const SORTS: [(Sort, u32); 11] = [
    (Sort::CloudTrail, 30),
    (Sort::Azure, 14),
    (Sort::Google, 14),
    (Sort::Kubernetes, 18),
    (Sort::LogLine, 8),
    (Sort::Alarm, 2),
    (Sort::Pipeline, 6),
    (Sort::Own(Kind::Documents), 2),
    (Sort::Own(Kind::Knowledge), 2),
    (Sort::Own(Kind::Projects), 2),
    (Sort::Own(Kind::Messages), 2),
];
/// A day of a company that posts by webhooks: at twenty messages a second a service is pushed to every twenty
/// minutes, and paged about once an hour.
const ORDINARY_DAY: [(Sort, u32); 15] = [
    (Sort::CloudTrail, 1_800),
    (Sort::Azure, 840),
    (Sort::Google, 840),
    (Sort::Kubernetes, 1_080),
    (Sort::LogLine, 480),
    (Sort::Alarm, 120),
    (Sort::Pipeline, 20),
    (Sort::Own(Kind::Documents), 120),
    (Sort::Own(Kind::Knowledge), 120),
    (Sort::Own(Kind::Projects), 10),
    (Sort::Own(Kind::Messages), 40),
    (Sort::Webhook(Posted::Push), 3),
    (Sort::Webhook(Posted::Issue), 10),
    (Sort::Webhook(Posted::Chat), 40),
    (Sort::Webhook(Posted::Page), 1),
];

/// The most events in a message.
const TOGETHER_MAX: u64 = 5;

impl Sort {
    /// Where it happens.
    fn is_of(self, cloud: Cloud) -> bool {
        match self {
            Self::CloudTrail | Self::LogLine | Self::Alarm => cloud == Cloud::Aws,
            Self::Azure => cloud == Cloud::Azure,
            Self::Google => cloud == Cloud::Gcp,
            Self::Kubernetes => cloud == Cloud::Kubernetes,
            Self::Pipeline | Self::Own(_) | Self::Webhook(_) => true,
        }
    }

    fn travels(self) -> (Kind, &'static [Envelope]) {
        match self {
            Self::CloudTrail => (Kind::Audit, envelope::OF_CLOUDTRAIL),
            Self::Azure => (Kind::Audit, envelope::OF_AZURE),
            Self::Google => (Kind::Audit, envelope::OF_GOOGLE),
            Self::Kubernetes => (Kind::Audit, envelope::OF_KUBERNETES),
            Self::LogLine => (Kind::Audit, envelope::OF_LOGS),
            Self::Alarm => (Kind::Alerts, envelope::OF_BRIDGE),
            Self::Pipeline => (Kind::Code, envelope::OF_CDEVENTS),
            Self::Own(kind) => (kind, envelope::OF_CLOUDEVENTS),
            Self::Webhook(posted) => (posted.kind(), envelope::OF_WEBHOOKS),
        }
    }
}

/// Tells events.
#[derive(Debug)]
pub(super) struct Teller {
    audits: Audits,
    changes: Changes,
    webhooks: Webhooks,
    with_webhooks: bool,
    sorts: &'static [(Sort, u32)],
}

impl Teller {
    pub(super) fn new(with_webhooks: bool) -> anyhow::Result<Self> {
        Ok(Self {
            audits: Audits::new()?,
            changes: Changes::new()?,
            webhooks: Webhooks::new()?,
            with_webhooks,
            sorts: if with_webhooks { &ORDINARY_DAY } else { &SORTS },
        })
    }

    /// Something that goes on every day.
    pub(super) fn any(&self, world: &World, time_ms: i64, dice: &mut Dice) -> Telling {
        let sort = by_weight(self.sorts, dice);
        let (kind, envelopes) = sort.travels();
        let envelope = *one_of(envelopes, dice);
        let service = world.service(|cloud| sort.is_of(cloud), dice);
        let count = if envelope.holds_many() { 1 + dice.below(TOGETHER_MAX) } else { 1 };
        let body = |_| self.body(sort, &scene(world, &service, time_ms, dice), dice);
        let bodies = (0..count).map(body).collect();
        Telling { kind, service, envelopes, envelope, bodies }
    }

    fn body(&self, sort: Sort, scene: &Scene<'_>, dice: &mut Dice) -> Body {
        match sort {
            Sort::CloudTrail => self.audits.cloudtrail(scene, dice),
            Sort::Azure => self.audits.azure(scene, dice),
            Sort::Google => self.audits.gcp(scene, dice),
            Sort::Kubernetes => self.audits.kubernetes(scene, dice),
            Sort::LogLine => Changes::log_line(scene, dice),
            Sort::Alarm => self.changes.alarm(scene, "INSUFFICIENT_DATA", dice),
            Sort::Pipeline => {
                let run = super::text::hex(dice, 12);
                self.changes.cdevent(scene, (&run, "pipelinerun.finished"), dice)
            }
            Sort::Own(kind) => self.changes.cloudevent(scene, kind, dice),
            Sort::Webhook(posted) => self.webhooks.any(posted, scene, dice),
        }
    }

    /// A step of a deploy, by the means of the cloud in which the service runs.
    pub(super) fn step(&self, due: &Due, world: &World, time_ms: i64, dice: &mut Dice) -> Telling {
        let service = Arc::clone(&due.service);
        let scene = scene(world, &service, time_ms, dice);
        let (kind, envelopes, body) = if self.with_webhooks {
            let body = self.webhooks.step(due, &scene, dice);
            (Posted::of(due.step).kind(), envelope::OF_WEBHOOKS, body)
        } else {
            self.plain_step(due, &scene, dice)
        };
        let envelope = *one_of(envelopes, dice);
        Telling { kind, service, envelopes, envelope, bodies: vec![body] }
    }

    fn plain_step(
        &self,
        due: &Due,
        scene: &Scene<'_>,
        dice: &mut Dice,
    ) -> (Kind, &'static [Envelope], Body) {
        let (is_aws, deploy) = (scene.service.cloud == Cloud::Aws, &*due.deploy);
        let kind = match due.step {
            Step::Merged | Step::Begun | Step::Deployed => Kind::Code,
            Step::Alarmed | Step::Resolved => Kind::Alerts,
        };
        let body = match due.step {
            Step::Merged => self.changes.cdevent(scene, (deploy, "change.merged"), dice),
            Step::Begun if is_aws => {
                self.changes.ecs(scene, deploy, "SERVICE_DEPLOYMENT_IN_PROGRESS", dice)
            }
            Step::Deployed if is_aws => {
                self.changes.ecs(scene, deploy, "SERVICE_DEPLOYMENT_COMPLETED", dice)
            }
            Step::Alarmed if is_aws => self.changes.alarm(scene, "ALARM", dice),
            Step::Resolved if is_aws => self.changes.alarm(scene, "OK", dice),
            Step::Begun => self.changes.cdevent(scene, (deploy, "pipelinerun.started"), dice),
            Step::Deployed => self.changes.cdevent(scene, (deploy, "service.deployed"), dice),
            Step::Alarmed => self.changes.cdevent(scene, (deploy, "incident.detected"), dice),
            Step::Resolved => self.changes.cdevent(scene, (deploy, "incident.resolved"), dice),
        };
        let is_bridged = is_aws && due.step != Step::Merged;
        let envelopes = if is_bridged { envelope::OF_BRIDGE } else { envelope::OF_CDEVENTS };
        (kind, envelopes, body)
    }
}

fn scene<'a>(world: &'a World, service: &'a Service, time_ms: i64, dice: &mut Dice) -> Scene<'a> {
    let (host, person) = (one_of(&service.hosts, dice), one_of(&world.people, dice));
    Scene { service, host, person, time_ms }
}
