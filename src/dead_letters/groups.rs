//! Letters that tell of the same trouble, as one.
//!
//! **Invariant:** what is kept grows with the number of different troubles, not with that of
//! letters.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use schemas::time::Time;
use serde_json::json;

use super::letter::{Letter, Place};
use super::text::{dead_letters, pattern, seconds, table, thousands};

/// What the letters of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Trouble {
    topic: String,
    formats: String,
    reason: String,
}

#[derive(Clone, Debug)]
struct Group {
    count: u64,
    first: Time,
    last: Time,
    /// The newest: that one is deleted last.
    example: Place,
}

/// All groups.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups(BTreeMap<Trouble, Group>);

impl Groups {
    pub(super) fn add(&mut self, letter: &Letter) {
        let trouble = Trouble {
            topic: letter.envelope.data.topic.clone(),
            formats: letter.formats(),
            reason: pattern(&letter.envelope.data.reason),
        };
        let (written, place) = (letter.written, letter.place());
        let group = self.0.entry(trouble).or_insert_with(|| Group {
            count: 0,
            first: written,
            last: written,
            example: place.clone(),
        });
        group.count += 1;
        group.first = group.first.min(written);
        if written >= group.last {
            (group.last, group.example) = (written, place);
        }
    }

    /// The largest first.
    fn sorted(&self, limit: Option<usize>) -> Vec<(&Trouble, &Group)> {
        let mut groups: Vec<_> = self.0.iter().collect();
        groups.sort_by_key(|(_, group)| Reverse(group.count));
        groups.truncate(limit.unwrap_or(usize::MAX));
        groups
    }

    /// For people: a table, and what it comes to.
    pub(super) fn text(&self, limit: Option<usize>) -> String {
        let shown = self.sorted(limit);
        let Some((_, largest)) = shown.first() else { return "no dead letters\n".to_owned() };
        let width = thousands(largest.count).len().max("COUNT".len());
        let row = |(trouble, group): &(&Trouble, &Group)| {
            [
                format!("{:>width$}", thousands(group.count)),
                trouble.topic.clone(),
                trouble.formats.clone(),
                seconds(group.first),
                seconds(group.last),
                group.example.to_string(),
                trouble.reason.clone(),
            ]
        };
        let rows: Vec<_> = shown.iter().map(row).collect();
        let head = ["COUNT", "TOPIC", "FORMAT", "FIRST", "LAST", "EXAMPLE", "REASON"];
        format!("{}\n{}\n", table(head, &rows), self.sum(shown.len()))
    }

    fn sum(&self, shown: usize) -> String {
        let all = dead_letters(self.0.values().map(|group| group.count).sum());
        let groups = self.0.len();
        let plural = if groups == 1 { "" } else { "s" };
        let largest =
            if groups > shown { format!(", the largest {shown} shown") } else { String::new() };
        format!(
            "{all} in {groups} group{plural}{largest}; N stands for any number\n\
             see one: isobar dead-letters show EXAMPLE"
        )
    }

    /// For programs: a line a group.
    pub(super) fn json(&self, limit: Option<usize>) -> String {
        let line = |(trouble, group): (&Trouble, &Group)| {
            let line = json!({
                "count": group.count,
                "topic": trouble.topic,
                "format": trouble.formats,
                "reason": trouble.reason,
                "first": group.first,
                "last": group.last,
                "example": group.example.to_string(),
            });
            format!("{line}\n")
        };
        self.sorted(limit).into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::samples::{changed, letter, time};
    use super::*;

    fn groups() -> Groups {
        let mut groups = Groups::default();
        let reason = |letter: &mut Letter, text: &str| {
            text.clone_into(&mut letter.envelope.data.reason);
        };
        let letters = [
            changed(1, |letter| reason(letter, "not\u{1b}[2J JSON")),
            changed(2, |letter| letter.written = time("2026-03-01T09:00:00Z")),
            letter(3),
            changed(4, |letter| {
                letter.written = time("2026-03-01T11:00:00Z");
                reason(letter, "expected value at line 20 column 1");
            }),
            changed(5, |letter| letter.envelope.data.formats.push("otlp".to_owned())),
        ];
        letters.iter().for_each(|letter| groups.add(letter));
        groups
    }

    #[test]
    fn equal_troubles_are_one_line_the_most_frequent_first() {
        expect![[r#"
            COUNT  TOPIC            FORMAT               FIRST                 LAST                  EXAMPLE              REASON
                3  isobar.in.audit  aws-cloudtrail       2026-03-01T09:00:00Z  2026-03-01T12:00:00Z  isobar.in.audit/1/3  expected value at line N column N
                1  isobar.in.audit  aws-cloudtrail       2026-03-01T12:00:00Z  2026-03-01T12:00:00Z  isobar.in.audit/1/1  not\u{1b}[NJ JSON
                1  isobar.in.audit  aws-cloudtrail,otlp  2026-03-01T12:00:00Z  2026-03-01T12:00:00Z  isobar.in.audit/1/5  expected value at line N column N

            5 dead letters in 3 groups; N stands for any number
            see one: isobar dead-letters show EXAMPLE
        "#]].assert_eq(&groups().text(None));
        expect![[r#"
            COUNT  TOPIC            FORMAT          FIRST                 LAST                  EXAMPLE              REASON
                3  isobar.in.audit  aws-cloudtrail  2026-03-01T09:00:00Z  2026-03-01T12:00:00Z  isobar.in.audit/1/3  expected value at line N column N

            5 dead letters in 3 groups, the largest 1 shown; N stands for any number
            see one: isobar dead-letters show EXAMPLE
        "#]].assert_eq(&groups().text(Some(1)));
        expect![[r#"
            no dead letters
        "#]]
        .assert_eq(&Groups::default().text(None));
    }

    #[test]
    fn programs_get_an_object_a_line() {
        expect![[r#"
            {"count":3,"example":"isobar.in.audit/1/3","first":"2026-03-01T09:00:00.000Z","format":"aws-cloudtrail","last":"2026-03-01T12:00:00.000Z","reason":"expected value at line N column N","topic":"isobar.in.audit"}
            {"count":1,"example":"isobar.in.audit/1/1","first":"2026-03-01T12:00:00.000Z","format":"aws-cloudtrail","last":"2026-03-01T12:00:00.000Z","reason":"not\u001b[NJ JSON","topic":"isobar.in.audit"}
        "#]].assert_eq(&groups().json(Some(2)));
    }
}
