//! Conditions on labels, as Alertmanager has them: `= != =~ !~`.
//!
//! **Invariant:** a label that is missing counts as empty, and an expression has to match all of the
//! value. An expression is bounded: its program takes at most [`PROGRAM_BYTES_MAX`], and matching is
//! linear in the value.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use schemas::alert::Level;
use schemas::command::Operator;

const PATTERN_BYTES_MAX: usize = 1_024;
const PROGRAM_BYTES_MAX: usize = 256 << 10;

/// What matchers look at: the labels of an alert, and its rule and level as if they were labels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) rule: &'a str,
    pub(crate) level: Level,
    pub(crate) labels: &'a BTreeMap<String, String>,
}

impl<'a> View<'a> {
    pub(crate) fn get(&self, label: &str) -> &'a str {
        match label {
            "rule" => self.rule,
            "level" => level_name(self.level),
            _ => self.labels.get(label).map_or("", String::as_str),
        }
    }
}

/// The name of a level on the wire.
pub(crate) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Critical => "critical",
        Level::Emergency => "emergency",
    }
}

/// One condition on one label.
#[derive(Debug, Clone)]
pub struct Matcher {
    label: String,
    operator: Operator,
    value: String,
    regex: Option<Regex>,
}

/// A condition that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatcherError {
    /// No operator was found.
    #[error("`{0}` is no matcher; write label=value, with =, !=, =~ or !~ between")]
    Malformed(String),
    /// No label is named.
    #[error("a matcher names no label; write label=value")]
    NoLabel,
    /// The expression is none.
    #[error("`{pattern}` is no regular expression: {reason}")]
    Pattern {
        /// The expression.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// The value is too long.
    #[error("the value of a matcher has {0} bytes; {PATTERN_BYTES_MAX} are the limit")]
    TooLong(usize),
}

impl Matcher {
    /// A condition.
    ///
    /// # Errors
    /// When it names no label, or its expression cannot be used.
    pub fn new(label: &str, operator: Operator, value: &str) -> Result<Self, MatcherError> {
        if label.is_empty() {
            return Err(MatcherError::NoLabel);
        }
        if value.len() > PATTERN_BYTES_MAX {
            return Err(MatcherError::TooLong(value.len()));
        }
        let regex = match operator {
            Operator::Equal | Operator::NotEqual => None,
            Operator::Matches | Operator::MatchesNot => Some(compile(value)?),
        };
        Ok(Self { label: label.to_owned(), operator, value: value.to_owned(), regex })
    }

    /// Reads `label=value`; the value may stand in double quotes.
    ///
    /// # Errors
    /// When it is no matcher.
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        let malformed = || MatcherError::Malformed(text.to_owned());
        let at = text.find(['=', '!']).ok_or_else(malformed)?;
        let (label, rest) = text.split_at_checked(at).ok_or_else(malformed)?;
        let operators = [
            ("=~", Operator::Matches),
            ("!~", Operator::MatchesNot),
            ("!=", Operator::NotEqual),
            ("=", Operator::Equal),
        ];
        let found = operators.into_iter().find_map(|(sign, operator)| {
            rest.strip_prefix(sign).map(|value| (operator, value.trim()))
        });
        let (operator, value) = found.ok_or_else(malformed)?;
        let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        Self::new(label.trim(), operator, quoted.unwrap_or(value))
    }

    pub(crate) fn label(&self) -> &str {
        &self.label
    }

    pub(crate) fn operator(&self) -> Operator {
        self.operator
    }

    pub(crate) fn value(&self) -> &str {
        &self.value
    }

    /// Whether a value fulfils it.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        let matches = || self.regex.as_ref().is_some_and(|regex| regex.is_match(value));
        match self.operator {
            Operator::Equal => value == self.value,
            Operator::NotEqual => value != self.value,
            Operator::Matches => matches(),
            Operator::MatchesNot => !matches(),
        }
    }
}

fn compile(pattern: &str) -> Result<Regex, MatcherError> {
    // On its own first: `a)(b` must not become an expression by what is put around it.
    let build = |text: &str| RegexBuilder::new(text).size_limit(PROGRAM_BYTES_MAX).build();
    build(pattern).and_then(|_| build(&format!("^(?:{pattern})$"))).map_err(|error| {
        let reason = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
        MatcherError::Pattern { pattern: pattern.to_owned(), reason }
    })
}

/// Whether all conditions hold.
pub(crate) fn all_take(matchers: &[Matcher], view: View<'_>) -> bool {
    matchers.iter().all(|matcher| matcher.takes(view.get(&matcher.label)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matchers_are_read_and_take_what_alertmanager_s_take() {
        for (text, value, taken) in [
            ("a=x", "x", true),
            ("a = \"x y\"", "x y", true),
            ("a!=x", "", true),
            ("a=~x|y", "y", true),
            ("a=~x|y", "xy", false),
            ("a!~x.*", "xyz", false),
            ("a!~x.*", "", true),
            ("a=", "", true),
            ("a==x", "=x", true),
            ("a=~(?i)X", "x", true),
        ] {
            assert_eq!(Matcher::parse(text).unwrap().takes(value), taken, "{text} {value}");
        }
    }

    #[test]
    fn what_is_no_matcher_is_refused() {
        let long = format!("a={}", "x".repeat(2_000));
        for text in ["", "a", "=x", "a~x", "a!x", "a=~(", "a=~a)(b", "a=~(x{1000}){1000}", &long] {
            assert!(Matcher::parse(text).is_err(), "{text}");
        }
    }
}
