//! Fields of a rule or of a timeline, read one by one; what is wrong is noted with its line.

use serde_yaml_ng::{Mapping, Value};

use super::lines::Piece;

/// Something that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and how to mend it.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// The longest wait: nobody waits for longer than a week, and state is kept for as long.
const MINUTES_MAX: i64 = 7 * 1_440;

/// Fields, and what is wrong with them.
pub(super) struct Form<'a> {
    pub(super) file: &'a str,
    pub(super) piece: &'a Piece,
    pub(super) fields: &'a Mapping,
    pub(super) problems: &'a mut Vec<Problem>,
}

impl Form<'_> {
    pub(super) fn problem(&mut self, key: &str, what: impl Into<String>) {
        let (file, line) = (self.file.to_owned(), self.piece.line_of(key));
        self.problems.push(Problem { file, line, what: what.into() });
    }

    /// Complains of fields that nobody knows.
    pub(super) fn only(&mut self, known: &[&str]) {
        let unknown = unknown_of(self.fields, known);
        for (key, what) in unknown {
            self.problem(&key, what);
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.fields.get(key).filter(|value| !value.is_null())
    }

    /// A text; a number or a flag is one, too.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let value = self.get(key)?;
        let text = plain(value);
        if text.is_none() {
            self.problem(key, format!("`{key}` is a word or a sentence"));
        }
        text
    }

    pub(super) fn required(&mut self, key: &str, how: &str) -> Option<String> {
        let text = self.text(key).filter(|text| !text.trim().is_empty());
        if text.is_none() && self.get(key).is_none_or(|value| plain(value).is_some()) {
            self.problem(key, format!("`{key}` is missing; it is {how}"));
        }
        text
    }

    /// One of these words.
    pub(super) fn one_of<T: Copy>(
        &mut self,
        key: &str,
        text: &str,
        known: &[(&str, T)],
    ) -> Option<T> {
        let found = known.iter().find(|(name, _)| *name == text).map(|(_, of)| *of);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let near = did_you_mean(text, names.iter().copied());
            self.problem(
                key,
                format!("`{key}` is one of {}, not `{text}`{near}", names.join(", ")),
            );
        }
        found
    }

    /// Whole minutes, written like `5m`, `1h` or `1d`.
    pub(super) fn minutes(&mut self, key: &str) -> Option<i64> {
        let text = self.text(key)?;
        let minutes = minutes_of(&text).filter(|minutes| *minutes <= MINUTES_MAX);
        if minutes.is_none() {
            let what =
                format!("`{key}` is whole minutes, such as 5m, 1h or 1d, at most 7d; not `{text}`");
            self.problem(key, what);
        }
        minutes
    }
}

/// Fields that nobody knows, and what may have been meant.
pub(super) fn unknown_of(fields: &Mapping, known: &[&str]) -> Vec<(String, String)> {
    let keys = fields.keys().map(|key| key.as_str().unwrap_or("(not a name)"));
    let unknown = keys.filter(|key| !known.contains(key));
    unknown
        .map(|key| {
            let near = did_you_mean(key, known.iter().copied());
            let near =
                if near.is_empty() { format!("; known are {}", known.join(", ")) } else { near };
            (key.to_owned(), format!("unknown field `{key}`{near}"))
        })
        .collect()
}

pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}

/// Minutes, written with their unit; no more than two years, so that no sum of them overflows.
pub(super) fn minutes_of(text: &str) -> Option<i64> {
    const MOST: i64 = 2 * 366 * 1_440;
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let number: i64 = number.parse().ok()?;
    let minutes = match unit {
        "s" if number % 60 == 0 => number / 60,
        "m" => number,
        "h" => number.checked_mul(60)?,
        "d" => number.checked_mul(1_440)?,
        _ => return None,
    };
    (minutes <= MOST).then_some(minutes)
}

/// The end of a sentence: the candidate that a name is a slip of the pen of.
pub(super) fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    let far = 1 + name.chars().count() / 4;
    let near = candidates.into_iter().map(|of| (strsim::damerau_levenshtein(name, of), of));
    let near = near.filter(|(distance, _)| *distance <= far).min();
    near.map_or_else(String::new, |(_, near)| format!("; did you mean `{near}`?"))
}
