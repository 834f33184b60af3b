//! The figures of a window that a threshold may look at: those of its aggregate, by their names there.

use serde::{Deserialize, Serialize};

use crate::windows::{Row, Series, growth_of};

/// A figure of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// How many values.
    Count,
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The earliest.
    First,
    /// The latest.
    Last,
    /// The standard deviation.
    Deviation,
    /// The median.
    P50,
    /// One in ten is greater.
    P90,
    /// One in twenty is greater.
    P95,
    /// One in a hundred is greater.
    P99,
    /// Growth, sum or number a second.
    Rate,
    /// What a total grew by.
    Increase,
    /// How many different values.
    Distinct,
}

/// All, by their names.
pub(super) const STATISTICS: [(&str, Statistic); 15] = [
    ("count", Statistic::Count),
    ("sum", Statistic::Sum),
    ("mean", Statistic::Mean),
    ("min", Statistic::Min),
    ("max", Statistic::Max),
    ("first", Statistic::First),
    ("last", Statistic::Last),
    ("deviation", Statistic::Deviation),
    ("p50", Statistic::P50),
    ("p90", Statistic::P90),
    ("p95", Statistic::P95),
    ("p99", Statistic::P99),
    ("rate", Statistic::Rate),
    ("increase", Statistic::Increase),
    ("distinct", Statistic::Distinct),
];

impl Statistic {
    pub(super) fn name(self) -> &'static str {
        STATISTICS.iter().find(|(_, of)| *of == self).map_or("", |(name, _)| name)
    }

    /// What it is in a window, as the aggregate of that window tells it.
    pub(super) fn of(self, series: &Series, row: &Row<'_>) -> Option<f64> {
        let statistics = || row.part.pane.statistics(&row.before);
        let value = match self {
            Self::Count => statistics().map(|of| of.count as f64),
            Self::Sum => statistics().map(|of| of.sum),
            Self::Mean => statistics()?.mean,
            Self::Min => statistics()?.min,
            Self::Max => statistics()?.max,
            Self::First => statistics()?.first.map(|of| of.value),
            Self::Last => statistics()?.last.map(|of| of.value),
            Self::Deviation => statistics()?.deviation,
            Self::P50 => quantile(row, 0.5),
            Self::P90 => quantile(row, 0.9),
            Self::P95 => quantile(row, 0.95),
            Self::P99 => quantile(row, 0.99),
            Self::Rate => growth_of(series, row).rate,
            Self::Increase => growth_of(series, row).increase,
            Self::Distinct => row.part.distinct().map(|count| count as f64),
        };
        value.filter(|value| value.is_finite())
    }
}

fn quantile(row: &Row<'_>, wanted: f64) -> Option<f64> {
    row.part.pane.quantiles([wanted]).map(|[value]| value)
}

/// How many values a window holds.
pub(super) fn count_of(row: &Row<'_>) -> u64 {
    row.part.pane.statistics(&row.before).map_or(0, |of| of.count)
}
