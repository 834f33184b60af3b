//! A plan for people, and for machines.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::json;

use super::file::TopicFile;
use super::plan::{Action, Change, Plan, Planned};
use super::problem::Problems;

/// Whether the marks of a plan are coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// For a terminal.
    On,
    /// For everything else.
    Off,
}

/// A plan as people read it: a line for each change, and the sum.
pub fn show(plan: &Plan, file: &TopicFile, colour: Colour) -> String {
    let names = plan.actions.iter().map(|planned| &planned.topic).chain(&plan.left_alone);
    let width = names.map(String::len).max().unwrap_or_default();
    let mut text = String::new();
    for planned in &plan.actions {
        let mark = colour.mark(&planned.action);
        for (index, (verb, what)) in lines(&planned.action).into_iter().enumerate() {
            let (mark, topic) = if index == 0 { (mark, &*planned.topic) } else { (" ", "") };
            text += &format!("{mark} {topic:width$}  {verb:7}  {what}\n");
        }
    }
    for topic in &plan.left_alone {
        text += &format!("  {topic:width$}  {:7}  not in the file; --delete deletes it\n", "");
    }
    for why in reasons(plan) {
        text += &format!("refused: {why}\n");
    }
    text + &sum(plan, file)
}

/// Why things are refused; said once, however many topics it is said of.
fn reasons(plan: &Plan) -> BTreeSet<&str> {
    let reasons = plan.refused().filter_map(|planned| match &planned.action {
        Action::Refused { why, .. } => Some(why.as_str()),
        _ => None,
    });
    reasons.collect()
}

/// A plan as programs read it, on one line.
pub fn json(plan: &Plan) -> String {
    let count = |kind| plan.actions.iter().filter(|planned| verb(&planned.action) == kind).count();
    let summary = json!({
        "create": count("create"),
        "grow": count("grow"),
        "set": count("set"),
        "delete": count("delete"),
        "refused": count("refused"),
    });
    json!({ "actions": plan.actions, "left_alone": plan.left_alone, "summary": summary })
        .to_string()
}

/// Problems as programs read them, on one line.
pub fn problems_json(problems: &Problems) -> String {
    json!(problems).to_string()
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = lines(&self.action).into_iter();
        let lines: Vec<_> = lines.map(|(verb, what)| format!("{verb} {what}")).collect();
        write!(f, "{}: {}", self.topic, lines.join("; "))?;
        match &self.action {
            Action::Refused { why, .. } => write!(f, ": {why}"),
            _ => Ok(()),
        }
    }
}

impl Colour {
    fn mark(self, action: &Action) -> &'static str {
        match (action, self) {
            (Action::Create { .. } | Action::Grow { .. }, Colour::Off) => "+",
            (Action::Create { .. } | Action::Grow { .. }, Colour::On) => "\u{1b}[32m+\u{1b}[0m",
            (Action::Configure { .. }, Colour::Off) => "~",
            (Action::Configure { .. }, Colour::On) => "\u{1b}[33m~\u{1b}[0m",
            (Action::Delete { .. }, Colour::Off) => "-",
            (Action::Delete { .. }, Colour::On) => "\u{1b}[31m-\u{1b}[0m",
            (Action::Refused { .. }, Colour::Off) => "!",
            (Action::Refused { .. }, Colour::On) => "\u{1b}[1;31m!\u{1b}[0m",
        }
    }
}

fn verb(action: &Action) -> &'static str {
    match action {
        Action::Create { .. } => "create",
        Action::Grow { .. } => "grow",
        Action::Configure { .. } => "set",
        Action::Delete { .. } => "delete",
        Action::Refused { .. } => "refused",
    }
}

/// What is done, as a verb and the rest of the line.
fn lines(action: &Action) -> Vec<(&'static str, String)> {
    let verb = verb(action);
    match action {
        Action::Create { partitions, replicas, settings } => {
            let replicas = plural(replicas, "replica");
            let kept = kept(settings);
            vec![(verb, format!("{}, {replicas}, {kept}", plural(partitions, "partition")))]
        }
        Action::Grow { from, to } => vec![(verb, format!("{} -> {to}", plural(from, "partition")))],
        Action::Configure { changes, .. } => changes.iter().map(changed).collect(),
        Action::Delete { partitions } => {
            vec![(verb, format!("{} with all records", plural(partitions, "partition")))]
        }
        Action::Refused { what, .. } => vec![(verb, what.clone())],
    }
}

fn kept(settings: &BTreeMap<String, String>) -> String {
    let policy = settings.get("cleanup.policy").map_or("delete", String::as_str);
    match settings.get("retention.ms").map(String::as_str) {
        Some("-1") => "kept for ever".to_owned(),
        Some(ms) => {
            let words = ms.parse().ok().and_then(duration);
            format!("{policy} after {}", words.unwrap_or_else(|| format!("{ms} ms")))
        }
        None => policy.to_owned(),
    }
}

fn changed(change: &Change) -> (&'static str, String) {
    let Change { setting, from, to } = change;
    let value = |value: &Option<String>| value.as_ref().map(|value| in_words(setting, value));
    let from = value(from).unwrap_or_else(|| "nothing".to_owned());
    match value(to) {
        Some(to) => ("set", format!("{setting}: {from} -> {to}")),
        // Setting the others takes it away too, so there is no leaving it.
        None => (
            "unset",
            format!("{setting}: {from}, which the file does not have -> the broker's default"),
        ),
    }
}

/// A setting's value; milliseconds also in a unit that is easier to read.
pub(super) fn in_words(setting: &str, value: &str) -> String {
    let ms = value.parse().ok().filter(|_| setting.ends_with(".ms"));
    match ms.and_then(duration) {
        Some(words) => format!("{value} ({words})"),
        None => value.to_owned(),
    }
}

/// Milliseconds in words, where they are whole minutes.
fn duration(ms: i64) -> Option<String> {
    if ms < 0 {
        return Some("for ever".to_owned());
    }
    let minutes = ms / 60_000;
    let units = [(minutes / 1440, "d"), (minutes / 60 % 24, "h"), (minutes % 60, "min")];
    let units = units.iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> = units.map(|(count, unit)| format!("{count} {unit}")).collect();
    (minutes > 0 && ms % 60_000 == 0).then(|| words.join(" "))
}

fn sum(plan: &Plan, file: &TopicFile) -> String {
    let topics = plural(file.topics().len(), "topic");
    if plan.is_empty() {
        return format!("nothing to do: {topics} as {} says\n", file.name());
    }
    let count = |kind| plan.actions.iter().filter(|planned| verb(&planned.action) == kind).count();
    let [create, grow, set, delete, refused] =
        ["create", "grow", "set", "delete", "refused"].map(count);
    format!(
        "{topics} in {}: {create} to create, {grow} to grow, {set} to set, {delete} to delete, \
         {refused} refused\n",
        file.name()
    )
}

/// A number of things.
pub(super) fn plural(count: impl fmt::Display, what: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {what}{ending}")
}
