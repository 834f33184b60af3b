//! How what was published differs from what had to be.
//!
//! **Invariants:** counts, least, greatest, first and last values, staleness and unusable points are
//! compared exactly; sums within 1e-9; deviations within 1e-9 of themselves, or 1e-6 where the mean is
//! huge against them; quantiles exactly up to 64 values, within 1 % beyond. What is not compared is
//! counted in [`Seen`].

use std::collections::{BTreeMap, BTreeSet};

use schemas::aggregate::{Aggregate, WindowState};
use schemas::finite::Finite;
use serde::Serialize;

use super::figures::{Figures, PERCENTS};
use super::findings;
use super::found::{Published, Told};
use super::oracle::{Expected, LateName, Window, WindowName};
use super::rows::Rows;
use super::sequence::{self, Fault};
use crate::oracle::Differences;

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Windows with records.
    pub windows: u64,
    /// Provisional records.
    pub provisional: u64,
    /// Final records.
    pub finals: u64,
    /// Corrections.
    pub corrections: u64,
    /// Late points that were told.
    pub late: u64,
    /// Open windows whose last record is up to date.
    pub open_current: u64,
    /// Open windows that lag behind: their figures were not compared.
    pub open_lagging: u64,
    /// Windows with nothing but markers and unusable points, and whether they were told.
    pub bare_told: u64,
    /// The same, not told.
    pub bare_untold: u64,
    /// Windows whose quantiles promise nothing.
    pub collapsed: u64,
    /// Findings of series that were compared.
    pub findings: u64,
    /// Rows in Postgres that were compared.
    pub rows: u64,
}

/// The outcome of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// What was looked at.
    pub seen: Seen,
    /// Late points that were not told.
    pub late_missing: u64,
    /// Late points that should not have been told.
    pub late_unexpected: u64,
    /// All differences, the late ones included.
    pub differences: Differences,
}

const EXAMPLES: usize = 10;

impl Comparison {
    /// Compares everything.
    #[must_use]
    pub fn between(expected: &Expected, published: &Published) -> Self {
        let mut comparison = Self::default();
        // First, for what was refused is missing from windows.
        for reason in &published.dead_letters {
            comparison.differences.duplicated += 1;
            comparison.note(|| format!("dead letter: {reason}"));
        }
        let names: BTreeSet<&WindowName> =
            expected.windows.keys().chain(published.windows.keys()).collect();
        for name in names {
            let told = published.windows.get(name).map(Vec::as_slice).unwrap_or_default();
            comparison.seen.count(told);
            match expected.windows.get(name) {
                Some(due) => comparison.window(name, due, told),
                None => comparison.unexpected(name, told),
            }
        }
        comparison.late(expected, published);
        comparison.findings(expected, published);
        comparison
    }

    /// Compares what is stored as well: each row with the oracle and with the last record of its window.
    pub fn and_rows(&mut self, expected: &Expected, published: &Published, rows: &Rows) {
        let names: BTreeSet<&WindowName> = published.windows.keys().chain(rows.keys()).collect();
        for name in names {
            let last = published.windows.get(name).and_then(|told| told.last());
            let (Some(last), Some(row)) = (last, rows.get(name)) else {
                let is_lost = last.is_some();
                self.differences.lost += u64::from(is_lost);
                self.differences.duplicated += u64::from(!is_lost);
                self.note(|| format!("{name:?}: on the topic {is_lost}, in Postgres {}", !is_lost));
                continue;
            };
            self.seen.rows += 1;
            let wrong = row_faults(expected.windows.get(name), last, row);
            if !wrong.is_empty() {
                self.differences.different += 1;
                self.note(|| {
                    format!("{name:?}: {wrong:?} differ in {row:?}, on the topic {last:?}")
                });
            }
        }
    }

    fn note(&mut self, what: impl FnOnce() -> String) {
        if self.differences.examples.len() < EXAMPLES {
            self.differences.examples.push(what());
        }
    }

    fn unexpected(&mut self, name: &WindowName, told: &[Told]) {
        self.differences.duplicated += told.len() as u64;
        self.note(|| format!("{name:?} holds nothing, found {}", lines(told)));
    }

    fn window(&mut self, name: &WindowName, due: &Window, told: &[Told]) {
        let Some(last) = told.last() else { return self.untold(name, due) };
        let mut faults = sequence::faults(due, told);
        faults.extend(identity(due, told));
        let mut wrong = figures(&due.figures, &last.aggregate);
        if !due.is_closed {
            self.seen.open_current += u64::from(wrong.is_empty());
            self.seen.open_lagging += u64::from(!wrong.is_empty());
            wrong.clear();
        }
        self.seen.bare_told += u64::from(due.is_bare);
        self.seen.collapsed += u64::from(last.aggregate.collapsed > 0);
        if !wrong.is_empty() {
            faults.push(Fault::Different(wrong.join(", ")));
        }
        self.add(name, due, told, &faults);
    }

    fn untold(&mut self, name: &WindowName, due: &Window) {
        if due.is_bare {
            self.seen.bare_untold += 1;
        } else if due.is_closed {
            self.add(name, due, &[], &[Fault::Lost("no record".into())]);
        } else {
            self.seen.open_lagging += 1;
        }
    }

    fn add(&mut self, name: &WindowName, due: &Window, told: &[Told], faults: &[Fault]) {
        for fault in faults {
            match fault {
                Fault::Lost(_) => self.differences.lost += 1,
                Fault::Extra(_) => self.differences.duplicated += 1,
                Fault::Different(_) => self.differences.different += 1,
            }
        }
        if !faults.is_empty() {
            self.note(|| {
                format!("{name:?}: {faults:?}\n  expected {due:?}\n  found {}", lines(told))
            });
        }
    }

    /// Judges what was published again; findings have to be the same.
    fn findings(&mut self, expected: &Expected, published: &Published) {
        let (due, compared) = findings::due(expected, published);
        let names: BTreeSet<_> = due.keys().chain(published.findings.keys()).collect();
        for name in names.into_iter().filter(|(series, _)| compared.contains(series)) {
            let (due, found) = (due.get(name), published.findings.get(name));
            self.seen.findings += u64::from(found.is_some());
            if due == found {
                continue;
            }
            let count = |all: Option<&Vec<_>>| all.map_or(0, Vec::len) as u64;
            self.differences.lost += count(due).saturating_sub(count(found));
            self.differences.duplicated += count(found).saturating_sub(count(due));
            self.differences.different += u64::from(count(due) == count(found));
            self.note(|| format!("finding of {name:?}: {due:?} due, {found:?} found"));
        }
    }

    fn late(&mut self, expected: &Expected, published: &Published) {
        self.seen.late = published.late.values().sum();
        let names: BTreeSet<&LateName> =
            expected.late.keys().chain(published.late.keys()).collect();
        for name in names {
            let due = expected.late.get(name).copied().unwrap_or_default();
            let found = published.late.get(name).copied().unwrap_or_default();
            self.late_missing += due.saturating_sub(found);
            self.late_unexpected += found.saturating_sub(due);
            if due != found {
                let (series, time_ms, value) = *name;
                let value = value.map(f64::from_bits);
                self.note(|| {
                    format!(
                        "late point of {series} at {time_ms}, {value:?}: {due} due, {found} found"
                    )
                });
            }
        }
        self.differences.lost += self.late_missing;
        self.differences.duplicated += self.late_unexpected;
    }
}

impl Seen {
    /// Everything that was looked at, by name.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        BTreeMap::from([
            ("windows", self.windows),
            ("provisional", self.provisional),
            ("finals", self.finals),
            ("corrections", self.corrections),
            ("late", self.late),
            ("findings", self.findings),
            ("bare_told", self.bare_told),
            ("bare_untold", self.bare_untold),
            ("rows", self.rows),
        ])
    }

    fn count(&mut self, told: &[Told]) {
        self.windows += u64::from(!told.is_empty());
        for told in told {
            match told.aggregate.state {
                WindowState::Provisional => self.provisional += 1,
                WindowState::Final => self.finals += 1,
                WindowState::Correction => self.corrections += 1,
            }
        }
    }
}

/// The last of the records in full: all of them would hide what is wrong.
fn lines(told: &[Told]) -> String {
    const SHOWN: usize = 3;
    let line = |told: &Told| format!("\n    {:?}", told.aggregate);
    let shown = told.iter().skip(told.len().saturating_sub(SHOWN));
    format!("{} records, the last:{}", told.len(), shown.map(line).collect::<String>())
}

/// Whether the records say whose window it is.
fn identity(due: &Window, told: &[Told]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let key = format!("{}/{}", due.identity.tenant, due.identity.resource);
    for Told { key: found, tenant, aggregate } in told {
        let is = |what: &str, same: bool| (!same).then(|| Fault::Different(what.to_owned()));
        let resource = aggregate.resource.map(|resource| resource.to_string());
        faults.extend(is("key", *found == key.as_bytes()));
        faults.extend(is("tenant", *tenant == due.identity.tenant));
        faults.extend(is("measure", aggregate.measure == due.identity.measure));
        faults.extend(is("resource", resource.as_ref() == Some(&due.identity.resource)));
        faults.extend(is("partition", aggregate.position.partition == due.partition));
    }
    faults.dedup();
    faults
}

/// What is wrong with a row. That it is the last record is not enough: it has to be right as well.
fn row_faults(due: Option<&Window>, last: &Told, row: &Told) -> Vec<String> {
    let mut on_topic = last.aggregate.clone();
    // No column holds these.
    let collapsed = std::mem::take(&mut on_topic.collapsed);
    on_topic.group.clear();
    let mut wrong = Vec::new();
    if on_topic != row.aggregate {
        wrong.push("the last record".to_owned());
    }
    if let Some(due) = due.filter(|due| due.is_closed) {
        let aggregate = Aggregate { collapsed, ..row.aggregate.clone() };
        wrong.extend(figures(&due.figures, &aggregate));
        let row = [Told { aggregate, ..row.clone() }];
        wrong.extend(identity(due, &row).iter().map(|fault| format!("{fault:?}")));
    }
    wrong
}

/// The names of figures that differ.
fn figures(due: &Figures, found: &Aggregate) -> Vec<String> {
    let of = |number: Option<Finite>| number.map(Finite::get);
    let statistics = &found.statistics;
    let mut wrong = Vec::new();
    let mut check = |name: &str, same: bool| {
        if !same {
            wrong.push(name.to_owned());
        }
    };
    check("count", due.count == statistics.count);
    let exact = |due: Option<f64>, found: Option<Finite>| within(due, of(found), 0.0);
    check("min", exact(due.min, statistics.min));
    check("max", exact(due.max, statistics.max));
    check("first", exact(due.first, statistics.first));
    check("last", exact(due.last, statistics.last));
    // What cancels out in a sum leaves the rounding of what went in.
    let rounding = due.magnitude * 1e-12;
    let close = |due: Option<f64>, found: Option<Finite>, slack: f64| {
        within(due, of(found), due.unwrap_or(0.0).abs() * 1e-9 + slack)
    };
    let count = due.count.max(1) as f64;
    check("sum", close(due.sum, statistics.sum, rounding));
    check("mean", close(due.mean, statistics.mean, rounding / count));
    check("increase", close(due.increase, found.increase, rounding));
    check("rate", close(due.rate, found.rate, rounding));
    check("deviation", within(due.deviation, of(statistics.deviation), deviation_slack(due)));
    check("stale_since_ms", due.stale_since_ms == found.stale_since_ms);
    check("unusable", due.unusable == found.unusable);
    check("quantiles", found.collapsed > 0 || quantiles(due, found));
    wrong
}

/// Squares of a mean that is huge against the deviation leave few digits for it.
fn deviation_slack(due: &Figures) -> f64 {
    let (deviation, mean) = (due.deviation.unwrap_or(0.0), due.mean.unwrap_or(0.0).abs());
    let share = if mean > 1e4 * deviation { 1e-6 } else { 1e-9 };
    deviation * share + mean * 1e-12
}

fn quantiles(due: &Figures, found: &Aggregate) -> bool {
    let Some(wanted) = due.quantiles else { return found.quantiles.is_empty() };
    let share = if due.quantiles_exact { 0.0 } else { 0.01 + 1e-9 };
    let same = |(percent, wanted): (u64, f64)| {
        let told = found.quantiles.get(&format!("p{percent}")).map(|number| number.get());
        within(Some(wanted), told, wanted.abs() * share)
    };
    found.quantiles.len() == PERCENTS.len() && PERCENTS.into_iter().zip(wanted).all(same)
}

fn within(due: Option<f64>, found: Option<f64>, slack: f64) -> bool {
    match (due, found) {
        (Some(due), Some(found)) => (due - found).abs() <= slack,
        (None, None) => true,
        _ => false,
    }
}
