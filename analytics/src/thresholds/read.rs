//! Files of thresholds into rules: every problem of every rule, with file and line.
//!
//! **Invariant:** one problem hides no other, and a rule that is given out has none.

mod when;

use std::collections::{BTreeMap, BTreeSet};

use schemas::event::Severity;
use serde_yaml_ng::{Mapping, Value};

use when::when_of;

pub use super::form::Problem;
use super::form::{Form, plain};
use super::lines::{Piece, pieces};
use super::rule::Rule;

/// Rules of all files together.
pub const RULES_MAX: usize = 500;
const FIELDS: [&str; 21] = [
    "id",
    "name",
    "title",
    "description",
    "author",
    "references",
    "measure",
    "statistic",
    "window",
    "by",
    "where",
    "above",
    "below",
    "clear",
    "min_count",
    "for",
    "keep_firing_for",
    "no_data",
    "severity",
    "labels",
    "runbook",
];
const SEVERITIES: [(&str, Severity); 6] = [
    ("informational", Severity::Informational),
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
    ("fatal", Severity::Fatal),
];
/// The rules of some files, as (name, text), and all that is wrong with them.
#[must_use]
pub fn read(files: &[(&str, &str)]) -> (Vec<Rule>, Vec<Problem>) {
    let (mut rules, mut problems) = (Vec::new(), Vec::new());
    for (file, text) in files {
        for piece in pieces(text) {
            match piece.fields() {
                Ok(fields) => rules.extend(rule_of(file, &piece, &fields, &mut problems)),
                Err((line, what)) => {
                    problems.push(Problem { file: (*file).to_owned(), line, what });
                }
            }
        }
    }
    problems.extend(twice(&rules));
    if let Some(beyond) = rules.get(RULES_MAX) {
        let what =
            format!("there are more than {RULES_MAX} thresholds; this is the first too many");
        problems.push(problem_of(beyond, what));
    }
    problems.sort();
    (rules, problems)
}

fn problem_of(rule: &Rule, what: String) -> Problem {
    Problem { file: rule.file.clone(), line: rule.line, what }
}

/// Two rules of one id or name would share their alerts.
fn twice(rules: &[Rule]) -> Vec<Problem> {
    let (mut known, mut found) = (BTreeSet::new(), Vec::new());
    for rule in rules {
        for (what, word) in [("id", Some(&rule.id)), ("name", rule.name.as_ref())] {
            let Some(word) = word else { continue };
            if !known.insert((what, word.clone())) {
                let what = format!(
                    "another threshold has the {what} `{word}`, too; give this one its own"
                );
                found.push(problem_of(rule, what));
            }
        }
    }
    found
}

fn rule_of(
    file: &str,
    piece: &Piece,
    fields: &Mapping,
    problems: &mut Vec<Problem>,
) -> Option<Rule> {
    let before = problems.len();
    let mut form = Form { file, piece, fields, problems };
    form.only(&FIELDS);
    let id = id_of(&mut form);
    let name = name_of(&mut form);
    let title = form.required("title", "what people will read");
    let severity = form.required("severity", "how serious it is: low, medium, high, critical …");
    let severity = severity.and_then(|text| form.one_of("severity", &text, &SEVERITIES));
    let labels = labels_of(&mut form);
    let runbook = form.text("runbook");
    let when = when_of(&mut form);
    if form.problems.len() > before {
        return None;
    }
    let (id, when) = (id?, when?);
    let number = when.number(&id, name.as_deref());
    let (file, line, title) = (file.to_owned(), piece.first_line(), title?);
    Some(Rule { file, line, id, name, title, severity: severity?, labels, runbook, when, number })
}

fn id_of(form: &mut Form<'_>) -> Option<String> {
    let id = form.required("id", "a random UUID, which stays when the rule is changed")?;
    let groups: Vec<&str> = id.split('-').collect();
    let is_uuid = groups.iter().map(|of| of.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|of| of.chars().all(|c| c.is_ascii_hexdigit()));
    if !is_uuid {
        form.problem("id", format!("`{id}` is no UUID, so another set may have the same"));
    }
    is_uuid.then(|| id.to_lowercase())
}

fn name_of(form: &mut Form<'_>) -> Option<String> {
    let name = form.text("name")?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        form.problem("name", "`name` is 1 to 64 lower-case letters, digits, `_` and `-`");
        return None;
    }
    Some(name)
}

fn labels_of(form: &mut Form<'_>) -> BTreeMap<String, String> {
    let Some(value) = form.get("labels") else { return BTreeMap::new() };
    let pairs = value.as_mapping().and_then(|labels| {
        let pair =
            |(name, value): (&Value, &Value)| Some((name.as_str()?.to_owned(), plain(value)?));
        labels.iter().map(pair).collect::<Option<BTreeMap<_, _>>>()
    });
    if pairs.is_none() {
        form.problem("labels", "`labels` are names and words: `{team: payments}`");
    }
    pairs.unwrap_or_default()
}
