//! Histograms as counts of all values up to a bound.

use super::metrics::{Buckets, DataPoint};

/// Histograms with more buckets keep their statistics only: each bucket is a series.
const BUCKETS_MAX: usize = 2_048;

/// The total, where there are buckets, and the counts up to each finite bound.
pub(super) type Counts = (Option<f64>, Vec<(f64, f64)>);

/// The counts of a histogram whose bounds are given.
pub(super) fn explicit(point: &DataPoint<'_>) -> Counts {
    let fits = point.bucket_counts.len() == point.explicit_bounds.len() + 1;
    if !fits || point.bucket_counts.len() > BUCKETS_MAX {
        return (None, Vec::new());
    }
    let bounds = point.explicit_bounds.iter().copied().filter(|bound| bound.is_finite());
    let counts = running(bounds.zip(point.bucket_counts.iter().copied()));
    (Some(point.count as f64), counts)
}

/// The counts of a histogram whose bounds are powers of a base, from the least value up.
pub(super) fn exponential(point: &DataPoint<'_>) -> Counts {
    let all = point.positive.bucket_counts.len().saturating_add(point.negative.bucket_counts.len());
    if all > BUCKETS_MAX {
        return (None, Vec::new());
    }
    let bound = Bounds::of(point.scale.unwrap_or(0));
    // A negative bucket reaches from the larger power to the smaller one, which is its upper bound.
    let negative = indexed(&point.negative, 0).map(|(index, count)| (-bound.power(index), count));
    let zero = (point.zero_threshold.unwrap_or(0.0), point.zero_count);
    let positive = indexed(&point.positive, 1).map(|(index, count)| (bound.power(index), count));
    let buckets = negative.rev().chain([zero]).chain(positive);
    let counts = running(buckets.filter(|(bound, _)| bound.is_finite()));
    (Some(point.count as f64), counts)
}

/// The buckets with the power of the base at their lower (0) or upper (1) end.
fn indexed(buckets: &Buckets, end: i64) -> impl DoubleEndedIterator<Item = (i64, u64)> {
    let first = buckets.offset.unwrap_or(0).saturating_add(end);
    let counts = buckets.bucket_counts.iter().copied().enumerate();
    let counts: Vec<_> = counts.collect();
    counts.into_iter().map(move |(at, count)| {
        (first.saturating_add(i64::try_from(at).unwrap_or(i64::MAX)), count)
    })
}

fn running(buckets: impl Iterator<Item = (f64, u64)>) -> Vec<(f64, f64)> {
    let mut total = 0_u64;
    let count = |(bound, count)| {
        total = total.saturating_add(count);
        (bound, total as f64)
    };
    buckets.map(count).collect()
}

/// The base is 2 to the power of 2 to the power of minus the scale.
struct Bounds {
    exponent: f64,
}

impl Bounds {
    fn of(scale: i64) -> Self {
        // Scales are -10 to 20; what is far beyond would be no histogram any more.
        Self { exponent: (-(scale.clamp(-64, 64) as f64)).exp2() }
    }

    fn power(&self, index: i64) -> f64 {
        (index as f64 * self.exponent).exp2()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_counted_from_the_least_value_up() {
        let point = DataPoint {
            count: 10,
            scale: Some(0),
            zero_count: 2,
            positive: Buckets { offset: Some(0), bucket_counts: vec![3, 1] },
            negative: Buckets { offset: Some(1), bucket_counts: vec![4] },
            ..DataPoint::default()
        };
        let counts = vec![(-2.0, 4.0), (0.0, 6.0), (2.0, 9.0), (4.0, 10.0)];
        assert_eq!(exponential(&point), (Some(10.0), counts));
    }

    #[test]
    fn bounds_that_do_not_fit_the_counts_are_left_out() {
        let point = DataPoint { bucket_counts: vec![1, 2], ..DataPoint::default() };
        assert_eq!(explicit(&point), (None, Vec::new()));
    }
}
