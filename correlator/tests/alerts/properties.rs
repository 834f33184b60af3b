//! What holds of every timeline.

use std::collections::{BTreeMap, BTreeSet};

use schemas::alert::{Alert, AlertState};
use schemas::codec;
use schemas::notification::{Notification, Occasion};
use stream::Output;

use crate::random::{EVERYTHING, timeline};
use crate::support::World;

const SEEDS: std::ops::Range<u64> = 0..40;
const LENGTH: i64 = 400;

fn run(records: impl IntoIterator<Item = stream::Record>) -> World {
    let mut world = World::new(EVERYTHING);
    records.into_iter().for_each(|record| world.take(record));
    world
}

/// The records of a tenant about its alerts, in order.
fn of_tenant(world: &World, tenant: &str) -> Vec<Output> {
    let is_of = |output: &&Output| {
        let value = output.value.as_deref().unwrap();
        match &*output.topic {
            "isobar.alerts" => codec::decode::<Alert>(value).unwrap().attributes.tenant == tenant,
            "isobar.notifications" => {
                codec::decode::<Notification>(value).unwrap().attributes.tenant == tenant
            }
            _ => false,
        }
    };
    world.outputs.iter().filter(is_of).cloned().collect()
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for seed in SEEDS {
        let records = timeline(seed, &["acme", "beta"], LENGTH);
        let once = run(records.iter().map(|(_, record)| record.clone()));
        let again = run(records.iter().map(|(_, record)| record.clone()));
        assert!(!once.told.is_empty() && once.outputs == again.outputs, "seed {seed}");
    }
}

#[test]
fn tenants_never_mix() {
    for seed in SEEDS {
        let records = timeline(seed, &["acme", "beta", "acm"], LENGTH);
        let mixed = run(records.iter().map(|(_, record)| record.clone()));
        for tenant in ["acme", "beta", "acm"] {
            let own = records
                .iter()
                .filter(|(owner, _)| owner.as_deref().is_none_or(|owner| owner == tenant));
            let alone = run(own.map(|(_, record)| record.clone()));
            let (alone, mixed) = (of_tenant(&alone, tenant), of_tenant(&mixed, tenant));
            assert!(!alone.is_empty() && alone == mixed, "seed {seed}, {tenant}");
        }
    }
}

#[test]
fn nothing_that_is_told_is_a_lie() {
    let mut seen = BTreeMap::new();
    for seed in SEEDS {
        let records = timeline(seed, &["acme", "beta"], LENGTH);
        let world = run(records.iter().map(|(_, record)| record.clone()));
        revisions_have_no_gap(seed, &world);
        receivers_hear_beginnings_before_ends(seed, &world);
        nobody_hears_of_what_is_quiet(seed, &world);
        for (what, amount) in &world.counts {
            *seen.entry(*what).or_insert(0) += amount;
        }
    }
    println!("{seen:?}");
    // A run that met none of its dangers would prove nothing.
    for what in [
        "alerts_evicted",
        "duplicates_full",
        "duplicates_partial",
        "ended_unknown",
        "flapping",
        "forgotten_early",
        "groups_refused",
        "late",
        "notifications",
        "resolved_untold",
        "silences_begun",
        "silences_ended",
        "stale",
        "dead_letters",
        "commands_repeated",
    ] {
        assert!(seen.get(what).is_some_and(|amount| *amount > 0), "{what} never happened");
    }
}

fn revisions_have_no_gap(seed: u64, world: &World) {
    let mut last: BTreeMap<_, (u32, AlertState)> = BTreeMap::new();
    for envelope in &world.alerts {
        let alert = &envelope.data;
        let before = last.insert(alert.alert, (alert.revision, alert.state));
        let expected = before.map_or(0, |(revision, _)| revision + 1);
        assert_eq!(alert.revision, expected, "seed {seed}, {alert:?}");
        let was_over = before.is_some_and(|(_, state)| state == AlertState::Resolved);
        assert!(!was_over, "seed {seed}: {} goes on after its end", alert.alert);
        assert_eq!(alert.closed.is_some(), alert.state == AlertState::Resolved);
    }
    let open = last.values().filter(|(_, state)| *state != AlertState::Resolved).count();
    assert_eq!(open, 0, "seed {seed}: after hours of quiet nothing is open");
}

fn receivers_hear_beginnings_before_ends(seed: u64, world: &World) {
    let (mut open, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for envelope in &world.told {
        let told = &envelope.data;
        assert!(keys.insert(told.delivery_key), "seed {seed}: a key twice, {told:?}");
        assert!(!told.members.is_empty() || told.left_out > 0, "seed {seed}: {told:?}");
        for member in &told.members {
            let heard = (told.receiver.clone(), told.group.as_ref().unwrap().id, member.alert);
            if member.state == AlertState::Resolved {
                assert!(open.remove(&heard), "seed {seed}: over, and never told, {told:?}");
            } else {
                assert_ne!(told.what, Occasion::Resolved, "seed {seed}: {told:?}");
                open.insert(heard);
            }
        }
    }
    // The limits drop some, and count them.
    let dropped = world.count("resolved_untold");
    let wants_updates = |receiver: &str| receiver != "phone";
    let owed = open.iter().filter(|(receiver, ..)| wants_updates(receiver)).count() as u64;
    assert!(owed <= dropped * 6, "seed {seed}: {owed} were never told to be over");
}

fn nobody_hears_of_what_is_quiet(seed: u64, world: &World) {
    for told in &world.told {
        let loud = |state| state != AlertState::Suppressed && state != AlertState::Pending;
        let quiet = told.data.members.iter().find(|member| !loud(member.state));
        assert_eq!(quiet, None, "seed {seed}");
    }
}
