//! What can be wrong with the document of a rule, looked for in the YAML itself, because there it has
//! a line; the parser behind it stops at its first complaint and knows none.

mod correlation;
mod detection;

use serde_yaml_ng::{Mapping, Value};

use crate::near::{did_you_mean, nearest};
use crate::problem::{Problem, Severity};
use crate::yaml::Document;

/// The fields of a rule in Sigma, those of a correlation, and ours.
const FIELDS: [&str; 28] = [
    "title",
    "id",
    "name",
    "related",
    "taxonomy",
    "status",
    "description",
    "license",
    "author",
    "references",
    "date",
    "modified",
    "logsource",
    "detection",
    "correlation",
    "fields",
    "falsepositives",
    "level",
    "tags",
    "scope",
    "sigma-version",
    "custom_attributes",
    "runbook",
    "confidence",
    "regression_tests_path",
    "simulation",
    "generate",
    "aliases",
];
const LEVELS: [&str; 5] = ["informational", "low", "medium", "high", "critical"];
const STATUSES: [&str; 5] = ["stable", "test", "experimental", "deprecated", "unsupported"];

/// Collects what is wrong with one document.
pub(crate) struct Check<'a> {
    pub(crate) document: &'a Document<'a>,
    problems: &'a mut Vec<Problem>,
    /// How many problems had been told before.
    before: usize,
}

impl<'a> Check<'a> {
    pub(crate) fn new(document: &'a Document<'a>, problems: &'a mut Vec<Problem>) -> Self {
        let before = problems.len();
        Self { document, problems, before }
    }

    /// Whether the document cannot be used.
    pub(crate) fn has_errors(&self) -> bool {
        let mut own = self.problems.iter().skip(self.before);
        own.any(|problem| problem.severity == Severity::Error)
    }

    pub(crate) fn error(&mut self, path: &[&str], what: impl Into<String>) {
        self.add(Severity::Error, path, what);
    }

    pub(crate) fn warning(&mut self, path: &[&str], what: impl Into<String>) {
        self.add(Severity::Warning, path, what);
    }

    pub(crate) fn error_at(&mut self, line: usize, what: impl Into<String>) {
        self.problems.push(self.document.problem(Severity::Error, line, what));
    }

    fn add(&mut self, severity: Severity, path: &[&str], what: impl Into<String>) {
        let line = self.document.line_of(path);
        self.problems.push(self.document.problem(severity, line, what));
    }

    /// What rules and correlations have in common.
    pub(crate) fn header(&mut self, rule: &Mapping) {
        for key in rule.keys().filter_map(Value::as_str).filter(|key| !FIELDS.contains(key)) {
            match nearest(key, FIELDS) {
                Some(near) => {
                    self.error(&[key], format!("unknown field `{key}`; did you mean `{near}`?"))
                }
                None => {
                    self.warning(&[key], format!("`{key}` is no field of Sigma; it is not read"))
                }
            }
        }
        self.id(rule);
        self.given(rule, "title", "what people will read: `title: …`");
        self.one_of(rule, "level", &LEVELS, Severity::Error);
        self.one_of(rule, "status", &STATUSES, Severity::Warning);
    }

    fn id(&mut self, rule: &Mapping) {
        match rule.get("id").and_then(Value::as_str) {
            None => self.error(
                &["id"],
                "a rule needs an id, which stays when it is changed: `id: ` and a random UUID",
            ),
            Some(id) if !is_uuid(id) => {
                self.warning(
                    &["id"],
                    format!("the id `{id}` is no UUID, so another set may have the same"),
                );
            }
            Some(_) => {}
        }
    }

    fn given(&mut self, of: &Mapping, field: &str, how: &str) -> bool {
        let is_given = of.get(field).is_some_and(|value| !value.is_null());
        if !is_given {
            self.error(&[field], format!("`{field}` is missing; it is {how}"));
        }
        is_given
    }

    fn one_of(&mut self, of: &Mapping, field: &str, values: &[&str], severity: Severity) {
        let Some(value) = of.get(field).filter(|value| !value.is_null()) else { return };
        let text = value.as_str().unwrap_or_default();
        if !values.contains(&text) {
            let near = did_you_mean(text, values.iter().copied());
            let what = format!("`{field}` is one of {}{near}", values.join(", "));
            self.add(severity, &[field], what);
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12])
        && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
