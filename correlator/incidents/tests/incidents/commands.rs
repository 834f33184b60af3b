//! What people say, and what contradicts itself.

use incidents::command::Command;
use incidents::incident::Stage;
use schemas::id::{AlertId, IncidentId};

use crate::support::{START_MS, Taking, alert};

fn two_on_a_host() -> (Taking, IncidentId, Vec<AlertId>) {
    let taking =
        Taking::all(&[alert(0, "a", "host"), alert(5, "b", "host"), alert(9, "c", "host")]);
    let incident = taking.engine.incidents().next().unwrap().1;
    let (id, alerts) = (incident.id, incident.alerts.clone());
    (taking, id, alerts)
}

fn follow(taking: &mut Taking, command: &Command) -> Result<Option<IncidentId>, String> {
    let followed = taking.engine.follow("acme", command, START_MS + 10_000);
    let taken = followed.map_err(|why| why.0)?;
    taking.note_merged(taken.merged);
    Ok(taken.incident)
}

#[test]
fn parted_stays_parted_until_somebody_merges() {
    let (mut taking, id, alerts) = two_on_a_host();
    let parted = follow(&mut taking, &Command::Split(id, vec![alerts[2]])).unwrap().unwrap();
    assert_ne!(parted, id);
    let of_c = taking.take(&alert(20, "c", "host"));
    assert_eq!(taking.of(of_c), Some(parted), "the condition goes on in the new one");
    let of_a = taking.take(&alert(21, "a", "host"));
    assert_eq!(taking.of(of_a), Some(id));
    assert!(!taking.together(of_a, of_c), "and nothing infers them together again");
    let survivor = follow(&mut taking, &Command::Merge(parted, id)).unwrap();
    assert_eq!((survivor, taking.of(of_c)), (Some(id), Some(id)), "the last word counts");
    let again =
        follow(&mut taking, &Command::Split(id, vec![alerts[0], alerts[1]])).unwrap().unwrap();
    assert_ne!(again, id, "what stays keeps the id, also when the first alert goes");
}

#[test]
fn what_cannot_be_followed_says_why_and_changes_nothing() {
    let (mut taking, id, alerts) = two_on_a_host();
    let before = taking.engine.incidents().count();
    let cases = [
        (Command::Merge(id, id), "with itself"),
        (Command::Split(id, alerts.clone()), "not all of them"),
        (Command::Split(id, Vec::new()), "needs some"),
        (Command::Acknowledge(IncidentId::of(alerts[1])), "there is no incident"),
    ];
    for (command, why) in cases {
        let said = follow(&mut taking, &command).unwrap_err();
        assert!(said.contains(why), "{command:?}: {said}");
    }
    assert!(taking.engine.follow("other", &Command::Acknowledge(id), 0).is_err());
    assert_eq!(taking.engine.incidents().count(), before);
    assert_eq!(taking.engine.counts().commands_refused, 4);
}

#[test]
fn states_rise_and_what_comes_back_soon_reopens() {
    let (mut taking, id, _) = two_on_a_host();
    let stage = |taking: &Taking| taking.engine.incidents().next().unwrap().1.stage;
    follow(&mut taking, &Command::Acknowledge(id)).unwrap();
    assert_eq!(stage(&taking), Stage::Acknowledged);
    follow(&mut taking, &Command::Mitigate(id)).unwrap();
    follow(&mut taking, &Command::Feedback(id, true)).unwrap();
    follow(&mut taking, &Command::Resolve(id)).unwrap();
    assert_eq!(stage(&taking), Stage::Resolved);
    assert!(follow(&mut taking, &Command::Acknowledge(id)).unwrap_err().contains("is resolved"));
    taking.take(&alert(600, "a", "host"));
    assert_eq!(stage(&taking), Stage::Open);
    let told = taking.engine.incidents().next().unwrap().1.told(3);
    assert_eq!((told.revision, told.resolved_at_ms, &told.extra["reopened"]), (3, None, &1.into()));
    follow(&mut taking, &Command::Resolve(id)).unwrap();
    let later = taking.take(&alert(600 + 3_000, "a", "host"));
    assert_ne!(taking.of(later), Some(id), "half an hour later it is another");
    assert_eq!(taking.engine.incidents().last().unwrap().1.follows, Some(id));
}
