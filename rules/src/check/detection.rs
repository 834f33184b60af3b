//! What can be wrong with a detection: its log source, its selections and its condition.

use rsigma_parser::{ConditionExpr, Modifier, SelectorPattern, parse_condition};
use serde_yaml_ng::{Mapping, Value};

use super::Check;
use crate::canonical_fields::{CATEGORIES, PRODUCT};
use crate::near::did_you_mean;

/// As the parser knows them, for near misses; a test holds the two together.
const MODIFIERS: [&str; 34] = [
    "contains",
    "startswith",
    "endswith",
    "all",
    "base64",
    "base64offset",
    "wide",
    "utf16le",
    "utf16be",
    "utf16",
    "windash",
    "re",
    "cidr",
    "cased",
    "exists",
    "expand",
    "fieldref",
    "gt",
    "gte",
    "lt",
    "lte",
    "neq",
    "i",
    "ignorecase",
    "m",
    "multiline",
    "s",
    "dotall",
    "minute",
    "hour",
    "day",
    "week",
    "month",
    "year",
];

impl Check<'_> {
    /// What only detection rules have.
    pub(crate) fn detection_rule(&mut self, rule: &Mapping) {
        if rule.get("sigma-version").is_some_and(|version| version.as_u64() != Some(2)) {
            self.error(
                &["sigma-version"],
                "rules are read as those of Sigma 2; leave out `sigma-version`",
            );
        }
        self.log_source(rule);
        if !self.given(rule, "detection", "what is looked for: selections and a `condition`") {
            return;
        }
        let Some(detection) = rule.get("detection").and_then(Value::as_mapping) else {
            return self.error(&["detection"], "`detection` holds selections and a `condition`");
        };
        match detection.get("condition") {
            Some(condition) => self.conditions(condition, detection),
            None => self.error(
                &["detection"],
                "`condition` is missing; it says which selections have to match",
            ),
        }
        if detection.keys().any(|key| key.as_str() == Some("timeframe")) {
            self.error(
                &["detection", "timeframe"],
                "`timeframe` was taken out of Sigma; write a correlation",
            );
        }
        for (name, selection) in selections(detection) {
            self.modifiers(&["detection", name], selection);
        }
    }

    fn log_source(&mut self, rule: &Mapping) {
        const PARTS: [&str; 4] = ["category", "product", "service", "definition"];
        if !self.given(
            rule,
            "logsource",
            "whose events it is about: `product: aws`, `service: cloudtrail`",
        ) {
            return;
        }
        let Some(source) = rule.get("logsource").and_then(Value::as_mapping) else {
            return self
                .error(&["logsource"], "`logsource` holds `product`, `service` and `category`");
        };
        for part in source.keys().filter_map(Value::as_str).filter(|part| !PARTS.contains(part)) {
            let near = did_you_mean(part, PARTS);
            self.error(&["logsource", part], format!("unknown part `{part}` of `logsource`{near}"));
        }
        if !source.keys().filter_map(Value::as_str).any(|part| part != "definition") {
            self.error(&["logsource"], "`logsource` names neither product, service nor category");
        }
        self.category_of_ours(source);
    }

    /// Which of our records a rule is about is one of few words.
    fn category_of_ours(&mut self, source: &Mapping) {
        let text = |part: &str| source.get(part).and_then(Value::as_str);
        if text("product") != Some(PRODUCT) {
            return;
        }
        let Some(category) = text("category").filter(|of| !CATEGORIES.contains(of)) else { return };
        let near = did_you_mean(category, CATEGORIES);
        let all = CATEGORIES.join(", ");
        self.error(
            &["logsource", "category"],
            format!("records of Isobar have no category `{category}`, but {all}{near}"),
        );
    }

    fn conditions(&mut self, condition: &Value, detection: &Mapping) {
        let listed = condition.as_sequence().map_or(std::slice::from_ref(condition), Vec::as_slice);
        for text in listed {
            let at = ["detection", "condition"];
            let Some(text) = text.as_str() else {
                self.error(&at, "a condition is a text, such as `selection and not filter`");
                continue;
            };
            match parse_condition(text) {
                Ok(expression) => self.names(&expression, detection),
                Err(error) => self.error(&at, error.to_string().replace('\n', " ")),
            }
        }
    }

    fn names(&mut self, expression: &ConditionExpr, detection: &Mapping) {
        let known = || selections(detection).map(|(name, _)| name);
        let at = ["detection", "condition"];
        match expression {
            ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
                parts.iter().for_each(|part| self.names(part, detection));
            }
            ConditionExpr::Not(part) => self.names(part, detection),
            ConditionExpr::Identifier(name) if !known().any(|known| known == name) => {
                let near = did_you_mean(name, known());
                self.error(
                    &at,
                    format!("the condition names `{name}`, which is no selection{near}"),
                );
            }
            ConditionExpr::Selector { pattern: SelectorPattern::Pattern(pattern), .. } => {
                let fits = |name| rsigma_parser::detection_name_matches(pattern, name);
                if !known().any(fits) {
                    self.error(&at, format!("no selection is called `{pattern}`"));
                }
            }
            ConditionExpr::Identifier(_) | ConditionExpr::Selector { .. } => {}
        }
    }

    /// Modifiers of the fields below a selection.
    pub(crate) fn modifiers(&mut self, path: &[&str], selection: &Value) {
        match selection {
            Value::Sequence(parts) => parts.iter().for_each(|part| self.modifiers(path, part)),
            Value::Mapping(fields) => {
                for field in fields.keys().filter_map(Value::as_str) {
                    self.modifiers_of(path, field);
                }
            }
            _ => {}
        }
    }

    fn modifiers_of(&mut self, path: &[&str], field: &str) {
        for modifier in field.split('|').skip(1).filter(|text| text.parse::<Modifier>().is_err()) {
            let near = did_you_mean(modifier, MODIFIERS);
            let path = [path, &[field]].concat();
            self.error(&path, format!("unknown modifier `{modifier}`{near}"));
        }
    }
}

/// The named selections of a detection.
pub(crate) fn selections(detection: &Mapping) -> impl Iterator<Item = (&str, &Value)> {
    let named = detection.iter().filter_map(|(name, value)| Some((name.as_str()?, value)));
    named.filter(|(name, _)| !["condition", "timeframe"].contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_knows_the_same_modifiers() {
        assert!(MODIFIERS.iter().all(|name| name.parse::<Modifier>().is_ok()));
    }
}
