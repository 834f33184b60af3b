//! Projects: where work stands, where it moves, and how far its effort is from the estimate.
//!
//! **Invariant:** a status that is not understood has no stage, and without two stages there is no
//! direction.

use schemas::envelope::Extra;
use schemas::event::Event;

use super::given;
use super::stages::{STATUS_BYTES_MAX, Stage, stage};
use super::text::{beginning, parts};

pub(super) fn apply(event: &mut Event) {
    let now = stage(given::text(&event.extra, "status"));
    let before = stage(given::text(&event.extra, "previous_status"));
    let changed = is_changed(event);
    let extra = &mut event.extra;
    given::add(extra, "status_stage", now.map(Stage::as_str));
    given::add(extra, "previous_stage", before.map(Stage::as_str));
    let direction = before.zip(now).map(|(before, now)| direction(before, now));
    given::add(extra, "status_direction", direction);
    given::add(extra, "status_changed", changed);
    given::add(extra, "effort_variance", effort_variance(extra));
}

fn direction(before: Stage, now: Stage) -> &'static str {
    match (before, now) {
        _ if before == now => "none",
        (_, Stage::Cancelled) => "none",
        (_, Stage::Blocked) => "blocked",
        (Stage::Blocked | Stage::Cancelled, Stage::Done) => "forward",
        (Stage::Blocked, _) => "unblocked",
        (Stage::Cancelled, _) => "back",
        _ if now.progress() > before.progress() => "forward",
        _ => "back",
    }
}

/// By the two statuses; else an action that is itself a change of status says so.
fn is_changed(event: &Event) -> Option<bool> {
    let statuses =
        [given::text(&event.extra, "status"), given::text(&event.extra, "previous_status")];
    if let [Some(now), Some(before)] = statuses {
        return Some(!now.eq_ignore_ascii_case(before));
    }
    let moves = ["closed", "reopened", "resolved", "completed", "transitioned", "cancelled"];
    let mut of_action = parts(beginning(&event.action, STATUS_BYTES_MAX));
    let says = of_action.any(|part| moves.iter().any(|verb| verb.eq_ignore_ascii_case(part)));
    says.then_some(true)
}

/// Half of the estimate too much is 0.5; half of it left over is -0.5.
fn effort_variance(extra: &Extra) -> Option<f64> {
    let estimate = given::number(extra, "estimate_hours").filter(|hours| *hours > 0.0)?;
    let spent = given::number(extra, "spent_hours").filter(|hours| *hours >= 0.0)?;
    let variance = given::rounded((spent - estimate) / estimate, 4);
    variance.is_finite().then_some(variance)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use schemas::kind::Kind;
    use serde_json::json;

    use super::*;
    use crate::transform::testing::{added, event};

    #[test]
    fn updates() {
        let rows = [
            json!({"status": "In Progress", "previous_status": "To Do"}),
            json!({"status": "To Do", "previous_status": {"name": "Done"}}),
            json!({"status": "Blocked", "previous_status": "In Progress"}),
            json!({"status": "In Review", "previous_status": "On hold"}),
            json!({"status": "Done", "previous_status": "Blocked"}),
            json!({"status": "Cancelled", "previous_status": "To Do"}),
            json!({"status": "done", "previous_status": "Done"}),
            json!({"status": "Somewhere", "previous_status": "Elsewhere"}),
            json!({"status": "Open", "estimate_hours": 8, "spent_hours": "10"}),
            json!({"estimate_hours": 0, "spent_hours": 10}),
            json!({"estimate_hours": 3, "spent_hours": 1}),
            json!({"estimate_hours": 1e-300, "spent_hours": 1e300}),
            json!({"status": 3, "previous_status": ["Open"], "status_stage": "theirs"}),
        ];
        let table: Vec<_> = rows
            .into_iter()
            .map(|row| format!("{row}\n  {}", added(Kind::Projects, &row, None)))
            .collect();
        expect![[r#"
            {"previous_status":"To Do","status":"In Progress"}
              {"previous_stage":"open","status_changed":true,"status_direction":"forward","status_stage":"in_progress"}
            {"previous_status":{"name":"Done"},"status":"To Do"}
              {"previous_stage":"done","status_changed":true,"status_direction":"back","status_stage":"open"}
            {"previous_status":"In Progress","status":"Blocked"}
              {"previous_stage":"in_progress","status_changed":true,"status_direction":"blocked","status_stage":"blocked"}
            {"previous_status":"On hold","status":"In Review"}
              {"previous_stage":"blocked","status_changed":true,"status_direction":"unblocked","status_stage":"review"}
            {"previous_status":"Blocked","status":"Done"}
              {"previous_stage":"blocked","status_changed":true,"status_direction":"forward","status_stage":"done"}
            {"previous_status":"To Do","status":"Cancelled"}
              {"previous_stage":"open","status_changed":true,"status_direction":"none","status_stage":"cancelled"}
            {"previous_status":"Done","status":"done"}
              {"previous_stage":"done","status_changed":false,"status_direction":"none","status_stage":"done"}
            {"previous_status":"Elsewhere","status":"Somewhere"}
              {"status_changed":true}
            {"estimate_hours":8,"spent_hours":"10","status":"Open"}
              {"effort_variance":0.25,"status_stage":"open"}
            {"estimate_hours":0,"spent_hours":10}
              {}
            {"estimate_hours":3,"spent_hours":1}
              {"effort_variance":-0.6667}
            {"estimate_hours":1e-300,"spent_hours":1e+300}
              {}
            {"previous_status":["Open"],"status":3,"status_stage":"theirs"}
              {}"#]].assert_eq(&table.join("\n"));
    }

    #[test]
    fn an_action_may_be_a_change_of_status() {
        let of = |action: &str| {
            let mut event = event(Kind::Projects);
            event.action = action.to_owned();
            is_changed(&event)
        };
        assert_eq!(["issue_closed", "issues.reopened"].map(of), [Some(true); 2]);
        assert_eq!(["issue_created", "disclosed", ""].map(of), [None; 3]);
    }
}
