//! The rule or check that raised an alert.

use schemas::event::Event;
use schemas::kind::Kind as Input;
use serde_json::Value;

/// Fields by which tools name the rule of an alert.
const RULES: [&str; 8] =
    ["rule", "rule_id", "ruleId", "rule_name", "ruleName", "alertname", "alert_name", "signature"];

/// The rule of an alert: what its source calls the alert, else a field of the record.
pub(super) fn of(event: &Event, raw: &Value) -> Option<String> {
    if event.kind == Input::Alerts {
        let called = event.extra.get("alert_name").and_then(text);
        return called.or_else(|| Some(event.action.clone()));
    }
    let of = |object: &Value| RULES.iter().find_map(|name| text(object.get(name)?));
    of(raw).or_else(|| raw.get("data").and_then(of))
}

/// A text, or what an object says it is called.
fn text(value: &Value) -> Option<String> {
    let named = |object: &Value| ["id", "name"].iter().find_map(|name| text(object.get(name)?));
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(_) => named(value),
        _ => None,
    }
}
