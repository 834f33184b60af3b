//! Letters one by one, the newest last.
//!
//! **Invariant:** no more are kept than are shown, and none with its value.

use std::collections::BTreeMap;

use schemas::time::Time;
use serde_json::json;

use super::letter::Letter;
use super::text::{dead_letters, seconds, table, thousands};

/// When a letter was written, and where it lies: no two have the same.
type Age = (Time, (i32, i64));

/// The newest letters.
#[derive(Clone, Debug)]
pub(super) struct Singles {
    limit: usize,
    count: u64,
    newest: BTreeMap<Age, Letter>,
}

impl Singles {
    /// Keeps so many, or all.
    pub(super) fn new(limit: Option<usize>) -> Self {
        Self { limit: limit.unwrap_or(usize::MAX), count: 0, newest: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, letter: Letter) {
        self.count += 1;
        let mut letter = letter;
        let message = &mut letter.envelope.data.message;
        (message.value, message.key) = (None, None);
        self.newest.insert((letter.written, letter.lies_at), letter);
        if self.newest.len() > self.limit {
            self.newest.pop_first();
        }
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        if self.newest.is_empty() {
            return "no dead letters\n".to_owned();
        }
        let row = |letter: &Letter| {
            [
                seconds(letter.written),
                letter.place().to_string(),
                letter.formats(),
                letter.envelope.attributes.tenant.clone(),
                thousands(letter.envelope.data.message.value_bytes),
                letter.envelope.data.reason.clone(),
            ]
        };
        let rows: Vec<_> = self.newest.values().map(row).collect();
        let head = ["WRITTEN", "MESSAGE", "FORMAT", "TENANT", "BYTES", "REASON"];
        let (shown, mut sum) = (rows.len() as u64, dead_letters(self.count));
        if self.count > shown {
            sum.push_str(&format!(", the newest {} shown", thousands(shown)));
        }
        format!("{}\n{sum}\nsee one: isobar dead-letters show MESSAGE\n", table(head, &rows))
    }

    /// For programs: a line a letter.
    pub(super) fn json(&self) -> String {
        self.newest.values().map(|letter| format!("{}\n", object(letter))).collect()
    }
}

fn object(letter: &Letter) -> serde_json::Value {
    let (attributes, data) = (&letter.envelope.attributes, &letter.envelope.data);
    json!({
        "id": attributes.id,
        "message": letter.place().to_string(),
        "written": letter.written,
        "arrived": attributes.arrival_time,
        "service": data.service,
        "formats": data.formats,
        "tenant": attributes.tenant,
        "reason": data.reason,
        "byte_position": data.byte_position,
        "value_bytes": data.message.value_bytes,
        "cut": data.message.cut,
        "replayed_from": letter.replayed_from().map(|place| place.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::super::samples::{changed, letter, returned, time};
    use super::*;

    fn singles(limit: Option<usize>) -> Singles {
        let mut singles = Singles::new(limit);
        singles.add(returned(40_000, &letter(3)));
        singles.add(changed(2, |letter| letter.written = time("2026-03-01T09:00:00Z")));
        singles.add(letter(3));
        singles
    }

    #[test]
    fn the_newest_is_last_and_stays_when_there_are_too_many() {
        expect![[r#"
            WRITTEN               MESSAGE                  FORMAT          TENANT  BYTES  REASON
            2026-03-01T09:00:00Z  isobar.in.audit/1/2      aws-cloudtrail  acme    14     expected value at line 1 column 13
            2026-03-01T12:00:00Z  isobar.in.audit/1/3      aws-cloudtrail  acme    14     expected value at line 1 column 13
            2026-03-01T12:00:00Z  isobar.in.audit/1/40000  aws-cloudtrail  acme    14     expected value at line 1 column 13

            3 dead letters
            see one: isobar dead-letters show MESSAGE
        "#]].assert_eq(&singles(None).text());
        expect![[r#"
            WRITTEN               MESSAGE                  FORMAT          TENANT  BYTES  REASON
            2026-03-01T12:00:00Z  isobar.in.audit/1/40000  aws-cloudtrail  acme    14     expected value at line 1 column 13

            3 dead letters, the newest 1 shown
            see one: isobar dead-letters show MESSAGE
        "#]].assert_eq(&singles(Some(1)).text());
        expect![[r#"
            no dead letters
        "#]]
        .assert_eq(&Singles::new(None).text());
    }

    #[test]
    fn programs_get_an_object_a_line() {
        expect![[r#"
            {"arrived":"2026-03-01T11:59:59.500Z","byte_position":13,"cut":false,"formats":["aws-cloudtrail"],"id":"df71fff9c8546fb107f858fb9920a923","message":"isobar.in.audit/1/3","reason":"expected value at line 1 column 13","replayed_from":null,"service":"processors","tenant":"acme","value_bytes":14,"written":"2026-03-01T12:00:00.000Z"}
            {"arrived":"2026-03-01T11:59:59.500Z","byte_position":13,"cut":false,"formats":["aws-cloudtrail"],"id":"e0da832f911882a4e922c21f1fa99025","message":"isobar.in.audit/1/40000","reason":"expected value at line 1 column 13","replayed_from":"isobar.in.audit/1/3","service":"processors","tenant":"acme","value_bytes":14,"written":"2026-03-01T12:00:00.000Z"}
        "#]].assert_eq(&singles(Some(2)).json());
    }
}
