//! Stateful rules by their hits: what fires, when, and why.

use std::collections::BTreeMap;
use std::sync::Arc;

use correlator::patterns::{
    Bounds, Figure, Fires, Firing, GroupField, Hit, Kind, Limits, Pattern, Patterns, Plan,
    Stateful, Step,
};
use proptest::prelude::*;
use schemas::alert::Level;
use schemas::id::RecordId;

const MINUTE_MS: i64 = 60_000;

fn rule(id: &str, rules: &[&str], fires: Fires) -> Stateful {
    Stateful {
        id: id.to_owned(),
        version: "1".to_owned(),
        title: id.to_owned(),
        level: Level::Warning,
        confidence: 0.8,
        runbook: None,
        is_material: false,
        rules: rules.iter().map(|id| ((*id).to_owned(), (*id).to_owned())).collect(),
        group_by: vec![GroupField { name: "user".to_owned(), of_rule: BTreeMap::new() }],
        fields: Vec::new(),
        fires,
    }
}

fn at_once(kind: Kind, minutes: i64) -> Fires {
    Fires::AtOnce(Pattern { kind, within_ms: minutes * MINUTE_MS })
}

fn at_least(count: f64) -> Kind {
    Kind::Threshold(Figure::Count, Bounds::from(count))
}

/// A timeline: `minute rule user`, and what fires at each of its words.
struct Play {
    patterns: Patterns,
    now_ms: BTreeMap<u32, i64>,
    number: u32,
}

impl Play {
    fn new(rules: Vec<Stateful>) -> Self {
        let patterns = Patterns::new(Arc::new(Plan::new(rules)), Limits::default());
        Self { patterns, now_ms: BTreeMap::new(), number: 0 }
    }

    fn hit(
        &mut self,
        tenant: u32,
        time_ms: i64,
        rule: &str,
        fields: &[(&str, &str)],
    ) -> Vec<Firing> {
        self.number += 1;
        let now_ms = self.now_ms.entry(tenant).or_insert(time_ms);
        *now_ms = time_ms.max(*now_ms);
        let fields =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let record = RecordId::of("hit", &[&self.number.to_string()]);
        let mut fired = Vec::new();
        let hit = Hit { tenant, rule, time_ms, record, fields: &fields };
        self.patterns.take(&hit, self.now_ms[&tenant], &mut fired);
        fired
    }

    fn until(&mut self, tenant: u32, settled_ms: i64) -> Vec<Firing> {
        let mut fired = Vec::new();
        assert!(self.patterns.advance(tenant, settled_ms, 1_000, &mut fired));
        fired
    }

    fn reasons(&mut self, words: &str) -> Vec<String> {
        let mut reasons = Vec::new();
        for word in words.split(';') {
            let parts: Vec<&str> = word.split_whitespace().collect();
            let minute: i64 = parts[0].parse().unwrap();
            let fired = self.hit(1, minute * MINUTE_MS, parts[1], &[("user", parts[2])]);
            reasons.extend(fired.into_iter().map(|fired| format!("{minute}: {}", fired.reason)));
        }
        reasons
    }
}

#[test]
fn enough_hits_of_one_group_fire_once_in_their_time() {
    let mut play = Play::new(vec![rule("many", &["denied"], at_once(at_least(3.0), 5))]);
    let told = play.reasons("0 denied ann; 1 denied bob; 2 denied ann; 4 denied ann; 5 denied ann; 9 denied ann; 10 denied ann");
    assert_eq!(
        told,
        [
            "4: 3 times \"denied\" within 4 min of user ann; confidence 0.80",
            "9: 3 times \"denied\" within 5 min of user ann; confidence 0.80",
        ]
    );
}

#[test]
fn more_than_was_asked_for_is_surer() {
    let mut play = Play::new(vec![rule("many", &["denied"], at_once(at_least(2.0), 5))]);
    let fired =
        play.reasons("0 denied ann; 1 denied ann; 2 denied ann; 3 denied ann; 6 denied ann");
    assert_eq!(fired.len(), 2, "{fired:?}");
    assert!(fired[1].ends_with("confidence 0.87"), "{fired:?}");
}

#[test]
fn steps_in_order_and_aliases() {
    let steps = vec![Step::of(0), Step { at_least: 2, ..Step::of(1) }];
    let mut rule = rule("burst", &["status", "urgent"], at_once(Kind::Sequence(steps), 10));
    rule.group_by[0].of_rule.insert(1, "author".to_owned());
    let mut play = Play::new(vec![rule]);
    assert!(play.hit(1, 0, "urgent", &[("author", "ann")]).is_empty());
    assert!(play.hit(1, 1_000, "status", &[("user", "ann")]).is_empty());
    assert!(play.hit(1, 2_000, "urgent", &[("author", "ann")]).is_empty());
    let fired = play.hit(1, 3_000, "urgent", &[("author", "ann")]);
    assert_eq!(
        fired[0].reason,
        "\"status\", then 2 times \"urgent\" within 2 s of user ann; confidence 0.80"
    );
    assert_eq!(fired[0].evidence.len(), 3);
}

#[test]
fn what_is_absent_is_known_when_nothing_can_come_any_more() {
    let pattern = Pattern { kind: Kind::Sequence(vec![Step::of(0)]), within_ms: MINUTE_MS };
    let fires = Fires::Unless { pattern, absent: vec![1], for_ms: 10 * MINUTE_MS };
    let mut play = Play::new(vec![rule("unchecked", &["deploy", "check"], fires)]);
    assert!(play.reasons("0 deploy ann; 1 deploy bob; 5 check ann").is_empty());
    assert!(play.until(1, 11 * MINUTE_MS).is_empty());
    let fired = play.until(1, 11 * MINUTE_MS + 1);
    assert_eq!(fired.len(), 1);
    assert_eq!(
        fired[0].reason,
        "\"deploy\" of user bob, and no \"check\" for 10 min; confidence 0.80"
    );
    // And all of it is forgotten in the end.
    assert!(play.until(1, 24 * 60 * MINUTE_MS).is_empty());
    assert_eq!(play.patterns.groups(), 0);
}

#[test]
fn a_value_is_new_once_after_a_while_of_watching() {
    let fires = Fires::FirstSeen { memory_ms: 60 * MINUTE_MS, learning_ms: 10 * MINUTE_MS };
    let mut rule = rule("new country", &["login"], fires);
    rule.fields = vec!["country".to_owned()];
    let mut play = Play::new(vec![rule]);
    let mut login = |minute: i64, country: &str| {
        play.hit(1, minute * MINUTE_MS, "login", &[("user", "ann"), ("country", country)]).len()
    };
    assert_eq!([login(0, "ch"), login(5, "de"), login(12, "ch")], [0, 0, 0]);
    assert_eq!([login(13, "fr"), login(14, "fr")], [1, 0]);
}

#[test]
fn at_the_limit_the_group_goes_that_would_go_first() {
    let plan = Arc::new(Plan::new(vec![rule("many", &["denied"], at_once(at_least(2.0), 5))]));
    let mut play = Play::new(Vec::new());
    play.patterns = Patterns::new(plan, Limits { groups: 2, late_ms: 0, ..Limits::default() });
    assert!(play.reasons("0 denied ann; 1 denied bob; 2 denied cid").is_empty());
    assert_eq!(play.patterns.take_counts().dropped_groups, 1);
    assert!(play.reasons("3 denied ann").is_empty(), "ann's first hit was forgotten");
}

#[test]
fn a_group_with_later_hits_does_not_go_for_its_first() {
    let plan = Arc::new(Plan::new(vec![rule("many", &["denied"], at_once(at_least(3.0), 5))]));
    let mut play = Play::new(Vec::new());
    play.patterns = Patterns::new(plan, Limits { groups: 2, late_ms: 0, ..Limits::default() });
    assert!(play.reasons("0 denied ann; 1 denied bob; 2 denied ann; 3 denied cid").is_empty());
    assert_eq!(play.patterns.take_counts().dropped_groups, 1);
    assert_eq!(play.reasons("4 denied ann").len(), 1, "bob's group went");
}

#[test]
fn hits_of_all_groups_have_a_limit() {
    let plan = Arc::new(Plan::new(vec![rule("many", &["denied"], at_once(at_least(9.0), 5))]));
    let mut play = Play::new(Vec::new());
    play.patterns = Patterns::new(plan, Limits { hits: 4, late_ms: 0, ..Limits::default() });
    assert!(play.reasons("0 denied ann; 1 denied ann; 2 denied bob; 3 denied bob").is_empty());
    assert_eq!((play.patterns.kept(), play.patterns.groups()), (4, 2));
    assert!(play.reasons("4 denied cid").is_empty());
    assert_eq!((play.patterns.kept(), play.patterns.groups()), (3, 2), "ann's group went");
    assert_eq!(play.patterns.take_counts().dropped_groups, 1);
    // Nothing is left when all of it is old.
    assert!(play.until(1, 99 * MINUTE_MS).is_empty());
    assert_eq!((play.patterns.kept(), play.patterns.groups()), (0, 0));
}

#[test]
fn a_hit_without_its_group_is_counted() {
    let mut play = Play::new(vec![rule("many", &["denied"], at_once(at_least(1.0), 5))]);
    assert!(play.hit(1, 0, "denied", &[]).is_empty());
    assert_eq!(play.patterns.take_counts().ungrouped, 1);
}

fn timeline() -> impl Strategy<Value = Vec<(u32, i64, bool, bool)>> {
    prop::collection::vec((0_u32..2, 0_i64..30, any::<bool>(), any::<bool>()), 1..60)
}

fn all_kinds() -> Vec<Stateful> {
    let steps = vec![Step::of(0), Step::of(1)];
    let first = Pattern { kind: Kind::Sequence(vec![Step::of(0)]), within_ms: MINUTE_MS };
    vec![
        rule("many", &["a"], at_once(at_least(3.0), 5)),
        rule("then", &["a", "b"], at_once(Kind::Sequence(steps), 4)),
        rule(
            "alone",
            &["a", "b"],
            Fires::Unless { pattern: first, absent: vec![1], for_ms: 3 * MINUTE_MS },
        ),
    ]
}

fn play_all(hits: &[(u32, i64, bool, bool)], only: Option<u32>, aborts: bool) -> Vec<Firing> {
    let mut play = Play::new(all_kinds());
    let mut fired = Vec::new();
    for (number, (tenant, minute, is_a, is_ann)) in hits.iter().enumerate() {
        let wanted = only.is_none_or(|only| only == *tenant);
        let rounds = if aborts && number % 3 == 1 { 2 } else { 1 };
        for round in 0..rounds {
            // Each record of a run has its number, whether it is played alone or again.
            play.number = u32::try_from(number).unwrap();
            let user = if *is_ann { "ann" } else { "bob" };
            let mut now = Vec::new();
            if wanted {
                let rule = if *is_a { "a" } else { "b" };
                now = play.hit(*tenant, minute * MINUTE_MS, rule, &[("user", user)]);
                now.extend(play.until(*tenant, (minute - 20) * MINUTE_MS));
            }
            let is_last = round + 1 == rounds;
            for store in play.patterns.stores() {
                if is_last { store.commit() } else { store.rollback() }
            }
            if is_last {
                fired.extend(now);
            }
        }
    }
    fired
}

proptest! {
    #[test]
    fn tenants_do_not_mix_and_what_was_undone_leaves_nothing(hits in timeline()) {
        let both = play_all(&hits, None, false);
        prop_assert_eq!(&play_all(&hits, None, true), &both);
        for tenant in 0..2 {
            let own: Vec<_> = both.iter().filter(|fired| fired.tenant == tenant).cloned().collect();
            prop_assert_eq!(own, play_all(&hits, Some(tenant), false));
        }
    }
}
