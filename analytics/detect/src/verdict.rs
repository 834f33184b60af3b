//! What is said of a row.
//!
//! **Invariant:** a finding is one sentence with figures: what was, what was expected, how unlikely,
//! by which detectors, since when.

use crate::detector::{DETECTORS, Detector};

/// Evidence of so many digits is worth naming.
const NAMED_DIGITS: f32 = 1.5;
const NAMED_MAX: usize = 4;

/// What was expected of a row: most rows lie between low and high.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Three usual errors below.
    pub low: f64,
    /// The forecast.
    pub value: f64,
    /// Three usual errors above.
    pub high: f64,
}

/// Why a row was not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skipped {
    /// A row of this time was judged before.
    Duplicate,
    /// A later row was judged before.
    Late,
}

/// The judgement of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// 1 and more is an alarm.
    pub score: f64,
    /// Whether the score is 1 or more.
    pub alarm: bool,
    /// None for missing rows and before anything is known.
    pub expected: Option<Band>,
    /// Why the row was not judged.
    pub skipped: Option<Skipped>,
    /// When what goes on began.
    pub since_ms: Option<i64>,
    pub(crate) evidence: [f32; DETECTORS],
    pub(crate) voters: usize,
    pub(crate) run_rows: u32,
}

impl Verdict {
    pub(crate) fn skipped(why: Skipped) -> Self {
        Self {
            score: 0.0,
            alarm: false,
            expected: None,
            skipped: Some(why),
            since_ms: None,
            evidence: [0.0; DETECTORS],
            voters: 0,
            run_rows: 0,
        }
    }

    /// How far a value is from what was expected of it, in usual errors; nothing where none is known.
    #[must_use]
    pub fn surprise(&self, value: f64) -> Option<f64> {
        let band = self.expected?;
        let surprise = 3.0 * (value - band.value) / (band.high - band.value);
        // What never errs is surprised by everything, and says nothing about others.
        surprise.is_finite().then_some(surprise)
    }

    /// Who found what, strongest first: digits, 2 being once in a hundred rows.
    #[must_use]
    pub fn evidence(&self) -> Vec<(Detector, f32)> {
        let mut found: Vec<_> = Detector::ALL
            .into_iter()
            .zip(self.evidence)
            .filter(|&(_, digits)| digits > 0.0)
            .collect();
        found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        found
    }

    /// Why this row is a finding; `time` writes a time for people.
    #[must_use]
    pub fn reason(&self, value: Option<f64>, time: impl Fn(i64) -> String) -> Option<String> {
        if !self.alarm {
            return None;
        }
        let found = self.evidence();
        let &(first, digits) = found.first()?;
        let what = self.what(first, value);
        let rows = 10_f64.powf(f64::from(digits));
        let since =
            self.since_ms.map(|since| format!(", since {}", time(since))).unwrap_or_default();
        Some(format!("{what}; 1 in {} rows by {}{since}", short(rows), self.names(&found)))
    }

    fn what(&self, first: Detector, value: Option<f64>) -> String {
        let rows = self.run_rows;
        match (first, value, self.expected) {
            (Detector::Missing, _, _) => format!("{rows} rows missing"),
            (Detector::FlatLine, Some(value), _) => {
                format!("{} for {} rows without any change", short(value), rows + 1)
            }
            (_, Some(value), Some(band)) => format!(
                "{} where {} was expected (usually {} to {})",
                short(value),
                short(band.value),
                short(band.low),
                short(band.high)
            ),
            (_, Some(value), None) => short(value),
            (_, None, _) => "no value".to_owned(),
        }
    }

    fn names(&self, found: &[(Detector, f32)]) -> String {
        let strong: Vec<_> = found
            .iter()
            .filter(|(_, digits)| *digits >= NAMED_DIGITS)
            .map(|(by, _)| by.name())
            .collect();
        let named = strong.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
        let voters = self.voters;
        match strong.len() {
            0 => found.first().map_or_else(String::new, |(by, _)| by.name().to_owned()),
            number if number > NAMED_MAX => {
                format!("{named} and {} more of {voters}", number - NAMED_MAX)
            }
            _ => named,
        }
    }
}

/// Four figures that count.
pub(crate) fn short(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let size = value.abs().log10().floor();
    if !(-4.0..15.0).contains(&size) {
        return format!("{value:.3e}");
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 7")]
    let decimals = (3.0 - size).clamp(0.0, 7.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let cases =
            [(1234.567, "1235"), (0.012_345, "0.01235"), (-2.5, "-2.5"), (1e20, "1.000e20")];
        for (value, text) in cases {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn a_sentence_names_figures_and_detectors() {
        let mut verdict = Verdict::skipped(Skipped::Late);
        assert_eq!(verdict.reason(Some(1.0), |_| String::new()), None);
        verdict.alarm = true;
        verdict.voters = 6;
        verdict.since_ms = Some(5);
        verdict.expected = Some(Band { low: 8.0, value: 10.0, high: 12.0 });
        for (place, digits) in [(0, 2.5), (1, 3.0), (3, 0.4)] {
            verdict.evidence[place] = digits;
        }
        assert_eq!(
            verdict.reason(Some(99.0), |ms| format!("{ms} ms")).unwrap(),
            "99 where 10 was expected (usually 8 to 12); 1 in 1000 rows by residual, forecast, since 5 ms"
        );
    }
}
