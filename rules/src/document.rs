//! One YAML document as what it is: a rule, a correlation of Sigma's or of ours, or tuning.

use rsigma_eval::CompiledRule;
use rsigma_eval::compiler::{compile_detection, compile_rule};
use rsigma_parser::{CorrelationRule, Detection, SigmaRule, parse_sigma_yaml};
use serde_yaml_ng::{Mapping, Value};

use crate::canonical;
use crate::check::Check;
use crate::pattern::{self, Pattern};
use crate::problem::Problem;
use crate::tuning::{self, Tuning};
use crate::yaml::Document;

/// What a document holds.
pub(crate) enum Holds {
    Rule(Box<Parsed<SigmaRule>>),
    Correlation(Box<Parsed<CorrelationRule>>),
    Pattern(Box<Parsed<Pattern>>),
    Tuning(Vec<Tuning>),
}

/// A rule, correlation or pattern, not yet tuned or compiled.
pub(crate) struct Parsed<T> {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) id: String,
    /// What its version is the hash of.
    pub(crate) text: String,
    pub(crate) runbook: Option<String>,
    pub(crate) sigma: T,
}

/// Reads a document; what is wrong with it is added to the problems. `None` when it cannot be used.
pub(crate) fn read(document: &Document<'_>, problems: &mut Vec<Problem>) -> Option<Holds> {
    let value = document.parse().map_err(|problem| problems.push(problem)).ok()?;
    let mut check = Check::new(document, problems);
    let Some(mapping) = value.as_mapping() else {
        check.error(&[], "this is no rule: it holds no fields");
        return None;
    };
    let holds = if mapping.contains_key("tuning") {
        Some(Holds::Tuning(tuning::read(mapping, &mut check)))
    } else {
        rule_or_correlation(mapping, &value, &mut check)
    };
    holds.filter(|_| !check.has_errors())
}

fn rule_or_correlation(mapping: &Mapping, value: &Value, check: &mut Check<'_>) -> Option<Holds> {
    const UNREAD: [(&str, &str); 2] = [
        ("action", "write out what the documents have in common"),
        ("filter", "write it as `tuning`, with a reason"),
    ];
    if let Some((field, instead)) = UNREAD.iter().find(|(field, _)| mapping.contains_key(field)) {
        check.error(&[field], format!("documents with `{field}` are not read; {instead}"));
        return None;
    }
    check.header(mapping);
    let is_own = check.correlation_is_own(mapping);
    if !mapping.contains_key("correlation") {
        check.detection_rule(mapping);
    }
    if is_own {
        let read = pattern::read(mapping, check)?;
        return Some(Holds::Pattern(Box::new(of(mapping, value, check.document, read))));
    }
    if check.has_errors() { None } else { parse(mapping, value, check) }
}

fn parse(mapping: &Mapping, value: &Value, check: &mut Check<'_>) -> Option<Holds> {
    let mut parsed = match parse_sigma_yaml(check.document.text) {
        Ok(parsed) => parsed,
        Err(error) => {
            check.error(&[], error.to_string());
            return None;
        }
    };
    if let Some(rule) = parsed.rules.pop() {
        parsed.errors.iter().for_each(|what| check.warning(&[], what.clone()));
        return Some(Holds::Rule(Box::new(of(mapping, value, check.document, rule))));
    }
    if let Some(correlation) = parsed.correlations.pop() {
        parsed.errors.iter().for_each(|what| check.warning(&["correlation"], what.clone()));
        return Some(Holds::Correlation(Box::new(of(mapping, value, check.document, correlation))));
    }
    parsed.errors.iter().for_each(|what| check.error(&["detection"], what.clone()));
    None
}

fn of<T>(mapping: &Mapping, value: &Value, document: &Document<'_>, sigma: T) -> Parsed<T> {
    let text = |field: &str| mapping.get(field).and_then(Value::as_str).map(str::to_owned);
    Parsed {
        file: document.file.to_owned(),
        line: document.first_line(),
        id: text("id").unwrap_or_default(),
        text: canonical::text(value),
        runbook: text("runbook"),
        sigma,
    }
}

/// Compiles a rule; when that fails, the field that is to blame is told, with its line.
pub(crate) fn compile(
    rule: &SigmaRule,
    document: &Document<'_>,
    problems: &mut Vec<Problem>,
) -> Option<CompiledRule> {
    let error = match compile_rule(rule) {
        Ok(compiled) => return Some(compiled),
        Err(error) => error,
    };
    let mut check = Check::new(document, problems);
    let mut names: Vec<&String> = rule.detection.named.keys().collect();
    names.sort();
    let mut blamed = false;
    for name in names {
        let Some(detection) = rule.detection.named.get(name) else { continue };
        for (field, what) in faults(detection) {
            blamed = true;
            check.error(&["detection", name, &field], what);
        }
    }
    if !blamed {
        check.error(&["detection"], error.to_string());
    }
    None
}

/// The fields of a detection that cannot be compiled.
fn faults(detection: &Detection) -> Vec<(String, String)> {
    match detection {
        Detection::AllOf(items) => {
            let fault = |item: &rsigma_parser::DetectionItem| {
                let error = compile_detection(&Detection::AllOf(vec![item.clone()])).err()?;
                let what = error.to_string().replace('\n', " ");
                Some((item.field.name.clone().unwrap_or_default(), what))
            };
            items.iter().filter_map(fault).collect()
        }
        Detection::AnyOf(parts) | Detection::And(parts) => parts.iter().flat_map(faults).collect(),
        other => {
            let error = compile_detection(other).err();
            error.map(|error| (String::new(), error.to_string())).into_iter().collect()
        }
    }
}
