//! What became of all rows.

use std::fmt;

use ::detect::Verdict;
use serde::Serialize;

use super::rows::Row;

#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    files: u64,
    rows: u64,
    missing: u64,
    /// Rows whose time was not after the row before.
    not_judged: u64,
    alarms: u64,
}

impl Summary {
    pub(super) fn file(&mut self) {
        self.files += 1;
    }

    pub(super) fn row(&mut self, row: &Row<'_>, verdict: &Verdict) {
        self.rows += 1;
        self.missing += u64::from(row.value.is_none());
        self.not_judged += u64::from(verdict.skipped.is_some());
        self.alarms += u64::from(verdict.alarm);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} rows in {} files: {} alarms, {} missing, {} not judged",
            self.rows, self.files, self.alarms, self.missing, self.not_judged
        )
    }
}
