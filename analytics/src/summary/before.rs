//! Where the totals of a series were before a pane: what its first point is a step from.

use serde::{Deserialize, Serialize};

/// The last of what came before; nothing before the first point of a series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Before {
    /// The last value or beginning, and its time in milliseconds since 1970.
    pub value: Option<(i64, f64)>,
    /// The count of the last statistic set.
    pub set_count: Option<f64>,
    /// The sum of the last statistic set.
    pub set_sum: Option<f64>,
}
