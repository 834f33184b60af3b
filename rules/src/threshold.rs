//! Files of thresholds: rules over the figures of windows. They lie among other rules and are read elsewhere;
//! here they are only known from them.
//!
//! **Invariant:** a file with a field of any other form is none, so no rule over records is passed over.

use serde_yaml_ng::Value;

use crate::yaml::documents;

/// What only thresholds have.
const OWN: [&str; 5] = ["measure", "statistic", "above", "below", "window"];
/// What rules of other forms have.
const OTHERS: [&str; 5] = ["logsource", "detection", "correlation", "tuning", "action"];

/// Whether a file holds thresholds.
#[must_use]
pub fn is_threshold(file: &str, text: &str) -> bool {
    let parsed: Vec<Value> =
        documents(file, text).iter().filter_map(|document| document.parse().ok()).collect();
    let rules = || {
        parsed
            .iter()
            .flat_map(|value| value.as_sequence().map_or(std::slice::from_ref(value), |all| all))
    };
    let has = |names: &[&str]| {
        rules()
            .filter_map(Value::as_mapping)
            .any(|rule| names.iter().any(|name| rule.contains_key(*name)))
    };
    has(&OWN) && !has(&OTHERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_known_by_their_fields() {
        for (text, is) in [
            ("measure: a\nabove: 1\n", true),
            ("- title: a\n  below: 1\n", true),
            ("title: a\n---\nstatistic: p99\n", true),
            ("title: a\nlogsource: {}\n", false),
            ("title: a\ndetection: {}\n---\nmeasure: a\n", false),
            ("measure: [", false),
            ("title: a\n", false),
        ] {
            assert_eq!(is_threshold("f.yaml", text), is, "{text}");
        }
    }
}
