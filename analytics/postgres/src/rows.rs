//! Records into rows.
//!
//! **Invariant:** whatever a record holds, it becomes rows that Postgres takes, or it is counted as skipped
//! or as unreadable. Texts lose their NULs, which Postgres cannot keep; numbers and instants that no column
//! holds, and names too long for an index, make a record unreadable.

mod aggregate;
mod balance;
mod correlation;
mod dead_letter;
mod finding;
mod series;

use schemas::aggregate::Aggregate;
use schemas::alert::Alert;
use schemas::balance::Balance;
use schemas::codec;
use schemas::dead_letter::DeadLetter;
use schemas::envelope::{Envelope, Payload};
use schemas::finding::Finding;
use schemas::incident::Incident;
use schemas::series::SeriesDefinition;
use schemas::time::Time;
use serde::Serialize;

use crate::fold::Folded;

pub use aggregate::WindowRow;
pub use balance::BalanceRow;
pub use correlation::{AlertRow, HistoryRow, IncidentRow};
pub use dead_letter::DeadLetterRow;
pub use finding::FindingRow;
pub use series::{ResourceRow, SeriesRow};

/// Rows of all tables.
#[derive(Debug, Default)]
pub struct Rows {
    /// Of each size of windows, in the order of [`crate::partitions::SIZES`].
    pub windows: [Folded<WindowRow>; 5],
    /// What series are about.
    pub resources: Folded<ResourceRow>,
    /// What is measured.
    pub series: Folded<SeriesRow>,
    /// Where everything went.
    pub balances: Folded<BalanceRow>,
    /// What analytics found.
    pub findings: Folded<FindingRow>,
    /// The latest of each alert.
    pub alerts: Folded<AlertRow>,
    /// Every revision of each alert.
    pub alert_history: Folded<HistoryRow>,
    /// The latest of each incident.
    pub incidents: Folded<IncidentRow>,
    /// Every revision of each incident.
    pub incident_history: Folded<HistoryRow>,
    /// What could not be read.
    pub dead_letters: Folded<DeadLetterRow>,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is among the rows now.
    Rows,
    /// It is of a kind that has no table.
    Skipped,
    /// It cannot be read, or does not fit; why.
    Unreadable(String),
}

impl Rows {
    /// Takes a record's value; `None` is a tombstone.
    pub fn take(&mut self, value: Option<&[u8]>) -> Taken {
        let Some(value) = value else { return Taken::Skipped };
        let head = match codec::peek(value) {
            Ok(head) => head,
            Err(error) => return Taken::Unreadable(error.to_string()),
        };
        let taken = match &*head.payload {
            Aggregate::TYPE => aggregate::read(&head, value).and_then(|(place, row)| {
                let windows = self.windows.get_mut(place).ok_or("there is no such size")?;
                windows.add(row);
                Ok(())
            }),
            SeriesDefinition::TYPE => self.take_series(value),
            Balance::TYPE => read::<Balance>(value)
                .and_then(|record| balance::rows(&record))
                .map(|rows| rows.into_iter().for_each(|row| self.balances.add(row))),
            Finding::TYPE => read(value)
                .and_then(|record| FindingRow::of(&record))
                .map(|row| self.findings.add(row)),
            Alert::TYPE => self.take_alert(value),
            Incident::TYPE => self.take_incident(value),
            DeadLetter::TYPE => read(value)
                .and_then(|record| DeadLetterRow::of(&record))
                .map(|row| self.dead_letters.add(row)),
            _ => return Taken::Skipped,
        };
        taken.map_or_else(Taken::Unreadable, |()| Taken::Rows)
    }

    fn take_series(&mut self, value: &[u8]) -> Result<(), String> {
        let record = read::<SeriesDefinition>(value)?;
        self.series.add(SeriesRow::of(&record)?);
        self.resources.add(ResourceRow::of(&record)?);
        Ok(())
    }

    fn take_alert(&mut self, value: &[u8]) -> Result<(), String> {
        let (row, history) = correlation::alert(&read(value)?)?;
        self.alerts.add(row);
        self.alert_history.add(history);
        Ok(())
    }

    fn take_incident(&mut self, value: &[u8]) -> Result<(), String> {
        let (row, history) = correlation::incident(&read(value)?)?;
        self.incidents.add(row);
        self.incident_history.add(history);
        Ok(())
    }
}

fn read<T: Payload>(value: &[u8]) -> Result<Envelope<T>, String> {
    codec::decode(value).map_err(|error| match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    })
}

/// A text without NULs.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// What an index takes in one column, two of which still fit a third of a page.
const NAME_BYTES_MAX: usize = 1_000;

/// A text that stands in an index.
fn name(what: &str, name: &str) -> Result<String, String> {
    if name.len() > NAME_BYTES_MAX {
        return Err(format!(
            "its {what} has {} bytes; at most {NAME_BYTES_MAX} are kept",
            name.len()
        ));
    }
    Ok(text(name))
}

/// JSON that `jsonb` takes.
fn json(value: &impl Serialize) -> Result<String, String> {
    let json = serde_json::to_string(value).map_err(|error| error.to_string())?;
    // Also within an escaped backslash and `u0000` in letters, where it is another text, but still JSON.
    Ok(if json.contains(r"\u0000") { json.replace(r"\u0000", r"\ufffd") } else { json })
}

/// An instant that a column holds.
fn instant(unix_ms: i64) -> Result<i64, String> {
    Time::from_millis(unix_ms).map(Time::millis).map_err(|error| error.to_string())
}

/// The word that a state or a level is in JSON.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// A number in the type of its column.
fn number<T: TryFrom<N>, N: Copy + std::fmt::Display>(what: &str, number: N) -> Result<T, String> {
    T::try_from(number).map_err(|_| format!("its {what}, {number}, is more than a column holds"))
}
