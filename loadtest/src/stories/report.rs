//! Figures for people and machines, with intervals.

use serde::Serialize;

use super::measure::Sums;
use crate::dice::{Dice, Stream};

/// So many times stories are drawn anew.
const DRAWS: usize = 1_000;

/// A figure, and where it would be in 95 of 100 sets like these.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Figure {
    /// What was measured.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What one way to put records together came to.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Which seeds, and which way.
    pub name: String,
    /// Told incidents.
    pub incidents: usize,
    /// Stories and their records.
    pub stories: f64,
    /// Records of stories.
    pub records: f64,
    /// The share of records in the incident that holds most of their story and at most a tenth of strangers.
    pub clean: Figure,
    /// The share of records in the incident that is matched to their story, one to one.
    pub matched: Figure,
    /// The same over all records, where noise is right in no incident that is matched.
    pub matched_all: Figure,
    /// B-cubed precision, over records of stories.
    pub precision: Figure,
    /// B-cubed recall.
    pub recall: Figure,
    /// B-cubed F1.
    pub f1: Figure,
    /// Of pairs that are together so many are of one story.
    pub pair_precision: Figure,
    /// Of pairs of one story so many are together.
    pub pair_recall: Figure,
    /// Of all pairs with a record of a story so many are right; nearly all pairs are apart.
    pub pair_accuracy: Figure,
    /// Pairs with a record of a story.
    pub pairs: f64,
    /// Stories with an incident that overlaps them by half.
    pub found: Figure,
    /// The share of a story in its largest incident.
    pub share: Figure,
    /// Of stories with a cause, so many whose cause was named first.
    pub cause: Figure,
    /// Of stories without one, so many for which none was named.
    pub no_cause: Figure,
}

impl Row {
    pub(super) fn of(name: String, incidents: usize, stories: &[Sums]) -> Self {
        let mut sums = Sums::default();
        stories.iter().for_each(|story| sums.add(story));
        let drawn = draws(stories);
        let figure = |of: fn(&Sums) -> f64| figure(of, &sums, &drawn);
        Self {
            name,
            incidents,
            stories: sums.stories,
            records: sums.records,
            clean: figure(|of| of.at_home / of.records),
            matched: figure(|of| of.matched / of.records),
            matched_all: figure(|of| {
                (of.matched + of.noise - of.noise_matched) / (of.records + of.noise)
            }),
            precision: figure(|of| of.precision / of.records),
            recall: figure(|of| of.recall / of.records),
            f1: figure(|of| {
                2.0 * of.precision * of.recall / (of.precision + of.recall) / of.records
            }),
            pair_precision: figure(|of| {
                of.pairs_together / (of.pairs_together + of.pairs_wrong).max(1.0)
            }),
            pair_recall: figure(|of| of.pairs_together / of.pairs),
            pair_accuracy: figure(|of| {
                (of.pairs_together + of.pairs_apart - of.pairs_wrong) / (of.pairs + of.pairs_apart)
            }),
            pairs: sums.pairs + sums.pairs_apart,
            found: figure(|of| of.found / of.stories),
            share: figure(|of| of.share / of.stories),
            cause: figure(|of| of.cause_right / of.caused.max(1.0)),
            no_cause: figure(|of| of.none_right / of.causeless.max(1.0)),
        }
    }

    /// The columns of a line.
    #[must_use]
    pub fn heading() -> String {
        format!(
            "{:<22} {:>9} {:>6} {:>7} {:>6} {:>6} {:>6} {:>6} {:>7} {:>7} {:>7} {:>6} {:>6} {:>6} {:>8}",
            "",
            "incidents",
            "clean",
            "matched",
            "of all",
            "B3 P",
            "B3 R",
            "B3 F1",
            "pairs P",
            "pairs R",
            "pairs A",
            "found",
            "share",
            "cause",
            "no cause"
        )
    }

    /// One line for people.
    #[must_use]
    pub fn line(&self) -> String {
        let of = |figure: &Figure| figure.value;
        format!(
            "{:<22} {:>9} {:>6.3} {:>7.3} {:>6.3} {:>6.3} {:>6.3} {:>6.3} {:>7.3} {:>7.3} {:>7.4} {:>6.3} {:>6.3} {:>6.3} {:>8.3}",
            self.name,
            self.incidents,
            of(&self.clean),
            of(&self.matched),
            of(&self.matched_all),
            of(&self.precision),
            of(&self.recall),
            of(&self.f1),
            of(&self.pair_precision),
            of(&self.pair_recall),
            of(&self.pair_accuracy),
            of(&self.found),
            of(&self.share),
            of(&self.cause),
            of(&self.no_cause)
        )
    }

    /// The figures that count, with their intervals.
    #[must_use]
    pub fn intervals(&self) -> String {
        let of =
            |figure: &Figure| format!("{:.3} ({:.3}–{:.3})", figure.value, figure.low, figure.high);
        format!(
            "{}: matched {}, of all {}, clean {}, B-cubed F1 {}, found {}, cause {}; {:.0} stories, {:.0} records, {:.0} pairs",
            self.name,
            of(&self.matched),
            of(&self.matched_all),
            of(&self.clean),
            of(&self.f1),
            of(&self.found),
            of(&self.cause),
            self.stories,
            self.records,
            self.pairs
        )
    }
}

fn draws(stories: &[Sums]) -> Vec<Sums> {
    let mut dice = Dice::new(0, Stream::Schedule);
    let draw = |_| {
        let mut sums = Sums::default();
        for _ in stories {
            if let Some(story) = stories.get(dice.place(stories.len())) {
                sums.add(story);
            }
        }
        sums
    };
    (0..DRAWS).map(draw).collect()
}

fn figure(of: fn(&Sums) -> f64, sums: &Sums, drawn: &[Sums]) -> Figure {
    let mut values: Vec<f64> = drawn.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    let at = |per_mille: usize| {
        values.get(values.len() * per_mille / 1_000).copied().unwrap_or_default()
    };
    Figure { value: of(sums), low: at(25), high: at(975) }
}
