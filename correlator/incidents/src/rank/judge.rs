//! From samples to evidence.
//!
//! **Invariant:** nothing is evidence before the symptom has been found abnormal, and every metric is
//! weighed by the same rules; names of nodes decide nothing.

use super::baseline::{NORMAL_MIN, Unusual, unusual};
use super::contrast::{Pattern, contrast};
use super::evidence::{Evidence, Symptom};
use super::kind::Kind;
use super::reason::{figure, instant};
use super::samples::{Samples, Series, Values};
use super::view::View;

/// An anomaly of this ratio is as likely real as not.
const HALF_SURE: f64 = 2.0;
/// Another metric than the symptom's tells of another way to fail.
const OTHER_METRIC: f64 = 0.75;
/// Traffic follows those who ask.
const TRAFFIC: f64 = 0.1;
/// Evidence below this is left out: it would only make lists longer.
const SCORE_MIN: f64 = 0.01;

/// Whether the symptom is abnormal, and what else is.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// It is; here is what to rank.
    Abnormal {
        /// For the ranking.
        symptom: Symptom,
        /// Of all nodes, the symptom's own among them.
        evidence: Vec<Evidence>,
        /// The figures, as a sentence.
        text: String,
    },
    /// Its own past shows as much.
    Normal {
        /// The figures, as a sentence.
        text: String,
    },
    /// There is too little to compare.
    Unknown {
        /// What is missing.
        text: String,
    },
}

/// Compares a current period with a normal one.
#[must_use]
pub fn judge(normal: &Samples, current: &Samples, symptom: &Series) -> Verdict {
    let Some((past, now)) = normal.of(symptom).zip(current.of(symptom)) else {
        let text = format!("{} has no samples in one of the periods", called(symptom));
        return Verdict::Unknown { text };
    };
    let kind = Kind::of(&symptom.metric);
    let found = kind.directions().iter().filter_map(|&direction| {
        Some((unusual(&turned(past, direction), &turned(now, direction))?, direction))
    });
    let worst = found.reduce(|best, next| if next.0.ratio > best.0.ratio { next } else { best });
    let Some((unusual, direction)) = worst else {
        let text = format!(
            "{} has {} samples in the normal period, and less than {NORMAL_MIN} say nothing",
            called(symptom),
            past.len()
        );
        return Verdict::Unknown { text };
    };
    let text = told(symptom, &unusual, direction);
    if unusual.ratio < 1.0 || unusual.excess <= 0.0 {
        return Verdict::Normal { text };
    }
    let (view, pattern) = View::new(past, now, &unusual, direction);
    Verdict::Abnormal {
        symptom: Symptom {
            node: symptom.node.clone(),
            since_ms: view.since(&pattern),
            step_ms: view.step_ms,
        },
        evidence: gather(normal, current, symptom, &view, &pattern),
        text,
    }
}

fn turned(values: &Values, direction: f64) -> Vec<f64> {
    values.values().map(|value| direction * value).collect()
}

fn called(series: &Series) -> String {
    format!("{} {} of {}", series.metric, series.statistic, series.node)
}

fn told(symptom: &Series, unusual: &Unusual, direction: f64) -> String {
    let Unusual { ratio, base, excess } = *unusual;
    format!(
        "{}: a quarter of the time {} or worse, against {}; {:.1} times what one normal period in twenty shows",
        called(symptom),
        figure(direction * (base + excess)),
        figure(direction * base),
        ratio.max(0.0)
    )
}

/// One piece of evidence for each metric of each node: of the symptom's statistic where there is one,
/// because like is compared with like, else of the statistic that says most.
fn gather(
    normal: &Samples,
    current: &Samples,
    symptom: &Series,
    view: &View,
    pattern: &Pattern,
) -> Vec<Evidence> {
    let mut best: Vec<(&Series, Evidence)> = Vec::new();
    for (series, now) in current.all() {
        let Some(past) = normal.of(series) else { continue };
        let Some(piece) = piece(series, past, now, symptom, (view, pattern)) else { continue };
        match best.last_mut() {
            Some((last, kept)) if is_same_metric(last, series) => {
                let is_alike = |series: &Series| series.statistic == symptom.statistic;
                let better = (is_alike(series), piece.score) > (is_alike(last), kept.score);
                if better {
                    (*last, *kept) = (series, piece);
                }
            }
            _ => best.push((series, piece)),
        }
    }
    let pieces = best.into_iter().map(|(_, piece)| piece);
    pieces.filter(|piece| piece.score >= SCORE_MIN).collect()
}

fn is_same_metric(a: &Series, b: &Series) -> bool {
    (&a.node, &a.metric) == (&b.node, &b.metric)
}

fn piece(
    series: &Series,
    past: &Values,
    now: &Values,
    symptom: &Series,
    (view, pattern): (&View, &Pattern),
) -> Option<Evidence> {
    let (past, now) = (view.along(past, &view.past), view.along(now, &view.now));
    let kind = Kind::of(&series.metric);
    let found = kind.directions().iter().filter_map(|way| contrast(&past, &now, pattern, *way));
    let found = found.reduce(|best, next| if next.ratio > best.ratio { next } else { best })?;
    let ratio = found.ratio.max(0.0);
    let weight = match kind {
        _ if series.metric == symptom.metric => 1.0,
        Kind::Traffic => TRAFFIC,
        _ => OTHER_METRIC,
    };
    let since_ms = view.onset(&now, &found).unwrap_or_else(|| view.since(pattern));
    Some(Evidence {
        node: series.node.clone(),
        score: weight * ratio * ratio / (ratio * ratio + HALF_SURE * HALF_SURE),
        since_ms,
        text: format!(
            "{} {} is {} instead of {} since {}, {ratio:.1} times what it does at one time in twenty",
            series.metric,
            series.statistic,
            figure(found.observed),
            figure(found.expected),
            instant(since_ms)
        ),
    })
}
