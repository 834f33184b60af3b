//! Timelines by seed: everything that can happen, in every order.

use schemas::command::CommandAction;
use stream::Record;
use stream::memory::Dice;

use crate::support::{START_MS, Say, World, mark_of, matcher};

/// A configuration with everything in it, and waits that pass within a timeline.
pub(crate) const EVERYTHING: &str = "
receivers:
  - {name: ops, channel: slack}
  - {name: phone, channel: pagerduty, occasions: [firing, escalated, resolved]}
  - {name: boss, channel: email}
routes:
  - {name: urgent, matchers: ['service=~s[0-2]'], receivers: [phone], group_by: [service], group_wait: 0s,
     group_interval: 30s, repeat_interval: 3m, continue: true, escalation: [{after: 1m, receivers: [ops]}, {after: 2m, receivers: [boss]}]}
  - {name: all, receivers: [ops], group_by: [rule], group_wait: 10s, group_interval: 1m, repeat_interval: 5m}
inhibitions:
  - {source: ['rule=hit0'], target: ['rule=~hit[1-3]'], equal: [service]}
  - {source: ['alertname=~.+'], target: ['alertname=~.+'], equal: [service]}
rules:
  hit1: {for: 20s, resolve_after: 40s}
  hit2: {keep_firing_for: 30s, resolve_after: 30s}
  hit3: {level: emergency, resolve_after: 2m}
others: {resolve_after: 90s}
limits: {open_alerts: 5, closing_alerts: 3, remembered: 10, groups: 6, silences: 3}
";

fn below(dice: &mut Dice, limit: u64) -> i64 {
    i64::try_from(dice.below(limit)).unwrap()
}

fn say(dice: &mut Dice, world: &World, tenant: &str, number: i64, at: i64) -> Say {
    let service = format!("s{}", below(dice, 6));
    let ids: Vec<_> = world
        .alerts
        .iter()
        .filter(|alert| alert.attributes.tenant == tenant)
        .map(|alert| alert.data.alert)
        .collect();
    let some_id = ids.get(ids.len().saturating_sub(1 + dice.below(8) as usize)).copied();
    let begun = at - below(dice, 3) * 30;
    let mut say = match dice.below(20) {
        0..8 => Say::hit(
            at - below(dice, 200) * below(dice, 2),
            &format!("hit{}", below(dice, 5)),
            &service,
        ),
        8..12 => Say::fires(at, begun - begun % 60, "Tool", &service),
        12..15 => Say::resolved(at, begun - begun % 60, "Tool", &service),
        15 => Say::silence(at, at + 5 + below(dice, 100), &[&format!("service={service}")]),
        16 => Say::command(at, CommandAction::Silence, |command| {
            command.matchers = vec![matcher("rule=~hit[1-2]")];
            command.starts_at_ms = Some(START_MS + (at + below(dice, 60)) * 1_000);
            command.ends_at_ms = Some(START_MS + (at + 30 + below(dice, 60)) * 1_000);
        }),
        17 => Say::command(at, CommandAction::Unsilence, |_| {}),
        _ => match some_id {
            Some(id) => Say::acknowledge(at, id),
            None => Say::hit(at, "hit0", &service),
        },
    };
    say.title = format!("{} in way {}", say.title, below(dice, 2));
    say.id = format!("{} {number}", say.id);
    say.arrives = at;
    say.tenant(tenant)
}

/// A record, and whose it is; marks are nobody's.
pub(crate) type Owned = (Option<String>, Record);

/// A timeline of these tenants. A world runs beside it, so that commands name alerts there are.
pub(crate) fn timeline(seed: u64, tenants: &[&str], length: i64) -> Vec<Owned> {
    let (mut dice, mut world) = (Dice::new(seed), World::new(EVERYTHING));
    let with_marks = !seed.is_multiple_of(3);
    let (mut records, mut at) = (Vec::new(), 0);
    for number in 0..length {
        at += below(&mut dice, 12);
        if dice.below(40) == 0 {
            at += 200;
        }
        if with_marks && dice.below(2) == 0 {
            let mark = mark_of(u32::try_from(dice.below(2)).unwrap(), 2, at);
            world.take(mark.clone());
            records.push((None, mark));
        }
        let tenant = tenants[dice.below(tenants.len() as u64) as usize];
        let record = say(&mut dice, &world, tenant, number, at).record();
        world.take(record.clone());
        records.push((Some(tenant.to_owned()), record));
    }
    for partition in 0..2 {
        records.push((None, mark_of(partition, 2, at + 20_000)));
    }
    records
}
