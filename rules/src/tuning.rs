//! Tuning: what an operator changes in rules that are somebody else's, by id and with a reason, so
//! that the rule files stay as they came.
//!
//! ```yaml
//! tuning:
//!   - rule: 905d389b-b853-46d0-9d3d-dea0d3a3cd49
//!     reason: Roles are assumed by pipelines all day.
//!     building_block: true
//!   - rule: 4fc0deee-0057-4998-ab31-d24e46e0aba4
//!     reason: Our scanner signs in like this.
//!     unless: {sourceIPAddress|cidr: 192.0.2.0/28}
//! ```
//!
//! **Invariant:** tuning only takes away. A rule that is tuned to a building block still matches, for
//! correlation, and flags nothing by itself; what `unless` matches is no hit.

use rsigma_eval::CompiledRule;
use rsigma_eval::compiler::compile_rule;
use rsigma_parser::parse_sigma_yaml;
use serde_yaml_ng::{Mapping, Value};

use crate::canonical;
use crate::check::Check;
use crate::near::did_you_mean;

const FIELDS: [&str; 4] = ["rule", "reason", "building_block", "unless"];

/// What is changed in one rule.
#[derive(Debug, Clone)]
pub(crate) struct Tuning {
    pub(crate) rule: String,
    pub(crate) is_building_block: bool,
    /// What is no hit; a rule of its own, so that no name of the tuned rule is in its way.
    pub(crate) unless: Option<CompiledRule>,
    /// What the version of the tuned rule is a hash of too.
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// Reads a tuning document.
pub(crate) fn read(document: &Mapping, check: &mut Check<'_>) -> Vec<Tuning> {
    for key in document.keys().filter_map(Value::as_str).filter(|key| *key != "tuning") {
        check.error(&[key], format!("unknown field `{key}` beside `tuning`"));
    }
    let Some(entries) = document.get("tuning").and_then(Value::as_sequence) else {
        check.error(&["tuning"], "`tuning` is a list of rules, each with what is changed and why");
        return Vec::new();
    };
    entries.iter().filter_map(|entry| read_one(entry, check)).collect()
}

fn read_one(entry: &Value, check: &mut Check<'_>) -> Option<Tuning> {
    let text = |field: &str| entry.get(field).and_then(Value::as_str);
    let Some(rule) = text("rule") else {
        check.error(&["tuning"], "an entry of `tuning` names its rule by id: `rule: …`");
        return None;
    };
    let line = check.document.line_with(rule);
    for key in entry.as_mapping()?.keys().filter_map(Value::as_str) {
        if !FIELDS.contains(&key) {
            check.error_at(line, format!("unknown field `{key}`{}", did_you_mean(key, FIELDS)));
        }
    }
    if text("reason").is_none_or(|reason| reason.trim().is_empty()) {
        check.error_at(line, "tuning without a reason; say why: `reason: …`");
    }
    let unless = entry.get("unless").and_then(|unless| selection(unless, line, check));
    let is_building_block = entry.get("building_block") == Some(&Value::Bool(true));
    if unless.is_none() && !is_building_block {
        check.error_at(line, "nothing is tuned; give `building_block: true` or `unless: …`");
    }
    Some(Tuning {
        rule: rule.to_owned(),
        is_building_block,
        unless,
        text: canonical::text(entry),
        line,
    })
}

/// A selection as Sigma writes it, as a rule that holds nothing else.
fn selection(unless: &Value, line: usize, check: &mut Check<'_>) -> Option<CompiledRule> {
    check.modifiers(&["unless"], unless);
    let mapping = |pairs: [(&str, Value); 2]| -> Value {
        Value::Mapping(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    };
    let detection = mapping([("unless", unless.clone()), ("condition", "unless".into())]);
    let rule = mapping([("title", "tuning".into()), ("detection", detection)]);
    let parsed = serde_yaml_ng::to_string(&rule).ok().and_then(|text| parse_sigma_yaml(&text).ok());
    let Some(rule) = parsed.and_then(|mut parsed| parsed.rules.pop()) else {
        check.error_at(line, "`unless` is a selection, as in a rule: fields and values");
        return None;
    };
    compile_rule(&rule).map_err(|error| check.error_at(line, error.to_string())).ok()
}
