//! Windows against brute force.

use correlator::patterns::{Bounds, Condition, Entry, Figure, Kind, Pattern, Step, Value, find};
use proptest::prelude::*;
use schemas::id::RecordId;

fn entries(hits: &[(i64, u8)]) -> Vec<Entry> {
    let entry = |(number, (time_ms, rule)): (usize, &(i64, u8))| Entry {
        time_ms: *time_ms,
        rule: *rule,
        value: Some(Value::Number(f64::from(*rule))),
        record: RecordId::of("test", &[&number.to_string()]),
    };
    let mut entries: Vec<Entry> = hits.iter().enumerate().map(entry).collect();
    entries.sort_by_key(|entry| entry.time_ms);
    entries
}

/// Whether some choice of hits takes the steps, trying all of them.
fn exists(steps: &[Step], entries: &[Entry], within_ms: i64, chosen: &mut Vec<usize>) -> bool {
    let needed: usize = steps.iter().map(|step| step.at_least).sum();
    if chosen.len() == needed {
        return is_way(steps, entries, within_ms, chosen);
    }
    let from = chosen.last().map_or(0, |last| last + 1);
    (from..entries.len()).any(|place| {
        chosen.push(place);
        let found = exists(steps, entries, within_ms, chosen);
        chosen.pop();
        found
    })
}

fn is_way(steps: &[Step], entries: &[Entry], within_ms: i64, chosen: &[usize]) -> bool {
    let time = |place: usize| entries[place].time_ms;
    if time(*chosen.last().unwrap()) - time(chosen[0]) > within_ms {
        return false;
    }
    let mut rest = chosen;
    let mut before: Option<i64> = None;
    for step in steps {
        let (now, later) = rest.split_at(step.at_least);
        if !now.iter().all(|place| step.rules.contains(&entries[*place].rule)) {
            return false;
        }
        if let Some(before) = before {
            let gap = time(now[0]) - before;
            if gap < step.after_ms.max(1) || gap > step.before_ms {
                return false;
            }
        }
        before = Some(time(*now.last().unwrap()));
        rest = later;
    }
    true
}

fn step() -> impl Strategy<Value = Step> {
    let rules = prop::sample::subsequence(vec![0_u8, 1, 2], 1..=2);
    (rules, 1_usize..=2, 0_i64..4, 3_i64..12).prop_map(|(rules, at_least, after_ms, before_ms)| {
        Step { rules, at_least, after_ms, before_ms }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_sequence_is_found_where_there_is_one_in_whatever_order_hits_come(
        hits in prop::collection::vec((0_i64..20, 0_u8..3), 1..9),
        steps in prop::collection::vec(step(), 1..4),
        within_ms in 2_i64..20,
    ) {
        let pattern = Pattern { kind: Kind::Sequence(steps.clone()), within_ms };
        let mut known: Vec<Entry> = Vec::new();
        let mut is_found = false;
        let all = entries(&hits);
        // They come in the order of the list, and are kept in the order of time.
        for (number, _) in hits.iter().enumerate() {
            let record = RecordId::of("test", &[&number.to_string()]);
            let entry = *all.iter().find(|entry| entry.record == record).unwrap();
            let place = known.partition_point(|other| other.time_ms <= entry.time_ms);
            known.insert(place, entry);
            if let Some(found) = find(&pattern, &known, place) {
                prop_assert!(is_way(&steps, &known, within_ms, &found.entries), "{found:?}");
                is_found = true;
            }
            prop_assert_eq!(is_found, exists(&steps, &known, within_ms, &mut Vec::new()));
        }
    }
}

#[test]
fn figures_are_those_of_the_window() {
    let hits = entries(&[(0, 9), (10, 1), (12, 2), (14, 2), (20, 5)]);
    let figure = |figure, within_ms, new: usize| {
        let pattern = Pattern { kind: Kind::Threshold(figure, Bounds::ANY), within_ms };
        find(&pattern, &hits[..=new], new).and_then(|found| found.figure)
    };
    assert_eq!(figure(Figure::Count, 4, 3), Some(3.0));
    assert_eq!(figure(Figure::Distinct, 4, 3), Some(2.0));
    assert_eq!(figure(Figure::Sum, 10, 4), Some(10.0));
    assert_eq!(figure(Figure::Mean, 10, 4), Some(2.5));
    assert_eq!(figure(Figure::Percentile(50), 10, 4), Some(2.0));
    assert_eq!(figure(Figure::Percentile(100), 20, 4), Some(9.0));
}

#[test]
fn a_late_hit_is_in_the_window_it_belongs_to() {
    let three = Pattern { kind: Kind::Threshold(Figure::Count, Bounds::from(3.0)), within_ms: 60 };
    // What deceives those who go by arrival: 100 comes last, 110 lie between the first and the last.
    let hits = entries(&[(100, 0), (200, 0), (210, 0)]);
    assert_eq!(find(&three, &hits, 0), None);
    let hits = entries(&[(160, 0), (200, 0), (210, 0)]);
    assert_eq!(find(&three, &hits, 0).map(|found| found.end_ms), Some(210));
}

#[test]
fn hits_of_one_moment_are_in_no_order() {
    let then = Pattern { kind: Kind::Sequence(vec![Step::of(0), Step::of(1)]), within_ms: 60 };
    assert_eq!(find(&then, &entries(&[(5, 0), (5, 1)]), 1), None);
    assert!(find(&then, &entries(&[(5, 0), (6, 1)]), 1).is_some());
    assert_eq!(find(&then, &entries(&[(5, 1), (6, 0)]), 1), None);
}

#[test]
fn of_some_rules_there_are_hits_and_of_others_none() {
    let rule = Condition::Rule;
    let condition = Condition::All(vec![rule(0), rule(1), Condition::Not(Box::new(rule(2)))]);
    let pattern = Pattern { kind: Kind::Together(condition), within_ms: 60 };
    assert!(find(&pattern, &entries(&[(5, 1), (60, 0)]), 1).is_some());
    assert_eq!(find(&pattern, &entries(&[(5, 1), (66, 0)]), 1), None);
    assert_eq!(find(&pattern, &entries(&[(5, 1), (7, 2), (60, 0)]), 2), None);
}
