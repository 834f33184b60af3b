//! Topics as code, without a cluster: files, plans and exports as tables.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod export;
mod lint;
mod plan;

use kafka_runtime::topics::TopicFile;

/// A topic in a few words: what the text has beyond the usual is given as `(field, value)`, where
/// an empty value leaves the field out.
fn document(name: &str, key: &str, partitions: u32, settings: &[(&str, &str)]) -> String {
    let mut config = vec![
        ("cleanup.policy", "delete"),
        ("retention.ms", "604800000"),
        ("min.insync.replicas", "2"),
    ];
    config.retain(|(setting, _)| !settings.iter().any(|(given, _)| given == setting));
    config.extend(settings.iter().filter(|(_, value)| !value.is_empty()));
    let config: String =
        config.iter().map(|(setting, value)| format!("    {setting}: {value}\n")).collect();
    format!(
        "---\napiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata:\n  name: {name}\n  \
         annotations:\n    isobar.io/key: {key}\n    isobar.io/schema: any\n    isobar.io/owner: \
         someone\nspec:\n  partitions: {partitions}\n  replicas: 3\n  config:\n{config}"
    )
}

/// What a state topic's settings are.
const STATE: [(&str, &str); 2] = [("retention.ms", "-1"), ("retention.bytes", "-1")];

fn file(documents: &[String]) -> TopicFile {
    TopicFile::parse("topics.yaml", &documents.concat()).unwrap()
}
