//! The doors of these tests.

use incidents::rank::{
    Change, Evidence, Graph, Ranking, Samples, Series, Symptom, Verdict, judge, rank,
};

pub(crate) const NOON_MS: i64 = 1_700_000_000_000;
pub(crate) const MINUTE_MS: i64 = 60_000;

pub(crate) fn graph(edges: &[(&str, &str)]) -> Graph {
    Graph::new(edges.iter().copied())
}

/// Evidence of this chance since noon.
pub(crate) fn piece(node: &str, score: f64) -> Evidence {
    let text = format!("{node} is off by {score}");
    Evidence { node: node.to_owned(), score, since_ms: NOON_MS, text }
}

pub(crate) fn pieces(scores: &[(&str, f64)]) -> Vec<Evidence> {
    scores.iter().map(|(node, score)| piece(node, *score)).collect()
}

pub(crate) fn changed(node: &str, minutes_before: i64) -> Change {
    let at_ms = NOON_MS - minutes_before * MINUTE_MS;
    Change { node: node.to_owned(), at_ms, text: format!("{node} was deployed") }
}

pub(crate) fn symptom(node: &str) -> Symptom {
    Symptom { node: node.to_owned(), since_ms: NOON_MS, step_ms: MINUTE_MS }
}

/// The ranking for a symptom at `shop`.
pub(crate) fn ranked(edges: &[(&str, &str)], evidence: &[Evidence], changes: &[Change]) -> Ranking {
    rank(&graph(edges), &symptom("shop"), evidence, changes)
}

pub(crate) fn names(ranking: &Ranking) -> Vec<&str> {
    ranking.causes.iter().map(|cause| cause.node.as_str()).collect()
}

/// A generator whose numbers are the same everywhere.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// From -1 to 1.
    pub(crate) fn swing(&mut self) -> f64 {
        (self.next() % 2001) as f64 / 1000.0 - 1.0
    }

    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for place in (1..values.len()).rev() {
            let other = usize::try_from(self.next()).unwrap() % (place + 1);
            values.swap(place, other);
        }
    }
}

pub(crate) fn series(node: &str, metric: &str) -> Series {
    let statistic = if metric == "requests" { "Sum" } else { "Average" };
    Series { node: node.into(), metric: metric.into(), statistic: statistic.into() }
}

/// A small service: `shop` calls `search` and `pay`, `search` calls `store`.
pub(crate) const SERVICE: [(&str, &str); 3] =
    [("shop", "search"), ("shop", "pay"), ("search", "store")];

/// Samples a minute apart; `fault` adds to a node's metric at a minute.
pub(crate) fn samples(
    minutes: std::ops::Range<i64>,
    seed: u64,
    fault: impl Fn(&str, &str, i64) -> f64,
) -> Samples {
    let mut samples = Samples::default();
    let mut chance = Chance(seed);
    let usual = [("shop", 90.0), ("search", 30.0), ("pay", 20.0), ("store", 10.0)];
    for minute in minutes {
        for (node, latency) in usual {
            let at_ms = NOON_MS + minute * MINUTE_MS;
            let mut add = |metric: &str, value: f64| {
                samples.add(&series(node, metric), at_ms, value + fault(node, metric, minute));
            };
            add("latency", latency * (1.0 + 0.05 * chance.swing()));
            add("availability", if chance.next().is_multiple_of(8) { 99.6 } else { 100.0 });
            add("requests", 500.0 + 30.0 * chance.swing());
        }
    }
    samples
}

pub(crate) fn normal() -> Samples {
    samples(-300..0, 7, |_, _, _| 0.0)
}

/// The verdict on a metric of `shop`, and the ranking after it.
pub(crate) fn judged(normal: &Samples, current: &Samples, metric: &str) -> (Verdict, Ranking) {
    let verdict = judge(normal, current, &series("shop", metric));
    let ranking = match &verdict {
        Verdict::Abnormal { symptom, evidence, .. } => {
            rank(&graph(&SERVICE), symptom, evidence, &[])
        }
        _ => Ranking::default(),
    };
    (verdict, ranking)
}
