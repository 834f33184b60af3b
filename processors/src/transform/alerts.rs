//! Alerts: whether they are serious, also where only their words say how serious.
//!
//! **Invariant:** a severity that the source gave is kept; one that was found in words is marked with
//! `severity_from`. `High` in `HighCpuUsage` is a measurement and no severity.

use schemas::event::{Event, Severity};

use super::given;
use super::text::{beginning, parts};

/// So much of a name and of a text is looked at.
const NAME_BYTES_MAX: usize = 256;
const TEXT_BYTES_MAX: usize = 2_048;

pub(super) fn apply(event: &mut Event) {
    if event.severity == Severity::Unknown
        && let Some(severity) = of_words(event)
    {
        event.severity = severity;
        given::add(&mut event.extra, "severity_from", Some("words"));
    }
    let is_serious = event.severity >= Severity::High;
    given::add(&mut event.extra, "is_serious", Some(is_serious));
}

/// The name says it first, then what was done, then the text.
fn of_words(event: &Event) -> Option<Severity> {
    let name = given::text(&event.extra, "alert_name").unwrap_or_default();
    let name = beginning(name, NAME_BYTES_MAX);
    let action = beginning(&event.action, NAME_BYTES_MAX);
    let text = beginning(event.text.as_deref().unwrap_or_default(), TEXT_BYTES_MAX);
    [name, action, text].into_iter().find_map(first_severity)
}

/// The first word that says it, as titles begin with it.
fn first_severity(text: &str) -> Option<Severity> {
    let mut before = String::new();
    for part in parts(text) {
        let word = part.to_lowercase();
        let is_denied = matches!(before.as_str(), "not" | "no" | "non" | "isn" | "never");
        let found = of_word(&word).or_else(|| after_label(&before, &word));
        let found = found.or_else(|| (part == "PAGE").then_some(Severity::Critical));
        if found.is_some() && !is_denied {
            return found;
        }
        before = word;
    }
    None
}

/// Words that say it alone.
fn of_word(word: &str) -> Option<Severity> {
    match word {
        "fatal" => Some(Severity::Fatal),
        "p0" | "p1" | "sev0" | "sev1" | "critical" | "crit" | "emergency" | "disaster"
        | "paging" => Some(Severity::Critical),
        "p2" | "sev2" | "major" => Some(Severity::High),
        "p3" | "sev3" | "warning" | "warn" => Some(Severity::Medium),
        "p4" | "sev4" | "minor" => Some(Severity::Low),
        "p5" | "sev5" | "info" | "informational" => Some(Severity::Informational),
        _ => None,
    }
}

/// Words that say it only behind a label: `severity: high`, `priority=1`, `SEV-2`.
fn after_label(label: &str, word: &str) -> Option<Severity> {
    if !matches!(label, "severity" | "priority" | "sev" | "prio") {
        return None;
    }
    match word {
        "page" | "0" | "1" | "urgent" | "highest" => Some(Severity::Critical),
        "high" | "error" | "2" => Some(Severity::High),
        "medium" | "moderate" | "3" => Some(Severity::Medium),
        "low" | "4" => Some(Severity::Low),
        "none" | "lowest" | "5" => Some(Severity::Informational),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use schemas::kind::Kind;
    use serde_json::json;

    use super::*;
    use crate::transform::testing::{added, event};

    #[test]
    fn words_say_how_serious_it_is() {
        let texts = [
            "[P1] checkout is failing",
            "SEV-2: queue grows",
            "sev1",
            "CriticalDiskSpace",
            "HighCpuUsage",
            "Severity: HIGH, CPU",
            "priority=low",
            "severity=page",
            "[PAGE] disk full",
            "PageLoadTime",
            "not critical",
            "non-critical: disk",
            "Warning: may become critical",
            "FATAL: the database system is starting up",
            "information about p10",
            "",
        ];
        let of = |text: &&str| format!("{text}: {:?}", first_severity(text));
        expect![[r#"
            [P1] checkout is failing: Some(Critical)
            SEV-2: queue grows: Some(High)
            sev1: Some(Critical)
            CriticalDiskSpace: Some(Critical)
            HighCpuUsage: None
            Severity: HIGH, CPU: Some(High)
            priority=low: Some(Low)
            severity=page: Some(Critical)
            [PAGE] disk full: Some(Critical)
            PageLoadTime: None
            not critical: None
            non-critical: disk: None
            Warning: may become critical: Some(Medium)
            FATAL: the database system is starting up: Some(Fatal)
            information about p10: None
            : None"#]]
        .assert_eq(&texts.iter().map(of).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn alerts() {
        let rows = [
            added(Kind::Alerts, &json!({"alert_name": "P2 replication lag"}), Some("critical")),
            added(Kind::Alerts, &json!({"alert_name": "lag"}), Some("It is critical")),
            added(Kind::Alerts, &json!({"alert_name": 7}), None),
            added(Kind::Alerts, &json!({"is_serious": "as they say"}), None),
        ];
        expect![[r#"
            {"is_serious":true,"severity_from":"words"}
            {"is_serious":true,"severity_from":"words"}
            {"is_serious":false}
            {}"#]]
        .assert_eq(&rows.join("\n"));
    }

    #[test]
    fn what_the_source_said_stays() {
        let severities =
            [Severity::Informational, Severity::Medium, Severity::High, Severity::Fatal];
        let of = |severity| {
            let mut event = event(Kind::Alerts);
            event.severity = severity;
            event.text = Some("P1".to_owned());
            apply(&mut event);
            (event.severity == severity, event.extra["is_serious"] == true, event.extra.len())
        };
        let expected = [(true, false, 1), (true, false, 1), (true, true, 1), (true, true, 1)];
        assert_eq!(severities.map(of), expected);
    }
}
