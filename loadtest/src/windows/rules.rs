//! The numbers by which windows close.

use schemas::source_class::SourceClass;

/// A minute, by which points are judged.
pub(super) const MINUTE_MS: i64 = 60_000;
/// While a minute holds at most so many instants, a point sent again replaces the earlier one.
pub(super) const INSTANTS_MAX: usize = 64;

/// What the service was started with.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How far behind the mark points may still be expected.
    pub disorder_ms: fn(SourceClass) -> i64,
    /// How long after closing a window still takes points.
    pub grace_ms: i64,
    /// The lengths of windows.
    pub sizes_ms: Vec<i64>,
}

impl Rules {
    /// What the service does unless it is told otherwise.
    #[must_use]
    pub fn default_of_metric_windows() -> Self {
        fn disorder_ms(class: SourceClass) -> i64 {
            match class {
                SourceClass::Deploy | SourceClass::Change => 60_000,
                SourceClass::Audit => 900_000,
                _ => 30_000,
            }
        }
        let minutes = [1, 5, 15, 60, 1_440];
        let sizes_ms = minutes.iter().map(|minutes| minutes * MINUTE_MS).collect();
        Self { disorder_ms, grace_ms: 300_000, sizes_ms }
    }
}

/// The start of the window of this size that holds `time_ms`.
pub(super) fn start_of(time_ms: i64, size_ms: i64) -> i64 {
    time_ms.div_euclid(size_ms) * size_ms
}
