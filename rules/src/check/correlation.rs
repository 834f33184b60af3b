//! What can be wrong with a correlation before anybody reads the whole of it: its type.

use serde_yaml_ng::{Mapping, Value};

use super::Check;
use crate::near::did_you_mean;
use crate::pattern::TYPES;

/// The types of Sigma, for near misses; a test holds the parser and this together.
const SIGMA: [&str; 8] = [
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
    "value_median",
];

impl Check<'_> {
    /// Whether the correlation is of a type of our own.
    pub(crate) fn correlation_is_own(&mut self, rule: &Mapping) -> bool {
        let kind = rule.get("correlation").and_then(|of| of.get("type")).and_then(Value::as_str);
        let all = || SIGMA.into_iter().chain(TYPES);
        if let Some(kind) = kind.filter(|kind| !all().any(|known| known == *kind)) {
            let near = did_you_mean(kind, all());
            let at = ["correlation", "type"];
            self.error(&at, format!("there is no correlation of type `{kind}`{near}"));
        }
        kind.is_some_and(|kind| TYPES.contains(&kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_knows_the_same_types() {
        use rsigma_parser::CorrelationType;
        assert!(SIGMA.iter().all(|name| name.parse::<CorrelationType>().is_ok()));
        assert!(TYPES.iter().all(|name| name.parse::<CorrelationType>().is_err()));
    }
}
