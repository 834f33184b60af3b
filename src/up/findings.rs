//! What detection found in minutes that closed, with a line of what came before.

use schemas::event::Severity;
use schemas::finding::{Excerpt, Finding};
use schemas::topic::SIGNALS;
use schemas::{codec, envelope::Payload};
use stream::memory::Cluster;

use super::reading::Reading;

/// So many of a second are told one by one, the most unusual first; all are counted.
const TOLD: usize = 2;
/// From the least to the greatest of what is drawn.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Reads the findings on `isobar.signals`.
#[derive(Debug)]
pub(super) struct Findings {
    signals: Reading,
    found: u64,
}

/// What was found since the last look.
#[derive(Debug)]
pub(super) struct Found {
    /// The most unusual.
    pub(super) told: Vec<Finding>,
    /// How many more there are.
    pub(super) more: usize,
}

impl Findings {
    /// Nothing read yet.
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self { signals: Reading::new(cluster, &SIGNALS), found: 0 }
    }

    /// How many there were.
    pub(super) fn found(&self) -> u64 {
        self.found
    }

    /// Reads what is new; what was found, if anything.
    pub(super) fn take(&mut self) -> Option<Found> {
        let mut found: Vec<Finding> = Vec::new();
        for record in self.signals.take() {
            let value = record.value.unwrap_or_default();
            if codec::peek(&value).is_ok_and(|of| of.payload == Finding::TYPE) {
                found.extend(codec::decode::<Finding>(&value).map(|finding| finding.data));
            }
        }
        self.found += found.len() as u64;
        found.sort_by(|one, other| other.score.get().total_cmp(&one.score.get()));
        let more = found.len().saturating_sub(TOLD);
        found.truncate(TOLD);
        (!found.is_empty()).then_some(Found { told: found, more })
    }
}

/// A word for how serious it is.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Unknown | Severity::Informational | Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High | Severity::Critical | Severity::Fatal => "high",
    }
}

/// Its values as a line of characters, from the least to the greatest; nothing where there are none.
pub(super) fn line_of(excerpt: &Excerpt) -> Option<String> {
    let values = || excerpt.values.iter().map(|value| value.get());
    let (low, high) = (values().reduce(f64::min)?, values().reduce(f64::max)?);
    let height = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.0 };
        HEIGHTS
            .into_iter()
            .rev()
            .zip((0..8_i32).rev())
            .find(|(_, step)| share * 8.0 >= f64::from(*step))
    };
    Some(values().filter_map(height).map(|(drawn, _)| drawn).collect())
}

#[cfg(test)]
mod tests {
    use schemas::envelope::Extra;
    use schemas::finite::Finite;

    use super::*;

    #[test]
    fn values_are_drawn_from_the_least_to_the_greatest() {
        for (values, drawn) in [
            (&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0][..], Some("▁▂▃▄▅▆▇██")),
            (&[5.0, 5.0][..], Some("▁▁")),
            (&[-1.0, 1.0, -1.0][..], Some("▁█▁")),
            (&[][..], None),
        ] {
            let values = values.iter().filter_map(|value| Finite::new(*value)).collect();
            let (times_ms, low, high) = (Vec::new(), Vec::new(), Vec::new());
            let excerpt = Excerpt { times_ms, values, low, high, extra: Extra::new() };
            assert_eq!(line_of(&excerpt).as_deref(), drawn);
        }
    }
}
