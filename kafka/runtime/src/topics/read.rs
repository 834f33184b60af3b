//! From a YAML document to a topic, noting everything that is wrong on the way.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_yaml_ng::Value;

use super::document::Document;
use super::problem::Problem;
use super::settings::{canonical, fault, nearest};
use super::topic::{COPARTITION, DESCRIPTION, KEY, OURS, OWNER, SCHEMA, Topic};

const API_VERSIONS: [&str; 2] = ["kafka.strimzi.io/v1", "kafka.strimzi.io/v1beta2"];
const PARTITIONS_MAX: u32 = 100_000;
const REPLICAS_MAX: u32 = 32_767;

/// A topic if enough of it could be read, and what is wrong; nothing for an empty document.
pub(super) fn read(document: &Document) -> (Option<Topic>, Vec<Problem>) {
    let root = match document.parse() {
        Ok(Value::Null) => return (None, Vec::new()),
        Ok(root) => root,
        Err(error) => return (None, vec![unreadable(document, &error)]),
    };
    if !root.is_mapping() {
        return (None, vec![no_topic(document)]);
    }
    let mut reader = Reader { document, root: &root, topic: None, problems: Vec::new() };
    let topic = reader.topic();
    (topic, reader.problems)
}

fn unreadable(document: &Document, error: &serde_yaml_ng::Error) -> Problem {
    let text = error.to_string();
    let (line, what) = match error.location() {
        Some(at) => {
            let place = format!(" at line {} column {}", at.line(), at.column());
            (at.line(), text.strip_suffix(place.as_str()).unwrap_or(&text).to_owned())
        }
        None => (document.line_of(&[]), text),
    };
    let mend = "mend the YAML; each topic is a document of its own between lines of ---".to_owned();
    Problem { line, topic: None, what, mend }
}

fn no_topic(document: &Document) -> Problem {
    let what = "the document is no topic".to_owned();
    let mend = "give it apiVersion, kind, metadata and spec".to_owned();
    Problem { line: document.line_of(&[]), topic: None, what, mend }
}

struct Reader<'d> {
    document: &'d Document,
    root: &'d Value,
    topic: Option<String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn topic(&mut self) -> Option<Topic> {
        let resource = self.text(&["metadata", "name"]);
        let name = match self.at(&["spec", "topicName"]) {
            Some(_) => self.text(&["spec", "topicName"]),
            None => resource.clone(),
        };
        self.topic.clone_from(&name);
        self.shape();
        let partitions = self.count(&["spec", "partitions"], PARTITIONS_MAX);
        let replicas = self.count(&["spec", "replicas"], REPLICAS_MAX);
        let labels = self.texts(&["metadata", "labels"]);
        let annotations = self.texts(&["metadata", "annotations"]);
        self.annotations(&annotations);
        let settings = self.settings();
        Some(Topic {
            name: name?,
            partitions: partitions?,
            replicas: u16::try_from(replicas?).ok()?,
            settings,
            annotations,
            labels,
            resource: resource?,
            document: self.document.clone(),
        })
    }

    fn shape(&mut self) {
        if let Some(version) = self.text(&["apiVersion"])
            && !API_VERSIONS.contains(&version.as_str())
        {
            self.note(
                &["apiVersion"],
                format!("apiVersion is {version}"),
                "give kafka.strimzi.io/v1",
            );
        }
        if let Some(kind) = self.text(&["kind"])
            && kind != "KafkaTopic"
        {
            self.note(&["kind"], format!("kind is {kind}"), "give KafkaTopic");
        }
        self.only(&[], &["apiVersion", "kind", "metadata", "spec"]);
        self.only(&["metadata"], &["name", "namespace", "labels", "annotations"]);
        self.only(&["spec"], &["topicName", "partitions", "replicas", "config"]);
    }

    /// Our own annotations: the three that programs and people rely on, and no misspelt ones.
    fn annotations(&mut self, given: &BTreeMap<String, String>) {
        let at = ["metadata", "annotations"];
        for (name, meaning) in [
            (KEY, "what chooses the partition of a record (\"any\" where producers choose)"),
            (SCHEMA, "the types of its records (\"any\" where producers send what they have)"),
            (OWNER, "who writes it"),
        ] {
            if given.get(name).is_none_or(|value| value.trim().is_empty()) {
                self.note(
                    &at,
                    format!("the annotation {name} is missing"),
                    format!("say {meaning}"),
                );
            }
        }
        let known = [KEY, SCHEMA, OWNER, DESCRIPTION, COPARTITION];
        let ours = given.keys().filter(|name| name.starts_with(OURS));
        for name in ours.filter(|name| !known.contains(&name.as_str())) {
            let what = format!("there is no annotation {name}");
            self.note(&["metadata", "annotations", name], what, instead(name, &known));
        }
    }

    fn settings(&mut self) -> BTreeMap<String, String> {
        let mut settings = BTreeMap::new();
        for (name, value) in self.fields(&["spec", "config"]) {
            let path = ["spec", "config", name.as_str()];
            let Some(value) = setting(&value) else {
                self.note(&path, format!("{name} has no plain value"), "give a word or a number");
                continue;
            };
            if let Some((what, mend)) = fault(&name, &value) {
                self.note(&path, what, mend);
            }
            settings.insert(name.clone(), canonical(&name, &value));
        }
        settings
    }

    fn note(&mut self, path: &[&str], what: impl Display, mend: impl Display) {
        self.problems.push(Problem {
            line: self.document.line_of(path),
            topic: self.topic.clone(),
            what: what.to_string(),
            mend: mend.to_string(),
        });
    }

    fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self.root, |value, key| value.get(key))
    }

    /// Fields that are not known are mistakes: what they were meant to say would be missing.
    fn only(&mut self, path: &[&str], known: &[&str]) {
        for (name, _) in self.fields(path) {
            if !known.contains(&name.as_str()) {
                let place = if path.is_empty() { "a topic".to_owned() } else { path.join(".") };
                let full: Vec<_> = path.iter().copied().chain([name.as_str()]).collect();
                self.note(&full, format!("{place} has no field {name}"), instead(&name, known));
            }
        }
    }

    fn text(&mut self, path: &[&str]) -> Option<String> {
        let text = self.at(path).and_then(Value::as_str).map(str::to_owned);
        if text.is_none() {
            self.note(path, format!("{} is missing or no text", path.join(".")), "give its text");
        }
        text
    }

    fn count(&mut self, path: &[&str], most: u32) -> Option<u32> {
        let number = self.at(path).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let number = number.filter(|number| (1..=most).contains(number));
        if number.is_none() {
            let what = format!("{} is missing or no number", path.join("."));
            self.note(path, what, format!("give a number from 1 to {most}"));
        }
        number
    }

    fn texts(&mut self, path: &[&str]) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for (name, value) in self.fields(path) {
            match value.as_str() {
                Some(text) => {
                    texts.insert(name, text.to_owned());
                }
                None => {
                    let full: Vec<_> = path.iter().copied().chain([name.as_str()]).collect();
                    self.note(&full, format!("{name} is no text"), "put it in quotes");
                }
            }
        }
        texts
    }

    /// The fields of a mapping; none where there is nothing.
    fn fields(&mut self, path: &[&str]) -> Vec<(String, Value)> {
        match self.at(path) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Mapping(fields)) => {
                let named = |(key, value): (&Value, &Value)| {
                    Some((key.as_str()?.to_owned(), value.clone()))
                };
                fields.iter().filter_map(named).collect()
            }
            Some(_) => {
                let place = if path.is_empty() { "a topic".to_owned() } else { path.join(".") };
                self.note(
                    path,
                    format!("{place} is not a mapping"),
                    "give it fields, `name: value`",
                );
                Vec::new()
            }
        }
    }
}

fn instead(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("take it out; known are {}", known.join(", ")),
    }
}

/// A setting in Kafka's words; lists are written with commas.
fn setting(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Sequence(items) => {
            let words: Option<Vec<_>> = items.iter().map(setting).collect();
            words.map(|words| words.join(","))
        }
        Value::Null | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}
