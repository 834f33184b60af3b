//! Details as formats found them: of any JSON type, numbers also as texts.
//!
//! **Invariant:** a detail of an unexpected type is as if it were missing, and one that is there is
//! not replaced.

use schemas::envelope::Extra;
use serde_json::Value;

/// Above it, whole numbers are no longer told apart as floating point numbers.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Longer texts are no numbers.
const NUMBER_BYTES_MAX: usize = 32;

/// A text that is not empty; an object is known by its `name`.
pub(super) fn text<'a>(extra: &'a Extra, name: &str) -> Option<&'a str> {
    let value = extra.get(name)?;
    let text = value.as_str().or_else(|| value.get("name")?.as_str())?.trim();
    (!text.is_empty()).then_some(text)
}

/// A number, or a text that holds one.
pub(super) fn number(extra: &Extra, name: &str) -> Option<f64> {
    let number = match extra.get(name)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.len() <= NUMBER_BYTES_MAX => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

/// A count: a whole number that is not negative.
pub(super) fn count(extra: &Extra, name: &str) -> Option<i64> {
    let number = number(extra, name)?;
    let is_count = (0.0..=WHOLE_MAX).contains(&number) && number.fract() == 0.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within the range")]
    is_count.then_some(number as i64)
}

/// Whether it is said, and said to be so.
pub(super) fn flag(extra: &Extra, name: &str) -> Option<bool> {
    match extra.get(name)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The elements of a list; none of anything else.
pub(super) fn list<'a>(extra: &'a Extra, name: &str) -> &'a [Value] {
    extra.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether the source said anything under this name.
pub(super) fn has(extra: &Extra, name: &str) -> bool {
    extra.get(name).is_some_and(|value| !value.is_null())
}

/// Adds a field, unless the source has said it.
pub(super) fn add(extra: &mut Extra, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value
        && !has(extra, name)
    {
        extra.insert(name.to_owned(), value.into());
    }
}

/// Adds a list, unless it is empty or the source has said it.
pub(super) fn add_list(extra: &mut Extra, name: &str, list: Vec<impl Into<Value>>) {
    let list: Vec<Value> = list.into_iter().map(Into::into).collect();
    add(extra, name, (!list.is_empty()).then_some(list));
}

/// With as many digits as people read.
pub(super) fn rounded(number: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (number * scale).round() / scale
}

/// How many of something: never so many that a sum of them overflows.
pub(super) fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn details_are_read_loosely() {
        let Value::Object(mut extra) = json!({
            "text": " a ", "blank": " ", "named": {"name": "b"}, "list": ["c"], "null": null,
            "count": 7, "float": 7.0, "as_text": "7", "half": "7.5", "negative": -7, "huge": 1e300,
            "nan": "NaN", "yes": "true",
        }) else {
            unreachable!("it is an object")
        };
        let texts = ["text", "blank", "named", "list", "count", "null", "missing"];
        let texts = texts.map(|name| text(&extra, name).unwrap_or("-"));
        assert_eq!(texts, ["a", "-", "b", "-", "-", "-", "-"]);
        let counts = ["count", "float", "as_text", "half", "negative", "huge", "nan", "list"];
        let counts = counts.map(|name| count(&extra, name));
        assert_eq!(counts, [Some(7), Some(7), Some(7), None, None, None, None, None]);
        assert_eq!(number(&extra, "half"), Some(7.5));
        assert_eq!([flag(&extra, "yes"), flag(&extra, "text")], [Some(true), None]);
        add(&mut extra, "text", Some("other"));
        add(&mut extra, "null", Some("new"));
        assert_eq!((&extra["text"], &extra["null"]), (&json!(" a "), &json!("new")));
    }
}
