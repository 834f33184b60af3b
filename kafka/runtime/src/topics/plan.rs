//! What has to happen to a cluster so that it becomes what the file says; data in, data out.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cluster::{Cluster, ClusterTopic};
use super::file::TopicFile;
use super::options::{Copies, Options};
use super::settings::{TRANSIENT, canonical};
use super::show::plural;
use super::topic::Topic;

/// The difference between a file and a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What has to be done, in the file's order, and what is refused.
    pub actions: Vec<Planned>,
    /// Topics that are ours by their names, not in the file, and left as they are.
    pub left_alone: Vec<String>,
}

/// One thing to be done to one topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The topic.
    pub topic: String,
    /// What is done to it.
    #[serde(flatten)]
    pub action: Action,
}

/// What is done to a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create {
        /// With so many partitions,
        partitions: u32,
        /// each of them on so many brokers,
        replicas: u16,
        /// and these settings.
        settings: BTreeMap<String, String>,
    },
    /// It gets more partitions.
    Grow {
        /// So many there are.
        from: u32,
        /// So many there will be.
        to: u32,
    },
    /// Its settings change.
    #[serde(rename = "set")]
    Configure {
        /// Those that do.
        changes: Vec<Change>,
        /// All that it has then: Kafka replaces them as a whole.
        settings: BTreeMap<String, String>,
    },
    /// It is deleted with all its records.
    Delete {
        /// How many partitions are lost.
        partitions: u32,
    },
    /// It differs, and that is not for a plan to change.
    Refused {
        /// The difference.
        what: String,
        /// Why, and how to mend it.
        why: String,
    },
}

/// One setting that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its name.
    pub setting: String,
    /// Its value now, where there is one.
    pub from: Option<String>,
    /// Its value then; `None` for the broker's default.
    pub to: Option<String>,
}

impl Plan {
    /// True when the cluster is what the file says.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// What applying the plan does.
    pub fn work(&self) -> impl Iterator<Item = &Planned> {
        self.actions.iter().filter(|planned| !planned.is_refused())
    }

    /// What differs and is not for a plan to change.
    pub fn refused(&self) -> impl Iterator<Item = &Planned> {
        self.actions.iter().filter(|planned| planned.is_refused())
    }
}

impl Planned {
    fn is_refused(&self) -> bool {
        matches!(self.action, Action::Refused { .. })
    }
}

/// The difference between what the file says and what was found.
pub fn plan(file: &TopicFile, cluster: &Cluster, options: &Options) -> Plan {
    let mut plan = Plan::default();
    for topic in file.topics() {
        let actions = match cluster.topics.get(&topic.name) {
            None => vec![creation(topic, cluster, options.copies)],
            Some(found) => changes(topic, found, file, options.copies),
        };
        let planned = |action| Planned { topic: topic.name.clone(), action };
        plan.actions.extend(actions.into_iter().map(planned));
    }
    for (name, found) in &cluster.topics {
        if file.get(name).is_some() || !options.is_ours(name, file) {
            continue;
        }
        if options.delete {
            let action = Action::Delete { partitions: found.partitions };
            plan.actions.push(Planned { topic: name.clone(), action });
        } else {
            plan.left_alone.push(name.clone());
        }
    }
    plan
}

fn creation(topic: &Topic, cluster: &Cluster, copies: Copies) -> Action {
    let replicas = copies.replicas_of(topic);
    if usize::from(replicas) > cluster.brokers {
        return Action::Refused {
            what: format!("create with {}", plural(replicas, "replica")),
            why: format!(
                "the cluster has {}; start more, or for a development cluster give --replicas {}",
                plural(cluster.brokers, "broker"),
                cluster.brokers
            ),
        };
    }
    let settings = copies.settings_of(topic, replicas);
    Action::Create { partitions: topic.partitions, replicas, settings }
}

fn changes(topic: &Topic, found: &ClusterTopic, file: &TopicFile, copies: Copies) -> Vec<Action> {
    let partitions = partitions(topic, found, may_grow(topic, file));
    let replicas = replicas(topic, found, copies);
    let settings = configuration(copies.settings_of(topic, found.replicas), found);
    partitions.into_iter().chain(replicas).chain(settings).collect()
}

/// State follows its input: what adds tasks there adds their partitions here.
fn may_grow(topic: &Topic, file: &TopicFile) -> bool {
    !file.input_of_state(&topic.name).unwrap_or(topic).is_keyed()
}

fn partitions(topic: &Topic, found: &ClusterTopic, may_grow: bool) -> Option<Action> {
    let (from, to) = (found.partitions, topic.partitions);
    let what = format!("{} -> {to}", plural(from, "partition"));
    if from == to {
        None
    } else if from > to {
        let why = format!("partitions cannot be taken away; give {from} in the file");
        Some(Action::Refused { what, why })
    } else if may_grow {
        Some(Action::Grow { from, to })
    } else {
        let why = "a keyed topic grows as a new generation: in place its keys would move to other \
                   partitions, away from their state; make a topic of a new name, let the writers \
                   change over, and remove this one when it has been read"
            .to_owned();
        Some(Action::Refused { what, why })
    }
}

fn replicas(topic: &Topic, found: &ClusterTopic, copies: Copies) -> Option<Action> {
    let (from, to) = (found.replicas, copies.replicas_of(topic));
    let refused = || Action::Refused {
        what: format!("{} -> {to}", plural(from, "replica")),
        why: format!(
            "replicas are moved by kafka-reassign-partitions.sh or by Strimzi; if {from} is meant, \
             give --replicas {from}"
        ),
    };
    (from != to).then(refused)
}

/// A setting that has the declared value as the broker's default is no difference, but it is sent
/// with the others when one is, because Kafka replaces a topic's settings as a whole.
fn configuration(mut settings: BTreeMap<String, String>, found: &ClusterTopic) -> Option<Action> {
    let now = |name: &str| found.settings.get(name).map(|found| canonical(name, &found.value));
    let differs = |(name, to): (&String, &String)| {
        let (from, to) = (now(name), Some(to.clone()));
        (from != to).then(|| Change { setting: name.clone(), from, to })
    };
    let mut changes: Vec<_> = settings.iter().filter_map(differs).collect();
    for (name, own) in found.settings.iter().filter(|(_, setting)| setting.own) {
        if TRANSIENT.contains(&name.as_str()) {
            settings.insert(name.clone(), own.value.clone());
        } else if !settings.contains_key(name) {
            changes.push(Change { setting: name.clone(), from: now(name), to: None });
        }
    }
    (!changes.is_empty()).then_some(Action::Configure { changes, settings })
}
