//! What a hit costs stateful rules: counts in windows, sequences, values seen for the first time, and
//! counting with very many groups. CPU time of this thread, hits a second of one core.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "a benchmark reads the clock, prints, and may fail loudly"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{BATCH, cpu_s};
use correlator::patterns::{
    Bounds, Figure, Fires, GroupField, Hit, Kind, Limits, Pattern, Patterns, Plan, Stateful, Step,
};
use schemas::alert::Level;
use schemas::id::RecordId;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MINUTE_MS: i64 = 60_000;
const HITS: u64 = 400_000;

fn rule(rules: &[&str], fields: &[&str], fires: Fires) -> Stateful {
    Stateful {
        id: "bench".to_owned(),
        version: "1".to_owned(),
        title: "Bench".to_owned(),
        level: Level::Warning,
        confidence: 0.8,
        runbook: None,
        is_material: false,
        rules: rules.iter().map(|id| ((*id).to_owned(), (*id).to_owned())).collect(),
        group_by: vec![GroupField { name: "user".to_owned(), of_rule: BTreeMap::new() }],
        fields: fields.iter().map(|name| (*name).to_owned()).collect(),
        fires,
    }
}

fn at_once(kind: Kind) -> Fires {
    Fires::AtOnce(Pattern { kind, within_ms: 10 * MINUTE_MS })
}

/// So many hits, of so many groups, so many milliseconds apart.
fn measure(name: &str, stateful: Stateful, groups: u64, apart_ms: i64) {
    let rules: Vec<String> = stateful.rules.iter().map(|(id, _)| id.clone()).collect();
    let plan = Arc::new(Plan::new(vec![stateful]));
    let mut patterns = Patterns::new(plan, Limits::default());
    let (mut fired, mut firings, mut spent) = (Vec::new(), 0, 0.0);
    for batch in 0..HITS / BATCH {
        let made: Vec<_> = (batch * BATCH..(batch + 1) * BATCH).map(|n| made(n, groups)).collect();
        let began = cpu_s();
        for (number, (record, fields)) in (batch * BATCH..).zip(&made) {
            let time_ms = number as i64 * apart_ms;
            let place = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
            let rule = &rules[usize::try_from(place).unwrap() % rules.len()];
            let hit = Hit { tenant: 1, rule, time_ms, record: *record, fields };
            patterns.take(&hit, time_ms, &mut fired);
            firings += fired.drain(..).count();
        }
        let settled_ms = ((batch + 1) * BATCH) as i64 * apart_ms;
        patterns.advance(1, settled_ms, usize::MAX, &mut fired);
        patterns.stores().into_iter().for_each(|store| store.commit());
        spent += cpu_s() - began;
    }
    println!(
        "{name:<44} {:>6.2} us a hit, {:>9.0} hits/s; {firings} firings, {} groups at the end",
        spent * 1e6 / HITS as f64,
        HITS as f64 / spent,
        patterns.groups()
    );
}

fn made(number: u64, groups: u64) -> (RecordId, BTreeMap<String, String>) {
    let spread = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let fields = [
        ("user", format!("user-{}", (spread >> 20) % groups)),
        ("address", format!("192.0.2.{}", (spread >> 40) % 250)),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value)).into();
    (RecordId::of("bench", &[&number.to_string()]), fields)
}

fn main() {
    let count = |at_least| at_once(Kind::Threshold(Figure::Count, Bounds::from(at_least)));
    let steps = vec![Step::of(0), Step { at_least: 2, ..Step::of(1) }, Step::of(2)];
    let seen = Fires::FirstSeen { memory_ms: 60 * MINUTE_MS, learning_ms: MINUTE_MS };
    // 25 minutes are kept: 100 groups have 15 hits each at 1 s apart, 150 at 100 ms.
    measure("count, 15 hits a group kept", rule(&["a"], &[], count(10.0)), 100, 1_000);
    measure("count, 150 hits a group kept", rule(&["a"], &[], count(100.0)), 100, 100);
    let distinct = at_once(Kind::Threshold(Figure::Distinct, Bounds::from(20.0)));
    measure(
        "distinct values, 15 hits a group kept",
        rule(&["a"], &["address"], distinct),
        100,
        1_000,
    );
    let sequence = at_once(Kind::Sequence(steps));
    measure(
        "sequence of 3 steps, 15 hits a group kept",
        rule(&["a", "b", "c"], &[], sequence.clone()),
        100,
        1_000,
    );
    measure(
        "sequence of 3 steps, 150 hits a group kept",
        rule(&["a", "b", "c"], &[], sequence),
        100,
        100,
    );
    measure("count, 150,000 groups", rule(&["a"], &[], count(10.0)), 150_000, 5);
    measure("first seen, 50,000 groups", rule(&["a"], &["address"], seen), 50_000, 5);
}
