//! `CDEvents`: what delivery pipelines did, and what reached which environment.
//!
//! The type says both what it is about and what became of it: `dev.cdevents.{subject}.{predicate}.
//! {version}`. Traps: versions of the specification move the same ids between `subject` and
//! `subject.content`; the outcome is only in `finished` events, as `pass`, `success`, `failure`…

use std::borrow::Cow;

use schemas::event::{Outcome, Severity};
use schemas::kind::Kind;
use schemas::source_class::SourceClass;

use super::fields::{Fields, scalar};
use super::pieces::Pieces;
use super::{Format, Look};
use crate::draft::{Draft, DraftActor};
use crate::input::Input;
use crate::sink::{Refusal, Sink};

/// What the types of these events begin with.
pub(super) const PREFIX: &str = "dev.cdevents.";

pub(super) fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    Pieces { envelope: "", read: &read_event }.read_all(input, sink)
}

fn read_event(
    fields: &Fields<'_>,
    raw: &str,
    _: &Input<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Refusal> {
    let context = fields.object("context");
    let name = context.text(&["type"]).unwrap_or_default();
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return Err(Refusal::new("`context.type` does not begin with `dev.cdevents.`"));
    };
    let mut words = rest.split('.');
    let about = words.next().unwrap_or_default();
    let done = words.next().unwrap_or_default();
    let mut draft = event(&context, &fields.object("subject"), about, done);
    draft.raw = Some(Cow::Borrowed(raw));
    sink.event(&draft);
    Ok(())
}

fn event<'a>(context: &Fields<'a>, subject: &Fields<'a>, about: &str, done: &str) -> Draft<'a> {
    let (class, kind) = sort(about);
    let content = subject.object("content");
    let mut draft = Draft::new("cdevents", class, kind);
    let source = context.text(&["source"]).unwrap_or_default();
    draft.native_id = context.text(&["id"]).map(|id| Cow::Owned(format!("{source}/{id}")));
    draft.time_ms = context.time_ms(&["timestamp"]);
    draft.action = Cow::Owned(format!("{about}.{done}"));
    draft.outcome = outcome(done, &content);
    draft.severity = severity(draft.outcome, about, done);
    draft.subject = subject.text(&["id"]);
    let about_it = content.text(&["name", "summary", "description", "taskName", "pipelineName"]);
    draft.text = content.text(&["errors", "reason"]).or(about_it);
    place(&mut draft, subject, &content, about);
    draft.actor = actor(&content);
    draft.hints.session_id = context.text(&["chainId"]);
    changes(&mut draft, subject, &content, about);
    draft.detail("event_source", Some(source.as_ref()).filter(|source| !source.is_empty()));
    let said = content.text(&["outcome", "decision", "status", "resolution", "severity"]);
    draft.detail("result", said.as_deref());
    draft.detail("url", content.text(&["url", "uri", "viewUrl"]).as_deref());
    draft
}

/// Incidents and tickets are reported by pipelines too, but they are no roll-outs.
fn sort(about: &str) -> (SourceClass, Kind) {
    match about {
        "incident" => (SourceClass::Alert, Kind::Alerts),
        "ticket" => (SourceClass::Ticket, Kind::Projects),
        _ => (SourceClass::Deploy, Kind::Code),
    }
}

fn outcome(done: &str, content: &Fields<'_>) -> Outcome {
    let said = content.text(&["outcome", "decision"]).unwrap_or_default().to_ascii_lowercase();
    match (done, said.as_str()) {
        (_, "pass" | "success" | "succeeded" | "approved") => Outcome::Success,
        (_, "fail" | "failure" | "error" | "cancel" | "denied" | "rejected") => Outcome::Failure,
        ("queued" | "started" | "finished" | "suspended" | "resumed" | "requested", _) => {
            Outcome::Unknown
        }
        ("detected" | "skipped" | "abandoned", _) => Outcome::Unknown,
        // Created, published, deployed, merged: it is told because it was done.
        _ if content.has("errors") => Outcome::Failure,
        _ => Outcome::Success,
    }
}

fn severity(outcome: Outcome, about: &str, done: &str) -> Severity {
    match (about, done) {
        ("incident", "detected" | "reported") => Severity::High,
        _ if outcome == Outcome::Failure => Severity::Medium,
        _ => Severity::Informational,
    }
}

fn place<'a>(draft: &mut Draft<'a>, subject: &Fields<'a>, content: &Fields<'a>, about: &str) {
    let id = |name: &str| content.object(name).text(&["id", "name"]);
    let own = |name: &str| if about == name { subject.text(&["id"]) } else { None };
    draft.attribute("service.name", own("service").or_else(|| id("service")));
    let environment = own("environment").or_else(|| id("environment"));
    draft.attribute("deployment.environment.name", environment);
    let repository = own("repository").or_else(|| id("repository"));
    draft.attribute("vcs.repository.name", repository);
    let pipeline = content.text(&["pipelineName"]);
    draft.attribute("cicd.pipeline.name", pipeline);
    let run = own("pipelinerun").or_else(|| id("pipelineRun"));
    draft.attribute("cicd.pipeline.run.id", run);
    draft.attribute("cicd.pipeline.task.name", content.text(&["taskName", "task"]));
    let artifact = own("artifact").or_else(|| content.text(&["artifactId"]));
    draft.attribute("artifact.id", artifact);
    draft.attribute("cdevents.subject.id", subject.text(&["id"]));
    draft.attribute("cdevents.subject.source", subject.text(&["source"]));
}

fn actor<'a>(content: &Fields<'a>) -> Option<DraftActor<'a>> {
    let id = content.text(&["user", "updatedBy", "creator", "responder", "createdBy"])?;
    Some(DraftActor { id, kind: Some(Cow::Borrowed("user")), name: None })
}

/// By these ids other records mention the same roll-out: the artifact, the change, the run.
fn changes<'a>(draft: &mut Draft<'a>, subject: &Fields<'a>, content: &Fields<'a>, about: &str) {
    let is_change = matches!(about, "artifact" | "change" | "pipelinerun" | "build" | "ticket");
    let own = is_change.then(|| subject.text(&["id"])).flatten();
    let named = ["change", "pipelineRun", "build"];
    let named = named.iter().filter_map(|name| content.object(name).text(&["id"]));
    let ids = own.into_iter().chain(content.text(&["artifactId"])).chain(named);
    draft.hints.change_ids.extend(ids);
    for link in content.list("commits") {
        draft.hints.change_ids.extend(scalar(link));
    }
    draft.hints.change_ids.dedup();
}

fn looks_like(look: &Look<'_>) -> bool {
    look.has_all(&["context", "subject"]) && look.mentions("\"dev.cdevents.")
}

pub(crate) const FORMAT: Format = Format { name: "cdevents", sniff: looks_like, read };

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::formats::{cloudevents, recorder::Recorder};

    #[expect(clippy::needless_pass_by_value, reason = "expect! makes values")]
    fn check(value: &str, expected: Expect) {
        let (shown, read) = Recorder::record(value, FORMAT.read);
        assert!(read, "{shown}");
        expected.assert_eq(&shown);
    }

    const DEPLOYED: &str = r#"{"context": {"specversion": "0.4.1", "id": "e-1", "source": "/ci",
 "type": "dev.cdevents.service.deployed.0.2.0", "timestamp": "2026-01-01T11:59:59Z",
 "chainId": "c-1"}, "subject": {"id": "cart", "source": "/cluster", "type": "service",
 "content": {"environment": {"id": "prod"}, "artifactId": "pkg:oci/cart@sha256%3A1"}}}"#;

    #[test]
    fn a_deployment_names_service_environment_and_artifact() {
        check(
            DEPLOYED,
            expect![[r#"
            event cdevents code/deploy 0 `service.deployed`
              is: Success Informational
              id: /ci/e-1
              time: 2026-01-01T11:59:59.000Z
              subject: cart
              resource: service.name=cart deployment.environment.name=prod artifact.id=pkg:oci/cart@sha256%3A1 cdevents.subject.id=cart cdevents.subject.source=/cluster
              session: c-1
              changes: pkg:oci/cart@sha256%3A1
              details: {"event_source":"/ci"}
              raw bytes: 325
        "#]],
        );
    }

    #[test]
    fn it_is_the_same_inside_of_a_cloudevent() {
        let value = format!(
            r#"{{"specversion": "1.0", "id": "e-1", "source": "/ci",
 "type": "dev.cdevents.service.deployed.0.2.0", "data": {DEPLOYED}}}"#
        );
        let (inside, _) = Recorder::record(&value, cloudevents::FORMAT.read);
        assert_eq!(inside, Recorder::record(DEPLOYED, FORMAT.read).0);
    }

    #[test]
    fn the_end_of_a_run_is_an_outcome() {
        check(
            r#"[{"context": {"type": "dev.cdevents.pipelinerun.finished.0.2.0", "id": "e-2"},
 "subject": {"id": "r-1", "content": {"pipelineName": "main", "outcome": "failure",
 "errors": "tests"}}}, {"context": {"type": "dev.cdevents"}, "subject": 1}]"#,
            expect![[r#"
                event cdevents code/deploy 0 `pipelinerun.finished`
                  is: Failure Medium
                  id: /e-2
                  subject: r-1
                  resource: cicd.pipeline.name=main cicd.pipeline.run.id=r-1 cdevents.subject.id=r-1
                  changes: r-1
                  text: tests
                  details: {"result":"failure"}
                  raw bytes: 183
                refused `{"context": {"type": "dev.cdevents"}, "s`: `context.type` does not begin with `dev.cdevents.`
            "#]],
        );
    }
}
