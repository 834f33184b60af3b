//! The lines that `isobar up` prints, for people or for programs.

use std::fmt;
use std::time::Duration;

use schemas::alert::Level;
use schemas::incident::Incident;
use schemas::time::Time;
use serde_json::json;

use super::alerts::{Fired, Standing};
use super::findings::{self, Found};
use super::incidents;
use super::results::Minute;
use super::stories::Verdict;
use super::tally::Sums;
use crate::balance::Ledger;
use crate::output::{self, Format};

/// How much of the name of a series is shown.
const NAME_SHOWN: usize = 64;

/// Prints lines, and remembers what the last one told.
#[derive(Debug)]
pub(super) struct Lines {
    format: Format,
    colour: bool,
    second: u64,
    /// Messages read, events, points and duplicates until the last line.
    before: [u64; 4],
}

/// What stood at the end.
pub(super) struct Ending {
    pub(super) format: Format,
    /// How long messages were generated.
    pub(super) lasted: Duration,
    /// Messages written.
    pub(super) messages: u64,
    /// What became of them.
    pub(super) balance: Ledger,
    /// Aggregates that a reader of the topic saw.
    pub(super) aggregates: u64,
    /// What detection found.
    pub(super) findings: u64,
    /// What fires, and what has been told.
    pub(super) alerts: Standing,
    /// What belongs together.
    pub(super) incidents: incidents::Standing,
    /// What became of what was done on purpose.
    pub(super) stories: Vec<Verdict>,
    /// Transactions of all services.
    pub(super) commits: u64,
    /// What the processors did.
    pub(super) sums: Option<Sums>,
    /// Events that came too late for their window.
    pub(super) late: u64,
}

impl Lines {
    /// Lines in this format.
    pub(super) fn new(format: Format, colour: bool) -> Self {
        Self { format, colour, second: 0, before: [0; 4] }
    }

    /// How lines are printed.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// One second has passed, and the slowest service has `lag` records left to read.
    pub(super) fn second(&mut self, sums: &Sums, lag: u64) {
        let now = ["read", "events", "points", "duplicates"].map(|what| sums.counted(what));
        let [before_read, before_events, before_points, _] = self.before;
        self.before = now;
        let [read, events, points, duplicates] = now;
        let (read, events, points) =
            (read - before_read, events - before_events, points - before_points);
        self.second += 1;
        let (dead, p95_ms) = (sums.counted("dead_letters"), sums.age_ms(0.95));
        output::line(&match self.format {
            Format::Text => format!(
                "{:>4} s  messages {read:>6}/s  events {events:>6}/s  points {points:>6}/s  lag {lag:>5}  \
                 duplicates {duplicates:>5}  dead letters {dead:>4}  p95 {p95_ms:>5.1} ms",
                self.second
            ),
            Format::Json => json!({
                "second": self.second, "messages_per_second": read, "events_per_second": events,
                "points_per_second": points, "lag": lag, "duplicates": duplicates,
                "dead_letters": dead, "p95_ms": p95_ms,
            })
            .to_string(),
        });
    }

    /// A minute has closed.
    pub(super) fn minute(&self, minute: &Minute) {
        let start = Time::from_millis(minute.start_ms)
            .map_or_else(|_| String::new(), |start| start.to_string());
        output::line(&match self.format {
            Format::Text => {
                let clock = start.get(11..16).unwrap_or_default();
                let actions =
                    minute.actions.iter().map(|(action, count)| format!("{action} {count}"));
                let changed = minute.changed.iter();
                let changed = changed.map(|(name, before, now)| {
                    format!("\n          {} {} -> {}", shown(name), figure(*before), figure(*now))
                });
                self.coloured(&format!(
                    "        minute {clock} closed: {} series; most often {}; changed most:{}",
                    minute.series,
                    actions.collect::<Vec<_>>().join(", "),
                    changed.collect::<String>()
                ))
            }
            Format::Json => {
                let actions = minute
                    .actions
                    .iter()
                    .map(|(action, count)| json!({ "action": action, "count": count }));
                let changed = minute.changed.iter().map(
                    |(name, before, now)| json!({ "series": name, "before": before, "now": now }),
                );
                json!({
                    "minute": start, "series": minute.series,
                    "actions": actions.collect::<Vec<_>>(), "changed": changed.collect::<Vec<_>>(),
                })
                .to_string()
            }
        });
    }

    /// Something was found in minutes that closed.
    pub(super) fn findings(&self, found: &Found) {
        for finding in &found.told {
            let severity = findings::word(finding.severity);
            output::line(&match self.format {
                Format::Text => {
                    let told = format!("        {severity} finding: {}", finding.reason);
                    let drawn = finding.excerpt.as_ref().and_then(findings::line_of);
                    let drawn =
                        drawn.map_or_else(String::new, |drawn| format!("\n          {drawn}"));
                    self.in_colour("35", &(told + &drawn))
                }
                Format::Json => json!({
                    "finding": finding.fingerprint, "detector": finding.detector,
                    "severity": severity, "score": finding.score, "reason": finding.reason,
                    "excerpt": finding.excerpt,
                })
                .to_string(),
            });
        }
        if self.format == Format::Text && found.more > 0 {
            output::line(&format!("        and {} more findings", found.more));
        }
    }

    /// Alerts have begun to fire.
    pub(super) fn alerts(&self, fired: &Fired) {
        for alert in &fired.told {
            output::line(&match self.format {
                Format::Text => self.in_colour(
                    colour_of(alert.level),
                    &format!(
                        "        {} alert: {}; {}",
                        word(alert.level),
                        alert.title,
                        alert.reason
                    ),
                ),
                Format::Json => json!({
                    "alert": alert.alert, "level": alert.level, "title": alert.title,
                    "reason": alert.reason, "rule": alert.rule.rule,
                })
                .to_string(),
            });
        }
        if self.format == Format::Text && fired.more > 0 {
            output::line(&format!("        and {} more alerts", fired.more));
        }
    }

    /// Incidents were opened.
    pub(super) fn incidents(&self, opened: &[Incident]) {
        for incident in opened {
            let why = incident.links.last().and_then(|link| link.reasons.first());
            let why = why.map_or("", |reason| &reason.reason);
            output::line(&match self.format {
                Format::Text => self.in_colour(
                    colour_of(incident.level),
                    &format!(
                        "        {} incident: {}; {} alerts; {why}",
                        word(incident.level),
                        incident.title,
                        incident.alerts.len(),
                    ),
                ),
                Format::Json => json!({
                    "incident": incident.incident, "level": incident.level,
                    "title": incident.title, "alerts": incident.alerts, "why": why,
                })
                .to_string(),
            });
        }
    }

    fn coloured(&self, text: &str) -> String {
        self.in_colour("36", text)
    }

    fn in_colour(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

impl Ending {
    /// The balance as a table, where a person reads; then one line of JSON in either format, so that
    /// scripts need not ask for it.
    pub(super) fn print(&self) {
        if self.format == Format::Text {
            output::line("");
            self.balance.lines(self.messages).iter().for_each(|line| output::line(line));
            output::line(&format!("findings: {}", self.findings));
            output::line(&self.alerts.to_string());
            output::line(&self.incidents.to_string());
            self.tell_stories();
            output::line("");
        }
        let seconds = (self.lasted.as_secs_f64() * 10.0).round() / 10.0;
        let age = |share| self.sums.as_ref().map_or(0.0, |sums| sums.age_ms(share));
        let line = json!({
            "seconds": seconds,
            "balance": self.balance.json(self.messages),
            "aggregates": self.aggregates,
            "findings": self.findings,
            "late": self.late,
            "alerts": {
                "open": self.alerts.open.iter().map(|(_, count)| count).sum::<usize>(),
                "fired": self.alerts.fired, "resolved": self.alerts.resolved,
                "notifications": self.alerts.notifications,
            },
            "incidents": {
                "opened": self.incidents.opened, "open": self.incidents.open(),
                "merged": self.incidents.merged, "resolved": self.incidents.resolved,
            },
            "stories": self.stories.iter().map(Verdict::json).collect::<Vec<_>>(),
            "commits": self.commits,
            "p50_ms": age(0.5),
            "p95_ms": age(0.95),
            "max_ms": age(1.0),
        });
        output::line(&line.to_string());
    }
}

impl Ending {
    /// What was done on purpose, and what became of it.
    fn tell_stories(&self) {
        let found = self.stories.iter().filter(|story| story.found.is_some()).count();
        output::line(&format!("stories: {found} of {} were found", self.stories.len()));
        self.stories.iter().for_each(|story| output::line(&story.line()));
    }
}

impl fmt::Display for incidents::Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opened, merged, resolved } = self;
        let open = self.open();
        write!(f, "incidents: {opened} opened, {merged} merged, {resolved} resolved, {open} open")
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { open, fired, resolved, notifications } = self;
        let open: Vec<String> =
            open.iter().map(|(level, count)| format!("{count} {}", word(*level))).collect();
        let open = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
        write!(
            f,
            "alerts: {fired} fired, {resolved} resolved, open: {open}; {notifications} notifications"
        )
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Critical => "critical",
        Level::Emergency => "emergency",
    }
}

/// Grey, yellow, red, and red in reverse.
fn colour_of(level: Level) -> &'static str {
    match level {
        Level::Info => "90",
        Level::Warning => "33",
        Level::Critical => "31",
        Level::Emergency => "31;7",
    }
}

fn shown(name: &str) -> String {
    name.chars().take(NAME_SHOWN).collect()
}

/// Three digits or so, as people read them.
fn figure(value: f64) -> String {
    match value.abs() {
        1e6.. => format!("{value:.2e}"),
        100.0.. => format!("{value:.0}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
