//! How a total grows from point to point.
//!
//! **Invariant:** a step belongs to its later point, so the steps of a window are those of its
//! minutes, wherever the points lie.

/// One point of a total.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TotalPoint {
    pub(super) time_ms: i64,
    pub(super) value: f64,
    /// Whether the source said that the count began anew here.
    pub(super) begins: bool,
}

/// The way to a point from the one before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) time_ms: i64,
    /// The time of the point before; nothing for the first point of a series.
    pub(super) before_ms: Option<i64>,
    /// How much the total grew; nothing for the first point of a series.
    pub(super) increase: Option<f64>,
}

/// What the steps of a window come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Growth {
    /// Nothing where there is no step.
    pub(super) increase: Option<f64>,
    /// From the point before the first to the last.
    pub(super) took_ms: i64,
}

/// The steps between points that are in order.
pub(super) fn steps(points: &[TotalPoint]) -> Vec<Step> {
    let before = std::iter::once(None).chain(points.iter().map(Some));
    let step = |(before, point): (Option<&TotalPoint>, &TotalPoint)| Step {
        time_ms: point.time_ms,
        before_ms: before.map(|before| before.time_ms),
        increase: before.map(|before| increase(before, point)),
    };
    before.zip(points).map(step).collect()
}

fn increase(before: &TotalPoint, next: &TotalPoint) -> f64 {
    let grown = next.value - before.value;
    match next.begins {
        true => 0.0,
        false if grown >= 0.0 => grown,
        // It fell, so it began anew, and what it shows is what was counted since.
        false => next.value.max(0.0),
    }
}

/// The steps whose later point lies in `[from_ms, to_ms)`.
pub(super) fn growth(steps: &[Step], from_ms: i64, to_ms: i64) -> Growth {
    let first = steps.partition_point(|step| step.time_ms < from_ms);
    let end = steps.partition_point(|step| step.time_ms < to_ms);
    let within = steps.get(first..end).unwrap_or_default();
    let (Some(first), Some(last)) = (within.first(), within.last()) else {
        return Growth::default();
    };
    let increases: Vec<f64> = within.iter().filter_map(|step| step.increase).collect();
    Growth {
        increase: (!increases.is_empty()).then(|| increases.iter().sum()),
        took_ms: last.time_ms - first.before_ms.unwrap_or(first.time_ms),
    }
}
