//! What goes on beside the stories, of the same services, in the same words and formats.

use serde_json::{Value, json};

use super::estate::{Estate, Service, one, person};
use super::told::Told;
use super::wire::{self, Alarm, Ticket};
use crate::dice::Dice;

/// Services whose alerts come and go all day.
const FLAPPING: usize = 4;
const FLAPPING_RULES: [&str; 3] = ["DiskAlmostFull", "HighErrorRate", "ClockSkew"];
const CHAT: [&str; 6] = [
    "who reviews my change to {}?",
    "{} moves to the new cluster next month",
    "thanks for the demo of {} yesterday",
    "the docs of {} are out of date",
    "lunch?",
    "the read-only follow-up on our post-mortem is at 10",
];

/// What happens once; gives one record or two.
pub(super) fn any(estate: &Estate, ms: i64, dice: &mut Dice) -> Vec<Told> {
    let service = one(&estate.services, dice);
    let wires = match dice.below(20) {
        0..=3 => deploy(service, ms, dice),
        4..=6 => vec![(ms, ticket(service, ms, dice))],
        7..=11 => vec![(ms, chat(service, ms, dice))],
        12..=15 => return flapping(estate, ms, dice),
        16 | 17 => vec![(ms, job(service, ms, dice))],
        18 => vec![(ms, attack_on_nothing(ms, dice))],
        _ => {
            let measure = *one(&["http.server.duration", "queue.length"], dice);
            return vec![Told::finding((service, None), measure, ms, None, dice)];
        }
    };
    wires.iter().map(|(ms, wire)| Told::of(wire, *ms, None, dice)).collect()
}

fn deploy(service: &Service, ms: i64, dice: &mut Dice) -> Vec<(i64, wire::Wire)> {
    let commit = wire::hex(dice, 40);
    let message = format!("{}-{}: Tidy up", service.project, dice.between(100, 9_999));
    let deployed_ms = ms + dice.between(60_000, 300_000);
    let push = wire::push(service, ms, &commit, &message, dice);
    vec![(ms, push), (deployed_ms, wire::deployed(service, deployed_ms, &commit, dice))]
}

fn ticket(service: &Service, ms: i64, dice: &mut Dice) -> wire::Wire {
    let key = format!("{}-{}", service.project, dice.between(100, 9_999));
    let title = format!("Upgrade the libraries of {}", service.name);
    let component = Some(service.name).filter(|_| dice.per_mille(600));
    wire::jira(ms, Ticket { key: &key, title: &title, component, state: "In Progress" }, dice)
}

fn chat(service: &Service, ms: i64, dice: &mut Dice) -> wire::Wire {
    let channel = format!("C0{}", service.team.to_ascii_uppercase());
    let text = one(&CHAT, dice).replace("{}", service.name);
    wire::slack(ms, &channel, &text, None, dice)
}

/// An alert that comes, and minutes later goes.
fn flapping(estate: &Estate, ms: i64, dice: &mut Dice) -> Vec<Told> {
    let services = estate.services.get(..FLAPPING).unwrap_or_default();
    let (service, rule) = (one(services, dice), *one(&FLAPPING_RULES, dice));
    let (episode, over_ms) = (wire::hex(dice, 12), ms + dice.between(60_000, 600_000));
    let mut said = |at_ms, is_over| {
        let alarm = Alarm { rule, words: rule, episode: &episode, since_ms: ms, is_over };
        let wire = wire::alertmanager(service, None, at_ms, alarm);
        Told { is_end: is_over, ..Told::of(&wire, at_ms, None, dice) }
    };
    vec![said(ms, false), said(over_ms, true)]
}

fn job(service: &Service, ms: i64, dice: &mut Dice) -> wire::Wire {
    if dice.per_mille(500) {
        return wire::patched(ms, "cronjobs", "nightly-cleanup", dice);
    }
    let request = json!({"dBInstanceIdentifier": service.name, "dBSnapshotIdentifier": format!("{}-{}", service.name, wire::hex(dice, 6))});
    wire::call(
        ms,
        ("backup", "AKIABACKUP0000000001"),
        ("rds", "CreateDBSnapshot"),
        (request, Value::Null),
        dice,
    )
}

fn attack_on_nothing(ms: i64, dice: &mut Dice) -> wire::Wire {
    let (who, key) = (person(dice), format!("AKIA{}", wire::hex(dice, 16).to_ascii_uppercase()));
    let request = json!({"roleName": format!("guess-of-role-{}", wire::hex(dice, 4))});
    wire::call(ms, (who, &key), ("iam", "GetRole"), (request, Value::Null), dice)
}
