//! Messages back to the topics and partitions they came from.
//!
//! **Invariant:** a message goes as it came, with one header more. The letters are read twice, once
//! to decide and once to send, so that as many may be replayed as there are; and every letter that
//! was matched is in the balance at the end.

use std::collections::BTreeMap;
use std::io::Write;

use kafka_runtime::KafkaSettings;
use kafka_runtime::resend::{Resender, Resent};

use super::letter::{Letter, Place, REPLAYED_FROM};
use super::plan::{Plan, Stays};
use super::reading::Letters;
use super::text::{plain, thousands};

/// What became of the letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) dry_run: bool,
    pub(super) sent: Vec<Place>,
    pub(super) skipped: Vec<Stays>,
    pub(super) refused: Vec<Stays>,
}

/// Does what the plan says, or finds out what would come of it.
pub(super) fn replay(
    settings: &KafkaSettings,
    letters: &Letters,
    plan: Plan,
    dry_run: bool,
    err: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    let mut work = Work {
        resender: Resender::new(settings)?,
        partitions: BTreeMap::new(),
        dry_run,
        open: plan.send,
        sent: Vec::new(),
        refused: plan.refused,
    };
    letters.visit(err, &mut |letter| work.take(&letter))?;
    let Work { resender, open, sent, mut refused, .. } = work;
    let untaken = resender.finish()?;
    let gone = |place| Stays { place, why: "it was deleted meanwhile: it was too old".to_owned() };
    refused.extend(open.into_values().map(gone));
    let mut outcome = Outcome { dry_run, sent: Vec::new(), skipped: plan.skipped, refused };
    for (number, place) in sent.into_iter().enumerate() {
        match untaken.get(&number) {
            Some(why) => outcome.refused.push(Stays { place, why: why.clone() }),
            None => outcome.sent.push(place),
        }
    }
    Ok(outcome)
}

struct Work {
    resender: Resender,
    /// How many partitions each topic has.
    partitions: BTreeMap<String, usize>,
    dry_run: bool,
    /// What is still to be found.
    open: BTreeMap<(i32, i64), Place>,
    sent: Vec<Place>,
    refused: Vec<Stays>,
}

impl Work {
    fn take(&mut self, letter: &Letter) -> anyhow::Result<()> {
        let Some(place) = self.open.remove(&letter.lies_at) else { return Ok(()) };
        let partitions = self.partitions_of(&place.topic)?;
        let partition = i32::try_from(place.partition).unwrap_or(i32::MAX);
        if usize::try_from(partition).is_ok_and(|partition| partition < partitions) {
            if !self.dry_run {
                self.send(letter, partition, &place);
            }
            self.sent.push(place);
        } else {
            let why = format!(
                "{} has {partitions} partitions; make it again as it was, or have the producer send it",
                place.topic
            );
            self.refused.push(Stays { place, why });
        }
        Ok(())
    }

    fn partitions_of(&mut self, topic: &str) -> anyhow::Result<usize> {
        if let Some(partitions) = self.partitions.get(topic) {
            return Ok(*partitions);
        }
        let partitions = self.resender.partitions(topic)?;
        self.partitions.insert(topic.to_owned(), partitions);
        Ok(partitions)
    }

    /// To the same partition: what tells duplicates from others is kept by partition.
    fn send(&self, letter: &Letter, partition: i32, place: &Place) {
        let message = &letter.envelope.data.message;
        let from = place.to_string();
        let came = message
            .headers
            .iter()
            .map(|header| (&*header.name, header.value.as_ref().map(|value| &*value.0)));
        let headers: Vec<_> = came.chain([(REPLAYED_FROM, Some(from.as_bytes()))]).collect();
        let resent = Resent {
            topic: &place.topic,
            partition,
            key: message.key.as_ref().map(|key| &*key.0),
            value: message.value.as_ref().map(|value| &*value.0),
            headers: &headers,
        };
        self.resender.send(self.sent.len(), &resent);
    }
}

impl Outcome {
    /// What stays, with the reasons; what would go; and the balance.
    pub(super) fn text(&self) -> String {
        let stays = |word: &str, all: &[Stays]| {
            let line =
                |Stays { place, why }: &Stays| plain(&format!("{word}  {place}: {why}")) + "\n";
            all.iter().map(line).collect::<String>()
        };
        let going = |place: &Place| plain(&format!("would send  {place}")) + "\n";
        let going: String = self.sent.iter().filter(|_| self.dry_run).map(going).collect();
        format!(
            "{going}{}{}{}\n",
            stays("skipped", &self.skipped),
            stays("refused", &self.refused),
            self.balance()
        )
    }

    fn balance(&self) -> String {
        let Self { dry_run, sent, skipped, refused } = self;
        let [sent, skipped, refused] =
            [sent.len(), skipped.len(), refused.len()].map(|count| count as u64);
        let [all, sent, skipped, refused] =
            [sent + skipped + refused, sent, skipped, refused].map(thousands);
        let (verb, end) = if *dry_run { ("to send", "; nothing was sent") } else { ("sent", "") };
        format!("{all} matched = {sent} {verb} + {skipped} skipped + {refused} refused{end}")
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn outcome(dry_run: bool) -> Outcome {
        let place = |offset| Place { topic: "isobar.in.audit".to_owned(), partition: 1, offset };
        let stays = |offset, why: &str| vec![Stays { place: place(offset), why: why.to_owned() }];
        Outcome {
            dry_run,
            sent: vec![place(1), place(2)],
            skipped: stays(3, "it was sent again, and came back as isobar.in.audit/1/9"),
            refused: stays(4, "only 1 of 2 bytes are kept"),
        }
    }

    #[test]
    fn the_balance_is_of_all_that_was_matched() {
        expect![[r#"
            skipped  isobar.in.audit/1/3: it was sent again, and came back as isobar.in.audit/1/9
            refused  isobar.in.audit/1/4: only 1 of 2 bytes are kept
            4 matched = 2 sent + 1 skipped + 1 refused
        "#]]
        .assert_eq(&outcome(false).text());
        expect![[r#"
            would send  isobar.in.audit/1/1
            would send  isobar.in.audit/1/2
            skipped  isobar.in.audit/1/3: it was sent again, and came back as isobar.in.audit/1/9
            refused  isobar.in.audit/1/4: only 1 of 2 bytes are kept
            4 matched = 2 to send + 1 skipped + 1 refused; nothing was sent
        "#]]
        .assert_eq(&outcome(true).text());
        expect![[r#"
            0 matched = 0 sent + 0 skipped + 0 refused
        "#]]
        .assert_eq(&Outcome::default().text());
    }
}
