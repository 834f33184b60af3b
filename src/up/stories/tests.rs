//! Stories against incidents as they are told.

use schemas::id::EventId;
use schemas::topic::INCIDENTS;

use super::*;

const DEPLOYED_MS: i64 = 100_000;

fn step(step: Step, native_id: &str) -> Message {
    let event = EventTruth { source: "github".to_owned(), native_id: native_id.to_owned() };
    Message {
        topic: INCIDENTS.name,
        partition: 0,
        key: None,
        headers: Vec::new(),
        value: Vec::new(),
        arrival: stream::EventTime(if step == Step::Resolved { 400_000 } else { DEPLOYED_MS }),
        truth: loadtest::company::Truth {
            events: vec![event],
            step: Some(StoryStep { deploy: "f00".to_owned(), service: "checkout", step }),
            ..loadtest::company::Truth::default()
        },
    }
}

/// An incident as it is on its topic, with these records in its course.
fn told(alarm: &str, cause: Option<&str>, service: &str) -> Known {
    let golden = include_str!("../../../schemas/golden/incident/1.1.json");
    let record = schemas::codec::decode::<Incident>(golden.as_bytes()).unwrap();
    let mut last = record.data;
    let id = |native_id: &str| Signal::record_of(EventId::of("github", native_id));
    last.state = IncidentState::Open;
    (last.opened_at_ms, last.last_at_ms) = (DEPLOYED_MS + 5_000, Some(DEPLOYED_MS + 9_000));
    for moment in &mut last.timeline {
        (moment.kind, moment.at_ms) = (MomentKind::Alert, DEPLOYED_MS + 5_000);
        moment.record = Some(id(alarm));
    }
    last.affected.iter_mut().for_each(|of| (of.name, of.steps) = (service.to_owned(), 0));
    last.causes.iter_mut().for_each(|of| of.record = cause.map(id));
    Known { told_ms: vec![DEPLOYED_MS + 7_000], last }
}

fn stories() -> Stories {
    let mut stories = Stories::default();
    let steps = [
        (Step::Begun, "begun"),
        (Step::Deployed, "deployed"),
        (Step::Alarmed, "page"),
        (Step::Resolved, "over"),
    ];
    steps.into_iter().for_each(|(of, id)| stories.note(&step(of, id)));
    stories
}

fn verdict(known: &[Known]) -> Verdict {
    stories().verdicts(&known.iter()).remove(0)
}

#[test]
fn an_incident_with_the_alarm_of_a_story_tells_it_and_names_its_cause() {
    let found = verdict(&[told("page", Some("deployed"), "other")]).found.unwrap();
    assert_eq!((found.after_ms, found.by_its_cause), (7_000, true));
    let found = verdict(&[told("page", Some("another"), "other")]).found.unwrap();
    assert!(!found.by_its_cause);
    let line = verdict(&[told("page", Some("another"), "other")]).line();
    assert!(line.contains("another cause is named"), "{line}");
}

#[test]
fn an_incident_that_was_open_before_tells_it_once_it_is_told_with_an_alert_from_after() {
    let mut known = told("page", Some("deployed"), "checkout");
    known.last.opened_at_ms = DEPLOYED_MS - 300_000;
    known.told_ms = [-290_000, 1_000, 11_000, 21_000].map(|ms| DEPLOYED_MS + ms).to_vec();
    let moments = known.last.timeline.iter_mut();
    moments
        .for_each(|moment| (moment.kind, moment.at_ms) = (MomentKind::Alert, DEPLOYED_MS + 9_000));
    assert_eq!(verdict(&[known]).found.unwrap().after_ms, 11_000);
}

#[test]
fn an_incident_in_which_only_something_else_happened_since_does_not() {
    let mut known = told("page", None, "checkout");
    known.last.timeline.iter_mut().for_each(|moment| moment.kind = MomentKind::Change);
    assert_eq!(verdict(&[known]).found, None);
}

#[test]
fn so_does_one_at_its_service_and_in_its_time_and_no_other() {
    assert!(verdict(&[told("x", None, "checkout")]).found.is_some());
    assert_eq!(verdict(&[told("x", None, "basket")]).found, None);
    let mut later = told("x", None, "checkout");
    let moments = later.last.timeline.iter_mut();
    moments.for_each(|moment| moment.at_ms = 400_000 + AFTERMATH_MS + 1);
    assert_eq!(verdict(&[later]).found, None);
    let mut merged = told("page", None, "checkout");
    merged.last.state = IncidentState::Merged;
    assert!(verdict(&[merged]).line().starts_with("  not found"));
}

#[test]
fn a_deploy_that_is_not_there_yet_is_no_story() {
    let mut stories = Stories::default();
    stories.note(&step(Step::Begun, "begun"));
    assert_eq!(stories.verdicts(&[told("page", None, "checkout")].iter()), []);
}
