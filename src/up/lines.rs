//! The lines that `isobar up` prints, for people or for programs.

use std::time::Duration;

use schemas::time::Time;
use serde_json::json;

use super::results::Minute;
use super::tally::Sums;
use crate::output::{self, Format};

/// How much of a key is shown: tenant and the beginning of its resource's id.
const KEY_SHOWN: usize = 20;

/// Prints lines, and remembers what the last one told.
#[derive(Debug)]
pub(super) struct Lines {
    format: Format,
    colour: bool,
    second: u64,
    /// Records processed and written until the last line.
    before: (u64, u64),
}

/// What stood at the end.
pub(super) struct Ending {
    /// How long events were generated.
    pub(super) lasted: Duration,
    /// Events generated.
    pub(super) events: u64,
    /// Events and marks that nobody read before the end.
    pub(super) unread: u64,
    /// Aggregates that a reader of the topic saw.
    pub(super) aggregates: u64,
    /// What the workers did.
    pub(super) sums: Sums,
}

impl Lines {
    /// Lines in this format.
    pub(super) fn new(format: Format, colour: bool) -> Self {
        Self { format, colour, second: 0, before: (0, 0) }
    }

    /// One second has passed: by now this many records are processed, and `lag` are not yet.
    pub(super) fn second(&mut self, sums: &Sums, processed: u64, lag: u64) {
        let (before_in, before_out) = self.before;
        let taken = processed.saturating_sub(before_in);
        let given = sums.outputs - before_out;
        self.before = (processed, sums.outputs);
        self.second += 1;
        let (late, duplicates) = (sums.counted("late"), sums.counted("duplicates"));
        let p95_ms = sums.age_ms(0.95);
        output::line(&match self.format {
            Format::Text => format!(
                "{:>4} s  in {taken:>7}/s  out {given:>6}/s  lag {lag:>6}  late {late:>6}  \
                 duplicates {duplicates:>6}  p95 {p95_ms:>5.1} ms",
                self.second
            ),
            Format::Json => json!({
                "second": self.second, "in_per_second": taken, "out_per_second": given, "lag": lag,
                "late": late, "duplicates": duplicates, "p95_ms": p95_ms,
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
                let top = minute.top.iter().map(|(key, count)| format!("{} {count}", shown(key)));
                let top = top.collect::<Vec<_>>().join(", ");
                let clock = start.get(11..16).unwrap_or_default();
                self.coloured(&format!(
                    "        minute {clock} closed: keys {}, most events {top}",
                    minute.keys
                ))
            }
            Format::Json => {
                let top =
                    minute.top.iter().map(|(key, count)| json!({ "key": key, "count": count }));
                json!({ "minute": start, "keys": minute.keys, "top": top.collect::<Vec<_>>() })
                    .to_string()
            }
        });
    }

    fn coloured(&self, text: &str) -> String {
        if self.colour { format!("\u{1b}[36m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// The last line: JSON in either format, so that scripts need not ask for it.
pub(super) fn ending(ending: &Ending) {
    let sums = &ending.sums;
    let seconds = (ending.lasted.as_secs_f64() * 10.0).round() / 10.0;
    let line = json!({
        "seconds": seconds,
        "records_in": ending.events,
        "counted": sums.counted("counted"),
        "duplicates": sums.counted("duplicates"),
        "late": sums.counted("late"),
        "dead_letters": sums.counted("dead_letters"),
        "unread": ending.unread,
        "aggregates_out": ending.aggregates,
        "commits": sums.commits,
        "p50_ms": sums.age_ms(0.5),
        "p95_ms": sums.age_ms(0.95),
        "max_ms": sums.age_ms(1.0),
    });
    output::line(&line.to_string());
}

fn shown(key: &str) -> String {
    key.chars().take(KEY_SHOWN).collect()
}
