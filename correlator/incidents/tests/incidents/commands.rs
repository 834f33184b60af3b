//! What people say, and what contradicts itself.

use incidents::Asked;
use incidents::command::Command;
use schemas::id::{AlertId, IncidentId};
use schemas::incident::IncidentState;

use crate::support::{Taking, alert};

fn two_on_a_host() -> (Taking, IncidentId, Vec<AlertId>) {
    let mut taking =
        Taking::all(&[alert(0, "a", "host"), alert(5, "b", "host"), alert(9, "c", "host")]);
    let incident = taking.only();
    (taking, incident.incident, incident.alerts)
}

fn follow(taking: &mut Taking, command: &Command) -> Result<Option<IncidentId>, String> {
    taking.follow(10, command)
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
    let before = taking.told();
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
    let command = Command::Acknowledge(id);
    let asked = Asked { command: &command, by: None, note: None, time_ms: 0 };
    assert!(taking.engine.follow("other", &asked).is_err());
    assert_eq!(taking.told(), before);
    assert_eq!(taking.counts.commands_refused, 5);
}

#[test]
fn states_rise_and_what_comes_back_soon_reopens() {
    let (mut taking, id, _) = two_on_a_host();
    let state = |taking: &mut Taking| taking.only().state;
    follow(&mut taking, &Command::Acknowledge(id)).unwrap();
    assert_eq!(state(&mut taking), IncidentState::Acknowledged);
    follow(&mut taking, &Command::Mitigate(id)).unwrap();
    follow(&mut taking, &Command::Feedback(id, true)).unwrap();
    follow(&mut taking, &Command::Resolve(id)).unwrap();
    assert_eq!(state(&mut taking), IncidentState::Resolved);
    assert!(follow(&mut taking, &Command::Acknowledge(id)).unwrap_err().contains("is resolved"));
    taking.take(&alert(600, "a", "host"));
    assert_eq!(state(&mut taking), IncidentState::Open);
    let told = taking.only();
    assert_eq!((told.resolved_at_ms, told.reopened), (None, 1));
    follow(&mut taking, &Command::Resolve(id)).unwrap();
    let later = taking.take(&alert(600 + 3_000, "a", "host"));
    assert_ne!(taking.of(later), Some(id), "half an hour later it is another");
    taking.take(&alert(600 + 3_001, "a", "host"));
    let later = taking.of(later).unwrap();
    assert_eq!(taking.told()[&later].follows, Some(id));
}
