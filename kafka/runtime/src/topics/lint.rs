//! The rules that a topic file is held to, one function each.

use std::collections::BTreeMap;

use super::file::TopicFile;
use super::problem::Problem;
use super::show::in_words;
use super::topic::{COPARTITION, Cleanup, Topic, state_parts};

/// A key's hash is taken modulo this, and then modulo the partitions.
const KEY_SPACE: u32 = 256;
/// What a task reads after a crash has to be there still: a day of standstill, and a hundred of the
/// longest cuts, 30 s each.
const RETENTION_MIN_MS: i64 = (24 * 3_600 + 100 * 30) * 1_000;

/// Notes that something is wrong: the field, what it is, and how to mend it.
type Note<'n> = &'n mut dyn FnMut(&[&str], String, String);

const RULES: [fn(&Topic, Note<'_>); 5] =
    [names, keyed_partitions, copies, retention, contradictions];

/// What is wrong with the topics, each by itself and between them. With topics missing because
/// they could not be read, nothing is said of topics that others refer to.
pub(super) fn problems(file: &TopicFile, complete: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = Names::default();
    for topic in file.topics() {
        let mut note = |path: &[&str], what: String, mend: String| {
            let line = topic.line_of(path);
            problems.push(Problem { line, topic: Some(topic.name.clone()), what, mend });
        };
        for rule in RULES {
            rule(topic, &mut note);
        }
        seen.check(topic, &mut note);
        if complete {
            state(topic, file, &mut note);
            copartition(topic, file, &mut note);
        }
    }
    problems
}

fn names(topic: &Topic, note: Note<'_>) {
    let name = &topic.name;
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.len() > 249
        || name == "."
        || name == ".."
        || name.is_empty()
        || !name.chars().all(legal)
    {
        let mend = "Kafka takes 1 to 249 letters, digits, dots, dashes and underscores";
        note(&["metadata", "name"], format!("{name:?} is no topic name"), mend.to_owned());
    }
    let resource = &topic.resource;
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let edges = resource.starts_with(edge) && resource.ends_with(edge);
    if resource.len() > 253 || !edges || !resource.chars().all(legal) {
        let what = format!("{resource:?} is no name in Kubernetes");
        let mend =
            "use lower-case letters, digits, dots and dashes, and spec.topicName for Kafka's";
        note(&["metadata", "name"], what, mend.to_owned());
    }
}

/// Names that are taken. Kafka's own metrics write dots as underscores, so it refuses two topics
/// that differ in nothing else.
#[derive(Default)]
struct Names {
    topics: BTreeMap<String, usize>,
    resources: BTreeMap<String, usize>,
}

impl Names {
    fn check(&mut self, topic: &Topic, note: Note<'_>) {
        let path = ["metadata", "name"];
        let line = topic.line_of(&path);
        let flat = topic.name.replace('.', "_");
        let same = self.topics.insert(flat, line);
        let same = self.resources.insert(topic.resource.clone(), line).or(same);
        if let Some(first) = same {
            let what = format!("the name is taken by the topic on line {first}");
            note(&path, what, "rename one or take it out; . and _ count as the same".to_owned());
        }
    }
}

/// State has the partitions of its input, whatever those are.
fn keyed_partitions(topic: &Topic, note: Note<'_>) {
    let partitions = topic.partitions;
    let is_state = state_parts(&topic.name).is_some();
    if topic.is_keyed() && !is_state && !KEY_SPACE.is_multiple_of(partitions) {
        let what = format!("{partitions} partitions for a keyed topic");
        let mend = format!("give a divisor of {KEY_SPACE}, so that a key keeps its neighbours");
        note(&["spec", "partitions"], what, mend);
    }
}

fn copies(topic: &Topic, note: Note<'_>) {
    let replicas = i64::from(topic.replicas);
    let path = ["spec", "config", "min.insync.replicas"];
    let Some(in_sync) = topic.number("min.insync.replicas") else {
        let mend = "say how many replicas have a record before it counts as written; 2 of 3";
        return note(&path, "min.insync.replicas is missing".to_owned(), mend.to_owned());
    };
    let what = || format!("min.insync.replicas is {in_sync} of {replicas} replicas");
    if in_sync > replicas {
        note(&path, what(), "no broker could take a record; give at most the replicas".to_owned());
    } else if replicas >= 3 && in_sync < 2 {
        note(&path, what(), "one lost broker could lose records; give 2".to_owned());
    } else if replicas >= 2 && in_sync == replicas {
        note(&path, what(), "one broker down stops all writers; give one less".to_owned());
    }
}

fn retention(topic: &Topic, note: Note<'_>) {
    let path = ["spec", "config", "retention.ms"];
    if state_parts(&topic.name).is_some() || topic.cleanup() == Cleanup::Compact {
        return;
    }
    match topic.number("retention.ms") {
        None => {
            let mend = "say how long records stay, in milliseconds";
            note(&path, "retention.ms is missing".to_owned(), mend.to_owned());
        }
        Some(ms) if (0..RETENTION_MIN_MS).contains(&ms) => {
            let mend = format!(
                "give {} or more: a task reads from its last image again after a crash",
                in_words("retention.ms", &RETENTION_MIN_MS.to_string())
            );
            let given = in_words("retention.ms", &ms.to_string());
            note(&path, format!("retention.ms is {given}"), mend);
        }
        Some(_) => {}
    }
    if topic.number("retention.bytes").is_some_and(|bytes| bytes >= 0) {
        let mend = "give -1: a burst would shorten retention.ms";
        note(&["spec", "config", "retention.bytes"], "retention.bytes is set".into(), mend.into());
    }
}

/// Settings that say nothing under the topic's cleanup policy, and those that lose records.
fn contradictions(topic: &Topic, note: Note<'_>) {
    const OF_COMPACTION: [&str; 4] = [
        "delete.retention.ms",
        "max.compaction.lag.ms",
        "min.cleanable.dirty.ratio",
        "min.compaction.lag.ms",
    ];
    const OF_DELETION: [&str; 2] = ["retention.bytes", "retention.ms"];
    let (idle, policy): (&[&str], _) = match topic.cleanup() {
        Cleanup::Compact => (&OF_DELETION, "compact"),
        Cleanup::Delete => (&OF_COMPACTION, "delete"),
        Cleanup::CompactAndDelete => (&[], ""),
    };
    for setting in idle.iter().filter(|setting| topic.setting(setting).is_some()) {
        let what = format!("{setting} means nothing with cleanup.policy {policy}");
        note(&["spec", "config", setting], what, "take it out, or change the policy".into());
    }
    if topic.setting("unclean.leader.election.enable") == Some("true") {
        let mend = "take it out: a replica that lags would lead, and committed records be lost";
        let path = ["spec", "config", "unclean.leader.election.enable"];
        note(&path, "unclean leaders are allowed".into(), mend.into());
    }
}

/// A state topic has its input's partitions and never expires, and the input keeps every record.
fn state(topic: &Topic, file: &TopicFile, note: Note<'_>) {
    let Some((_, input)) = state_parts(&topic.name) else { return };
    let Some(input) = file.get(input) else {
        let what = format!("its input {input} is not in this file");
        let mend = "state topics are called <topology>.<input topic>.state";
        return note(&["metadata", "name"], what, mend.into());
    };
    if topic.partitions != input.partitions {
        let what =
            format!("{} partitions, and its input has {}", topic.partitions, input.partitions);
        let mend = format!("give {}: a task's state has its partition", input.partitions);
        note(&["spec", "partitions"], what, mend);
    }
    for (setting, wanted) in
        [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")]
    {
        let given = topic.setting(setting);
        if given != Some(wanted) {
            let what = format!("{setting} of a state topic is {}", given.unwrap_or("missing"));
            let mend = format!("give {wanted}: only the owner knows what it needs no more");
            note(&["spec", "config", setting], what, mend);
        }
    }
    if input.cleanup() != Cleanup::Delete {
        let what = format!("its input {} is compacted", input.name);
        let mend = "a task reads every record again after a crash; let the input only delete";
        note(&["metadata", "name"], what, mend.into());
    }
}

fn copartition(topic: &Topic, file: &TopicFile, note: Note<'_>) {
    let path = ["metadata", "annotations", COPARTITION];
    let Some(name) = topic.annotations.get(COPARTITION) else { return };
    match file.get(name).map(|other| other.partitions) {
        None => {
            note(&path, format!("{name} is not in this file"), "name a topic of this file".into())
        }
        Some(partitions) if partitions != topic.partitions => {
            let what = format!("{} partitions, and {name} has {partitions}", topic.partitions);
            note(&["spec", "partitions"], what, "give both the same".into());
        }
        Some(_) => {}
    }
}
