//! Which messages go back to where they came from, and why the others do not.
//!
//! **Invariant:** each letter that was matched is sent, skipped or refused, with a reason for the
//! latter two. No message is sent twice by one replay, nor while a later letter tells that it came
//! back: a trouble that is replayed over and over stays one message.

use std::collections::{BTreeMap, BTreeSet};

use schemas::time::Time;

use super::letter::{Letter, Place};
use super::text::thousands;

/// The message a letter is about: pieces of one message have its place, and differ in their value.
type Message = (Place, u64);

/// What is remembered of a letter that was matched.
#[derive(Clone, Debug)]
struct Matched {
    /// By this, replays go in the order in which letters were written.
    age: (Time, (i32, i64)),
    message: Message,
    cut: Option<String>,
}

/// What all letters together tell.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    matched: Vec<Matched>,
    came_back: BTreeMap<Message, Place>,
}

/// A letter that does not go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stays {
    pub(super) place: Place,
    pub(super) why: String,
}

/// What is to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The letters whose messages go, by where these lie.
    pub(super) send: BTreeMap<(i32, i64), Place>,
    /// Those that need not go.
    pub(super) skipped: Vec<Stays>,
    /// Those that cannot.
    pub(super) refused: Vec<Stays>,
}

impl Survey {
    /// Every letter has to come by here, also one that is not matched: it may tell that another
    /// came back.
    pub(super) fn see(&mut self, letter: &Letter, is_matched: bool) {
        let hash = letter.value_hash();
        if let Some(from) = letter.replayed_from() {
            self.came_back.insert((from, hash), letter.place());
        }
        if is_matched {
            let age = (letter.written, letter.lies_at);
            self.matched.push(Matched { age, message: (letter.place(), hash), cut: cut(letter) });
        }
    }

    /// Decides, the oldest letter first, until `limit` messages go.
    pub(super) fn plan(mut self, limit: Option<usize>) -> Plan {
        self.matched.sort_by_key(|matched| matched.age);
        let mut plan = Plan::default();
        let mut going = BTreeSet::new();
        for Matched { age, message, cut } in self.matched {
            if plan.send.len() >= limit.unwrap_or(usize::MAX) {
                break;
            }
            let place = message.0.clone();
            if let Some(later) = self.came_back.get(&message) {
                let why = format!("it was sent again, and came back as {later}");
                plan.skipped.push(Stays { place, why });
            } else if let Some(why) = cut {
                plan.refused.push(Stays { place, why });
            } else if going.insert(message) {
                plan.send.insert(age.1, place);
            } else {
                let why = "another letter has the same message".to_owned();
                plan.skipped.push(Stays { place, why });
            }
        }
        plan
    }
}

fn cut(letter: &Letter) -> Option<String> {
    let message = &letter.envelope.data.message;
    let kept = message.value.as_ref().map_or(0, |value| value.0.len() as u64);
    let what = match message.value_bytes {
        _ if !message.cut => return None,
        all if all > kept => {
            format!("only {} of {} bytes are kept", thousands(kept), thousands(all))
        }
        _ => "not all of its key or headers is kept".to_owned(),
    };
    Some(format!("{what}; have its producer send it again, smaller"))
}

#[cfg(test)]
mod tests {
    use schemas::bytes::Bytes;

    use super::super::samples::{changed, letter, returned, time};
    use super::*;

    /// What goes, by offset, and what stays, with the reason.
    fn planned(letters: &[Letter], limit: Option<usize>) -> (Vec<u64>, Vec<String>) {
        let mut survey = Survey::default();
        letters.iter().for_each(|letter| survey.see(letter, true));
        let plan = survey.plan(limit);
        let stays = plan
            .skipped
            .iter()
            .map(|stays| format!("skipped {}: {}", stays.place.offset, stays.why));
        let refused = plan
            .refused
            .iter()
            .map(|stays| format!("refused {}: {}", stays.place.offset, stays.why));
        (plan.send.values().map(|place| place.offset).collect(), stays.chain(refused).collect())
    }

    #[test]
    fn each_letter_goes_or_stays_with_a_reason() {
        let cut = changed(3, |letter| {
            let message = &mut letter.envelope.data.message;
            (message.cut, message.value_bytes) = (true, 2_000_000);
        });
        let other_service = changed(1, |letter| {
            letter.lies_at = (9, 9);
            "event-counts".clone_into(&mut letter.envelope.data.service);
        });
        let other_piece = changed(1, |letter| {
            letter.lies_at = (9, 10);
            letter.envelope.data.message.value = Some(Bytes(b"another".to_vec()));
        });
        let older = changed(8, |letter| letter.written = time("2026-03-01T09:00:00Z"));
        let too_long =
            "only 14 of 2,000,000 bytes are kept; have its producer send it again, smaller";
        for (name, letters, limit, going, staying) in [
            ("none", vec![], None, vec![], vec![]),
            ("all", vec![letter(1), letter(2)], None, vec![1, 2], vec![]),
            ("the oldest one", vec![letter(1), older], Some(1), vec![8], vec![]),
            (
                "cut",
                vec![letter(1), cut.clone()],
                None,
                vec![1],
                vec![format!("refused 3: {too_long}")],
            ),
            (
                "no limit on what stays",
                vec![cut, changed(4, |letter| letter.lies_at = (5, 1))],
                Some(1),
                vec![4],
                vec![format!("refused 3: {too_long}")],
            ),
            (
                "two services",
                vec![letter(1), other_service],
                None,
                vec![1],
                vec!["skipped 1: another letter has the same message".to_owned()],
            ),
            ("two pieces", vec![letter(1), other_piece], None, vec![1, 1], vec![]),
        ] {
            let told = planned(&letters, limit);
            assert_eq!(told, (going, staying), "{name}");
        }
    }

    #[test]
    fn a_message_that_comes_back_again_and_again_stays_one() {
        let first = letter(1);
        let second = returned(2, &first);
        let third = returned(3, &second);
        let (going, staying) = planned(&[first.clone(), second.clone(), third], None);
        assert_eq!(going, [3]);
        let came_back = "it was sent again, and came back as isobar.in.audit/1";
        assert_eq!(
            staying,
            [format!("skipped 1: {came_back}/2"), format!("skipped 2: {came_back}/3")]
        );

        // Also where the letter that tells so is none of those that are meant.
        let mut survey = Survey::default();
        survey.see(&first, true);
        survey.see(&second, false);
        let plan = survey.plan(None);
        assert_eq!((plan.send.len(), plan.skipped.len()), (0, 1));
    }
}
