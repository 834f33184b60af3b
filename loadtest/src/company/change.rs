//! What happens to services: deploys and alarms, lines of logs, and what is written about them.
//!
//! **Invariant:** the id told for an event is made of the values that are written, by the rules that
//! its source's documentation gives, and of nothing else.

use schemas::kind::Kind;

use super::body::{Body, Scene};
use super::template::Template;
use super::text;
use crate::dice::Dice;

/// The shapes of their records.
#[derive(Debug)]
pub(super) struct Changes {
    ecs: Template<7>,
    alarm: Template<7>,
    cdevent: Template<6>,
    cloudevent: Template<6>,
}

impl Changes {
    pub(super) fn new() -> anyhow::Result<Self> {
        let ecs = ["id", "account", "time", "region", "service", "state", "deploy"];
        let alarm = ["id", "account", "time", "region", "service", "state", "changed"];
        let cdevent = ["id", "what", "time", "deploy", "subject", "service"];
        let cloudevent = ["id", "source", "type", "service", "time", "data"];
        Ok(Self {
            ecs: Template::new(include_str!("templates/ecs-deployment.json"), ecs)?,
            alarm: Template::new(include_str!("templates/alarm.json"), alarm)?,
            cdevent: Template::new(include_str!("templates/cdevent.json"), cdevent)?,
            cloudevent: Template::new(include_str!("templates/cloudevent.json"), cloudevent)?,
        })
    }

    /// A roll-out on AWS that has come to this state.
    pub(super) fn ecs(
        &self,
        scene: &Scene<'_>,
        deploy: &str,
        state: &str,
        dice: &mut Dice,
    ) -> Body {
        let Scene { service, time_ms, .. } = *scene;
        let (id, time) = (text::uuid(dice), text::time_in_seconds(time_ms));
        let place = (&*service.account, service.region);
        let text = self.ecs.fill([&id, place.0, &time, place.1, service.name, state, deploy]);
        let format = "aws-eventbridge";
        Body { format, text, source: "aws.ecs", native_id: id, time_ms, ..Body::default() }
    }

    /// An alarm on the latency of a service: its id is the alarm, the time and the new state.
    pub(super) fn alarm(&self, scene: &Scene<'_>, state: &str, dice: &mut Dice) -> Body {
        let Scene { service, time_ms, .. } = *scene;
        let (id, time) = (text::uuid(dice), text::time_in_seconds(time_ms));
        let changed = text::time(time_ms).replace('Z', "+0000");
        let (name, region, account) = (service.name, service.region, &*service.account);
        let text = self.alarm.fill([&id, account, &time, region, name, state, &changed]);
        let arn = format!("arn:aws:cloudwatch:{region}:{account}:alarm:{name}-latency");
        let native_id = format!("{arn}/{time_ms}/{state}");
        let (format, source) = ("aws-eventbridge", "aws.cloudwatch.alarm");
        Body { format, text, source, native_id, time_ms, ..Body::default() }
    }

    /// What a pipeline did, or found: `service.deployed`, `incident.detected`. An id is unique
    /// within its source.
    pub(super) fn cdevent(
        &self,
        scene: &Scene<'_>,
        (deploy, what): (&str, &str),
        dice: &mut Dice,
    ) -> Body {
        let (id, time) = (text::uuid(dice), text::time(scene.time_ms));
        let name = scene.service.name;
        // Other things than services are known by the deploy that they are about.
        let subject = if what.starts_with("service.") { name } else { deploy };
        Body {
            format: "cdevents",
            text: self.cdevent.fill([&id, what, &time, deploy, subject, name]),
            source: "cdevents",
            native_id: format!("/shop/pipelines/{id}"),
            time_ms: scene.time_ms,
            ..Body::default()
        }
    }

    /// Something of the house's own, which no format knows: a page, a fact, a task, a note.
    pub(super) fn cloudevent(&self, scene: &Scene<'_>, kind: Kind, dice: &mut Dice) -> Body {
        let Scene { service, person, time_ms, .. } = *scene;
        let (id, time) = (text::uuid(dice), text::time(time_ms));
        let (source, sort) = match kind {
            Kind::Documents => ("/shop/handbook", "example.shop.page.edited"),
            Kind::Knowledge => ("/shop/extractor", "example.shop.fact.found"),
            Kind::Projects => ("/shop/board", "example.shop.task.moved"),
            _ => ("/shop/board", "example.shop.note.posted"),
        };
        let (name, login, words) = (service.name, person.login, dice.between(50, 900));
        let data = format!(r#"{{"entry":"runbooks/{name}","editor":"{login}","words":{words}}}"#);
        Body {
            format: "cloudevents",
            text: self.cloudevent.fill([&id, source, sort, name, &time, &data]),
            source: "cloudevents",
            native_id: format!("{source}/{id}"),
            time_ms,
            ..Body::default()
        }
    }

    /// A line that a service logged: known by its group, its stream and its number there.
    pub(super) fn log_line(scene: &Scene<'_>, dice: &mut Dice) -> Body {
        let Scene { service, person, time_ms, .. } = *scene;
        let (id, took_ms) = (dice.between(1 << 60, 1 << 62), dice.below(900));
        let (group, login) = (log_group(service.name), person.login);
        Body {
            text: format!("INFO order of {login} was taken in {took_ms} ms"),
            source: "aws.cloudwatch.logs",
            native_id: format!("{group}/{LOG_STREAM}/{id}"),
            time_ms,
            ..Body::default()
        }
    }
}

/// The stream of all log groups.
pub(super) const LOG_STREAM: &str = "main";

/// The group that a service logs to.
pub(super) fn log_group(service: &str) -> String {
    format!("/shop/{service}")
}
