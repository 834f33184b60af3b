//! A cluster's topics as a file.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_yaml_ng::Value;

use super::cluster::{Cluster, ClusterTopic};
use super::file::TopicFile;
use super::settings::{TRANSIENT, canonical};

/// Declared even when the broker's default says the same, because a file has to say them.
const ESSENTIAL: [&str; 3] = ["cleanup.policy", "min.insync.replicas", "retention.ms"];

/// Field order is the order in which people read a topic.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'a str,
    kind: &'a str,
    metadata: Metadata<'a>,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<&'a BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<&'a BTreeMap<String, String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_name: Option<&'a str>,
    partitions: u32,
    replicas: u16,
    config: BTreeMap<&'a str, Value>,
}

/// The cluster's topics in the shape of the topic file. What only a file knows, labels and
/// annotations, is taken from `file`.
///
/// # Errors
/// When YAML cannot be written.
pub fn export(cluster: &Cluster, file: &TopicFile) -> Result<String, serde_yaml_ng::Error> {
    let mut text = String::new();
    for (name, topic) in &cluster.topics {
        text += "---\n";
        text += &serde_yaml_ng::to_string(&document(name, topic, file))?;
    }
    Ok(text)
}

fn document<'a>(name: &'a str, topic: &'a ClusterTopic, file: &'a TopicFile) -> Document<'a> {
    let known = file.get(name);
    let resource = known.map_or_else(|| resource_of(name), |topic| topic.resource.clone());
    let present = |map: &'a BTreeMap<String, String>| (!map.is_empty()).then_some(map);
    Document {
        api_version: "kafka.strimzi.io/v1",
        kind: "KafkaTopic",
        spec: Spec {
            topic_name: (resource != name).then_some(name),
            partitions: topic.partitions,
            replicas: topic.replicas,
            config: settings(topic),
        },
        metadata: Metadata {
            name: resource,
            labels: known.and_then(|topic| present(&topic.labels)),
            annotations: known.and_then(|topic| present(&topic.annotations)),
        },
    }
}

/// Names in Kubernetes have no capitals and no underscores.
fn resource_of(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-").trim_matches(['.', '-']).to_owned()
}

fn settings(topic: &ClusterTopic) -> BTreeMap<&str, Value> {
    let policy = topic.settings.get("cleanup.policy");
    let compacts = policy.is_some_and(|setting| setting.value.trim() == "compact");
    let says_something = |name: &str| {
        let own = topic.settings.get(name).is_some_and(|setting| setting.own);
        let essential = ESSENTIAL.contains(&name) && !(compacts && name == "retention.ms");
        (own || essential) && !TRANSIENT.contains(&name)
    };
    let settings = topic.settings.iter().filter(|(name, _)| says_something(name));
    settings
        .map(|(name, setting)| (name.as_str(), value(&canonical(name, &setting.value))))
        .collect()
}

fn value(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from)
}
