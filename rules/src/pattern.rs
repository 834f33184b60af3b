//! Stateful rules that Sigma has no form for: sequences with counts and gaps, absence, first-seen values.
//! They are written like Sigma's correlations, with its keys where it has them:
//!
//! ```yaml
//! title: Deployment, then trouble
//! id: 5b0f6a52-…
//! correlation:
//!   type: sequence                 # or `absence`, `first_seen`
//!   steps:
//!     - rules: [Code change]
//!     - {rules: [CPU is high, Latency is high], count: 2, after: 0s, before: 10m}
//!   group-by: [component]
//!   within: 30m
//! level: high
//! confidence: 0.8
//! ```
//!
//! **Invariant:** what is kept for a pattern is bounded by a time that it names; nothing that it says is
//! passed over.

use std::collections::BTreeMap;

use rsigma_parser::{Level, Timespan};
use serde_yaml_ng::{Mapping, Value};

use crate::check::Check;
use crate::near::did_you_mean;

/// The types of ours.
pub(crate) const TYPES: [&str; 3] = ["sequence", "absence", "first_seen"];
/// More steps than this are none that a person wrote.
const STEPS_MAX: usize = 20;
/// So many hits of a group are kept, so more are never counted.
const COUNT_MAX: u64 = 1_000;
/// As many as one pattern may name.
const RULES_MAX: usize = 200;

/// A stateful rule of our own form.
#[derive(Debug, Clone, PartialEq)]
pub struct Pattern {
    /// What stays when it is changed.
    pub id: String,
    /// What other rules may call it.
    pub name: Option<String>,
    /// What people read.
    pub title: String,
    /// The hash of its text.
    pub version: String,
    /// Where it stands.
    pub file: String,
    /// The line it begins at, from 1.
    pub line: usize,
    /// How serious a firing is; `None` where it does not say.
    pub level: Option<Level>,
    /// How sure a firing is, from 0 to 1; `None` where it does not say.
    pub confidence: Option<f64>,
    /// What to do about a firing.
    pub runbook: Option<String>,
    /// Whether its rules flag something by themselves, too.
    pub generate: bool,
    /// The ids of the rules it takes, in the order in which it names them. Others name them by their places.
    pub rules: Vec<String>,
    /// What hits have to have in common.
    pub group_by: Vec<String>,
    /// What a field of the group is called in hits of some rules, by their places.
    pub aliases: BTreeMap<String, BTreeMap<usize, String>>,
    /// What has to happen.
    pub kind: PatternKind,
}

/// What has to happen.
#[derive(Debug, Clone, PartialEq)]
pub enum PatternKind {
    /// One step after the other.
    Sequence {
        /// The steps.
        steps: Vec<Step>,
        /// How far apart all hits may lie.
        within_ms: i64,
    },
    /// Steps, and then nothing of these rules.
    Absence {
        /// The steps.
        steps: Vec<Step>,
        /// How far apart the hits of the steps may lie.
        within_ms: i64,
        /// The rules that must have no hit, by their places.
        absent: Vec<usize>,
        /// For how long after the last step.
        for_ms: i64,
    },
    /// Values that were not seen before in the group.
    FirstSeen {
        /// The fields; several are one value together.
        fields: Vec<String>,
        /// How long a value is remembered.
        memory_ms: i64,
        /// How long a new group is only watched.
        learning_ms: i64,
    },
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The rules, any of which counts, by their places.
    pub rules: Vec<usize>,
    /// How many hits make the step.
    pub count: usize,
    /// From the step before to the first hit of this one: at least so long.
    pub after_ms: i64,
    /// The same: at most so long, where there is a bound.
    pub before_ms: Option<i64>,
}

/// Reads a document whose `correlation` is of one of our types. Its rules are still named as it names them.
pub(crate) fn read(document: &Mapping, check: &mut Check<'_>) -> Option<Pattern> {
    let of = document.get("correlation")?.as_mapping()?;
    let text = |field: &str| document.get(field).and_then(Value::as_str).map(str::to_owned);
    let confidence = confidence(document, check);
    let mut reader = Reader { of, names: Vec::new(), check };
    // All of it is read before anything is given up, so that all that is wrong is told.
    let kind = reader.kind();
    let (group_by, aliases) = (reader.texts("group-by"), reader.aliases());
    let generate = |from: &Mapping| from.get("generate") == Some(&Value::Bool(true));
    Some(Pattern {
        id: text("id").unwrap_or_default(),
        name: text("name"),
        title: text("title").unwrap_or_default(),
        version: String::new(),
        file: String::new(),
        line: reader.check.document.first_line(),
        level: text("level").and_then(|level| level.parse().ok()),
        confidence,
        runbook: text("runbook"),
        generate: generate(of) || generate(document),
        rules: reader.names,
        group_by,
        aliases,
        kind: kind?,
    })
}

/// `confidence` is a share of certainty.
fn confidence(document: &Mapping, check: &mut Check<'_>) -> Option<f64> {
    let given = document.get("confidence")?;
    let number = given.as_f64().filter(|number| (0.0..=1.0).contains(number));
    if number.is_none() {
        check.error(&["confidence"], "`confidence` is a number from 0 to 1");
    }
    number
}

/// One `correlation` at work.
struct Reader<'r, 'c> {
    of: &'r Mapping,
    /// The rules that were named so far; others know them by their places.
    names: Vec<String>,
    check: &'r mut Check<'c>,
}

impl Reader<'_, '_> {
    fn kind(&mut self) -> Option<PatternKind> {
        let kind = self.of.get("type").and_then(Value::as_str).unwrap_or_default();
        let own: &[&str] = match kind {
            "sequence" => &["steps", "within", "timespan"],
            "absence" => &["steps", "within", "timespan", "absent"],
            _ => &["rules", "fields", "memory", "learning"],
        };
        self.only(self.of, &[&["type", "group-by", "aliases", "generate"], own].concat());
        match kind {
            "sequence" => self.sequence(),
            "absence" => self.absence(),
            _ => self.first_seen(),
        }
    }

    fn sequence(&mut self) -> Option<PatternKind> {
        let (steps, within_ms) = (self.steps(), self.within());
        Some(PatternKind::Sequence { steps: steps?, within_ms: within_ms? })
    }

    fn absence(&mut self) -> Option<PatternKind> {
        let (steps, within_ms) = (self.steps(), self.within());
        let Some(absent) = self.of.get("absent").and_then(Value::as_mapping) else {
            let how = "`absent: {rules: […], for: 30m}`";
            self.check.error(
                &["correlation", "absent"],
                format!("`absent` says what must not follow: {how}"),
            );
            return None;
        };
        self.only(absent, &["rules", "for"]);
        let rules = self.rules_of(absent, "absent");
        let for_ms = self.time(absent, "for", true);
        Some(PatternKind::Absence {
            steps: steps?,
            within_ms: within_ms?,
            absent: rules,
            for_ms: for_ms?,
        })
    }

    fn first_seen(&mut self) -> Option<PatternKind> {
        let rules = self.rules_of(self.of, "correlation");
        let fields = self.texts("fields");
        if fields.is_empty() {
            self.check.error(
                &["correlation", "fields"],
                "`fields` says which values are to be new: `fields: [network.source_address]`",
            );
        }
        let memory_ms = self.time(self.of, "memory", true);
        let learning_ms = self.time(self.of, "learning", false).unwrap_or(0);
        if memory_ms.is_some_and(|memory_ms| learning_ms > memory_ms) {
            self.check.error(
                &["correlation", "learning"],
                "`learning` is longer than `memory`, so nothing is ever new",
            );
        }
        let memory_ms = memory_ms.filter(|_| !rules.is_empty())?;
        Some(PatternKind::FirstSeen { fields, memory_ms, learning_ms })
    }

    fn steps(&mut self) -> Option<Vec<Step>> {
        let given = self.of.get("steps").and_then(Value::as_sequence).filter(|of| !of.is_empty());
        let Some(given) = given else {
            self.check.error(
                &["correlation", "steps"],
                "`steps` is a list of what happens, one after the other: `- rules: […]`",
            );
            return None;
        };
        if given.len() > STEPS_MAX {
            self.check
                .error(&["correlation", "steps"], format!("there are more than {STEPS_MAX} steps"));
        }
        let steps = given.iter().enumerate().map(|(number, step)| self.step(number, step));
        let steps: Vec<Option<Step>> = steps.collect();
        steps.into_iter().collect()
    }

    fn step(&mut self, number: usize, step: &Value) -> Option<Step> {
        let Some(step) = step.as_mapping() else {
            self.check.error(&["correlation", "steps"], "a step names its rules: `- rules: […]`");
            return None;
        };
        self.only(step, &["rules", "count", "after", "before"]);
        let rules = self.rules_of(step, "steps");
        let count = step.get("count").map_or(Some(1), |count| self.count(count));
        let (after, before) = (self.time(step, "after", false), self.time(step, "before", false));
        if number == 0 && (after.is_some() || before.is_some()) {
            self.check.error(
                &["correlation", "steps"],
                "the first step comes after none: it has neither `after` nor `before`",
            );
        }
        if before.is_some_and(|before| before < after.unwrap_or(0)) {
            self.check.error(&["correlation", "steps", "before"], "`before` is less than `after`");
        }
        Some(Step { rules, count: count?, after_ms: after.unwrap_or(0), before_ms: before })
    }

    fn count(&mut self, given: &Value) -> Option<usize> {
        let count = given.as_u64().filter(|count| (1..=COUNT_MAX).contains(count));
        if count.is_none() {
            let what = format!("`count` is a whole number from 1 to {COUNT_MAX}");
            self.check.error(&["correlation", "count"], what);
        }
        usize::try_from(count?).ok()
    }

    /// `within`, or `timespan` as Sigma calls it.
    fn within(&mut self) -> Option<i64> {
        let name = if self.of.contains_key("timespan") { "timespan" } else { "within" };
        self.time(self.of, name, true)
    }

    fn time(&mut self, of: &Mapping, name: &str, is_needed: bool) -> Option<i64> {
        let Some(given) = of.get(name) else {
            if is_needed {
                self.check.error(
                    &["correlation"],
                    format!("`{name}` is missing; it is a time: `{name}: 30m`"),
                );
            }
            return None;
        };
        let span = given.as_str().and_then(|text| Timespan::parse(text).ok());
        let seconds = span.and_then(|span| i64::try_from(span.seconds).ok());
        let time_ms = seconds.and_then(|seconds| seconds.checked_mul(1_000));
        if time_ms.is_none() || (is_needed && time_ms == Some(0)) {
            let what = format!("`{name}` is a time such as `30m`: a number, and s, m, h, d or w");
            self.check.error(&["correlation", name], what);
            return None;
        }
        time_ms
    }

    /// The places of the rules that a part names.
    fn rules_of(&mut self, part: &Mapping, what: &str) -> Vec<usize> {
        let names = part.get("rules").and_then(Value::as_sequence).map_or(&[][..], Vec::as_slice);
        let names: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
        if names.is_empty() {
            self.check.error(
                &["correlation", what],
                "`rules` names rules by id, name or title: `rules: […]`",
            );
        }
        let places = names.into_iter().map(|name| self.place(name)).collect();
        if self.names.len() > RULES_MAX {
            self.check.error(&["correlation"], format!("it names more than {RULES_MAX} rules"));
        }
        places
    }

    fn place(&mut self, name: &str) -> usize {
        let known = self.names.iter().position(|known| known == name);
        known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        })
    }

    fn texts(&mut self, name: &str) -> Vec<String> {
        let Some(given) = self.of.get(name) else { return Vec::new() };
        let items = given.as_sequence().map_or(std::slice::from_ref(given), Vec::as_slice);
        let texts: Vec<String> =
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        if texts.len() < items.len() {
            self.check.error(&["correlation", name], format!("`{name}` is a list of fields"));
        }
        texts
    }

    /// As in Sigma: what a field of the group is called in hits of a rule.
    fn aliases(&mut self) -> BTreeMap<String, BTreeMap<usize, String>> {
        let given = self.of.get("aliases").and_then(Value::as_mapping).cloned().unwrap_or_default();
        let mut aliases: BTreeMap<String, BTreeMap<usize, String>> = BTreeMap::new();
        for (alias, of_rules) in &given {
            let (Some(alias), Some(of_rules)) = (alias.as_str(), of_rules.as_mapping()) else {
                self.check.error(
                    &["correlation", "aliases"],
                    "an alias holds a field for each rule that calls it otherwise",
                );
                continue;
            };
            for (rule, field) in of_rules {
                let known = rule.as_str().and_then(|rule| self.known(rule));
                if let (Some(place), Some(field)) = (known, field.as_str()) {
                    aliases.entry(alias.to_owned()).or_default().insert(place, field.to_owned());
                }
            }
        }
        aliases
    }

    fn known(&mut self, rule: &str) -> Option<usize> {
        let known = self.names.iter().position(|known| known == rule);
        if known.is_none() {
            let near = did_you_mean(rule, self.names.iter().map(String::as_str));
            let line = self.check.document.line_with(rule);
            self.check.error_at(
                line,
                format!("the alias names `{rule}`, which is none of its rules{near}"),
            );
        }
        known
    }

    /// Other fields are slips, or of another type.
    fn only(&mut self, of: &Mapping, fields: &[&str]) {
        for key in of.keys().filter_map(Value::as_str).filter(|key| !fields.contains(key)) {
            let near = did_you_mean(key, fields.iter().copied());
            self.check.error(&["correlation", key], format!("unknown field `{key}`{near}"));
        }
    }
}
