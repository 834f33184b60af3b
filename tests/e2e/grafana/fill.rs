//! What the dashboards are tried on.
//!
//! **Invariant:** whoever fills needs only a migrated database, and leaves it with rows up to this moment
//! in every table that a dashboard reads, and with statistics for the planner. So the pipeline itself can
//! take the place of `small`.

use super::database::Database;
use crate::support::root;

/// A small company over the last day: enough rows in a partition that reading all of it would show.
pub(super) fn small(database: &Database) {
    fill(database, 30, 1, 1);
}

/// Ten million rows of one minute: 5,000 series over seven days, each with a row every five minutes.
pub(super) fn large(database: &Database) {
    fill(database, 5000, 7, 5);
}

fn fill(database: &Database, series: u32, days: u32, every_minutes: u32) {
    let variables = [("series", series), ("days", days), ("every_minutes", every_minutes)];
    database.run_script(&root().join("tests/e2e/grafana/fill.sql"), &variables);
}
