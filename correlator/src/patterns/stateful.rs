//! Stateful rules, and which hits they take.

use std::collections::BTreeMap;
use std::sync::Arc;

use rules::Asked;
use schemas::alert::Level;
use schemas::id::Hash128;

use super::entry::Value;
use super::pattern::{Kind, Pattern};

/// How sure a stateful rule is that does not say it.
pub(super) const CONFIDENCE: f64 = 0.8;

/// A stateful rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Stateful {
    /// What stays when it is changed.
    pub id: String,
    /// The hash of its text. Another text begins with nothing seen.
    pub version: String,
    /// What people read.
    pub title: String,
    /// How urgent it is.
    pub level: Level,
    /// How sure a firing is with no more hits than were asked for, from 0 to 1.
    pub confidence: f64,
    /// What to do about a firing.
    pub runbook: Option<String>,
    /// Firings of it are hits to others, and flag nothing by themselves.
    pub is_material: bool,
    /// The rules whose hits it takes: ids and titles, by place.
    pub rules: Vec<(String, String)>,
    /// What hits have to have in common.
    pub group_by: Vec<GroupField>,
    /// The fields whose values are counted or summed; several are one value together.
    pub fields: Vec<String>,
    /// When it fires.
    pub fires: Fires,
}

/// A field that hits have to have in common, by the name it has in hits of each rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupField {
    /// What it is called in alerts.
    pub name: String,
    /// The name in hits of the rules that call it otherwise, by place.
    pub of_rule: BTreeMap<u8, String>,
}

/// When a stateful rule fires.
#[derive(Debug, Clone, PartialEq)]
pub enum Fires {
    /// As soon as the pattern holds.
    AtOnce(Pattern),
    /// When for so long after the pattern there was no hit of these rules.
    Unless {
        /// What comes first.
        pattern: Pattern,
        /// What has to be absent, by places.
        absent: Vec<u8>,
        /// For how long.
        for_ms: i64,
    },
    /// When the fields have values that were not seen for so long in the group.
    FirstSeen {
        /// For how long values are remembered after they were last seen.
        memory_ms: i64,
        /// For how long a new group is only watched.
        learning_ms: i64,
    },
}

impl Stateful {
    /// How far apart its hits may lie.
    #[must_use]
    pub fn within_ms(&self) -> i64 {
        match &self.fires {
            Fires::AtOnce(pattern) => pattern.within_ms,
            Fires::Unless { pattern, for_ms, .. } => pattern.within_ms.saturating_add(*for_ms),
            Fires::FirstSeen { memory_ms, .. } => *memory_ms,
        }
    }

    /// The values that a hit has of the group; none where one is missing.
    pub(super) fn group_of(
        &self,
        rule: u8,
        fields: &BTreeMap<String, String>,
    ) -> Option<Vec<String>> {
        let value = |field: &GroupField| {
            let name = field.of_rule.get(&rule).unwrap_or(&field.name);
            fields.get(name).cloned()
        };
        self.group_by.iter().map(value).collect()
    }

    /// The value of a hit; none where a field is missing.
    pub(super) fn value_of(&self, fields: &BTreeMap<String, String>) -> Option<Value> {
        let values: Option<Vec<&str>> =
            self.fields.iter().map(|name| fields.get(name).map(String::as_str)).collect();
        match values?.as_slice() {
            [] => None,
            [one] if self.is_of_numbers() => one.parse().ok().map(Value::Number),
            several => Some(Value::Text(short(Hash128::of("value", several)))),
        }
    }

    fn is_of_numbers(&self) -> bool {
        use super::pattern::Figure::{Count, Distinct};
        let Fires::AtOnce(Pattern { kind: Kind::Threshold(figure, _), .. }) = &self.fires else {
            return false;
        };
        !matches!(figure, Count | Distinct)
    }
}

/// Half of a hash tells the values of one group apart.
fn short(hash: Hash128) -> u64 {
    u64::try_from(hash.as_u128() >> 64).unwrap_or_default()
}

/// All stateful rules, by the rules whose hits they take.
#[derive(Debug, Default)]
pub struct Plan {
    pub(super) all: Vec<Arc<Stateful>>,
    by_rule: BTreeMap<String, Vec<(usize, u8)>>,
    /// The stateless rules that belong to them, for records nobody has asked about.
    pub(super) asked: Option<Arc<Asked>>,
}

impl Plan {
    /// Of these rules.
    #[must_use]
    pub fn new(all: Vec<Stateful>) -> Self {
        let mut by_rule: BTreeMap<String, Vec<(usize, u8)>> = BTreeMap::new();
        for (number, stateful) in all.iter().enumerate() {
            for ((id, _), place) in stateful.rules.iter().zip(0_u8..) {
                by_rule.entry(id.clone()).or_default().push((number, place));
            }
        }
        Self { all: all.into_iter().map(Arc::new).collect(), by_rule, asked: None }
    }

    /// With the stateless rules that belong to them.
    #[must_use]
    pub fn asking(self, asked: Option<Arc<Asked>>) -> Self {
        Self { asked, ..self }
    }

    /// Those that take hits of a rule, and the place it has in each.
    pub(super) fn that_take(&self, rule: &str) -> impl Iterator<Item = (&Arc<Stateful>, u8)> {
        let places = self.by_rule.get(rule).into_iter().flatten();
        places.filter_map(|(number, place)| Some((self.all.get(*number)?, *place)))
    }

    /// The fields that stateful rules ask of hits of a rule: what signals have to carry.
    #[must_use]
    pub fn fields_of(&self, rule: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for (stateful, place) in self.that_take(rule) {
            let group = stateful.group_by.iter();
            names.extend(
                group.map(|field| field.of_rule.get(&place).unwrap_or(&field.name).clone()),
            );
            names.extend(stateful.fields.iter().cloned());
        }
        names.sort();
        names.dedup();
        names
    }
}
