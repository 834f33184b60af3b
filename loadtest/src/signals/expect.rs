//! What the correlator publishes, by one undisturbed reading, and what it has published.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use correlator::CorrelatorConfig;
use schemas::codec;
use schemas::notification::Notification;
use schemas::topic;
use stream::{Context, Effects, Progress, Record, TopicPartition};

use super::config::{INHIBITED, SILENCED, SOURCE};
use crate::cluster::Cluster;
use crate::oracle::Differences;

const OUTPUTS: [&str; 5] = [
    topic::ALERTS.name,
    topic::NOTIFICATIONS.name,
    topic::INCIDENTS.name,
    topic::LATE.name,
    topic::DEAD_LETTER.name,
];

/// Everything that comes out.
#[derive(Debug, Default)]
pub struct Outcome {
    /// By topic and key, in order. Of notifications the key is what they are known by outside.
    said: BTreeMap<(&'static str, Vec<u8>), Vec<Vec<u8>>>,
}

impl Outcome {
    /// What has to come of the records that lie on the topic.
    ///
    /// # Errors
    /// When the configuration or a record cannot be used.
    pub fn due(
        config: &CorrelatorConfig,
        signals: &BTreeMap<i32, Vec<Record>>,
    ) -> anyhow::Result<Self> {
        let topology = correlator::topology(config)?;
        let mut due = Self::default();
        for (partition, records) in signals {
            let mut task = (topology.make)(&TopicPartition::new(topic::SIGNALS.name, *partition));
            let mut effects = Effects::default();
            for record in records {
                task.process(record, &mut Context::new(&mut effects, false));
                while task.advance(&mut Context::new(&mut effects, false)) == Progress::Pending {}
            }
            for output in effects.outputs {
                due.take(&output.topic, output.key, output.value)?;
            }
        }
        Ok(due)
    }

    /// What a read-committed reader sees.
    ///
    /// # Errors
    /// When a topic cannot be read.
    pub fn published(cluster: &Cluster) -> anyhow::Result<Self> {
        let mut published = Self::default();
        for topic in OUTPUTS {
            for record in cluster.partitions(topic)?.into_values().flatten() {
                published.take(topic, record.key, record.value)?;
            }
        }
        Ok(published)
    }

    fn take(
        &mut self,
        topic: &str,
        key: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> anyhow::Result<()> {
        let known = OUTPUTS.into_iter().find(|known| *known == topic);
        let known = known.with_context(|| format!("nothing is due on {topic}"))?;
        let (mut key, value) = (key.unwrap_or_default(), value.unwrap_or_default());
        // Tasks of many partitions write to one receiver, in no order.
        if known == topic::NOTIFICATIONS.name {
            let told = codec::decode::<Notification>(&value)?.data;
            key = told.delivery_key.to_string().into_bytes();
        }
        self.said.entry((known, key)).or_default().push(value);
        Ok(())
    }

    /// Everything that somebody is to be told.
    ///
    /// # Errors
    /// When a notification cannot be read.
    pub fn told(&self) -> anyhow::Result<Vec<Notification>> {
        self.notifications().map(|value| Ok(codec::decode(value)?.data)).collect()
    }

    /// Notifications by their stable key.
    pub fn notifications(&self) -> impl Iterator<Item = &Vec<u8>> {
        let of = |((topic, _), _): &(&(&str, Vec<u8>), &Vec<Vec<u8>>)| {
            *topic == topic::NOTIFICATIONS.name
        };
        self.said.iter().filter(of).flat_map(|(_, values)| values)
    }

    /// How much there is of each.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let names =
            ["alert_revisions", "notifications", "incident_revisions", "late", "dead_letters"];
        let of = |topic: &str| {
            let values = self.said.iter().filter(|((of, _), _)| *of == topic);
            values.map(|(_, values)| values.len() as u64).sum()
        };
        names.into_iter().zip(OUTPUTS.map(of)).collect()
    }

    /// How what was published differs from this.
    #[must_use]
    pub fn differences(&self, published: &Self) -> Differences {
        let mut differences = Differences::default();
        let counted = |of: &Self| -> BTreeMap<(&'static str, String), u64> {
            let name = |(topic, key): &(&'static str, Vec<u8>)| {
                (*topic, String::from_utf8_lossy(key).into_owned())
            };
            of.said.iter().map(|(key, values)| (name(key), values.len() as u64)).collect()
        };
        differences.counted("record of", &counted(self), &counted(published));
        let texts = |of: &Self, other: &Self| -> BTreeMap<(&'static str, String), String> {
            let both = of.said.iter().filter(|(key, values)| {
                other.said.get(*key).is_some_and(|others| others.len() == values.len())
            });
            let text =
                |values: &Vec<Vec<u8>>| String::from_utf8_lossy(&values.concat()).into_owned();
            let name = |key: &(&'static str, Vec<u8>)| {
                (key.0, String::from_utf8_lossy(&key.1).into_owned())
            };
            both.map(|(key, values)| (name(key), text(values))).collect()
        };
        differences.same("records of", &texts(self, published), &texts(published, self));
        differences
    }

    /// Nobody is told of what is silenced or inhibited all along.
    ///
    /// # Errors
    /// When somebody was, or when nothing was kept quiet.
    pub fn check_quiet(&self) -> anyhow::Result<()> {
        for told in self.told()? {
            for member in told.members {
                let service = member.labels.get("service").map_or("", String::as_str);
                ensure!(
                    !is_to_be_quiet(service, &member.rule),
                    "somebody was told of {} on {service}, which is to be quiet",
                    member.rule
                );
            }
        }
        let text = |((topic, _), values): (&(&str, Vec<u8>), &Vec<Vec<u8>>)| {
            let is_quiet = |value: &Vec<u8>| {
                let text = String::from_utf8_lossy(value);
                (text.contains("silenced_by"), text.contains("inhibited_by"))
            };
            (*topic == topic::ALERTS.name).then(|| values.iter().map(is_quiet).collect::<Vec<_>>())
        };
        let quiet: Vec<_> = self.said.iter().filter_map(text).flatten().collect();
        ensure!(
            quiet.iter().any(|(silenced, _)| *silenced)
                && quiet.iter().any(|(_, inhibited)| *inhibited),
            "no alert was silenced, or none inhibited: the run proves nothing"
        );
        Ok(())
    }
}

/// Whether nobody may hear of this service by this rule: its alerts are silenced or inhibited all along.
#[must_use]
pub fn is_to_be_quiet(service: &str, rule: &str) -> bool {
    service == SILENCED || (service.starts_with(INHIBITED) && rule != SOURCE)
}
