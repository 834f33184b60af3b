//! A series that rules watch: what it is called, and what each rule knows of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::id::{ResourceId, SeriesId};
use schemas::source_class::SourceClass;
use serde::{Deserialize, Serialize};

use super::rule::Rule;
use super::watch::Watch;
use crate::detection::About;
use crate::windows::{Flow, Minute, Series};

/// Rules that one series has at most; of more those that stand first.
pub const RULES_OF_A_SERIES: usize = 20;

/// A series, and what its rules know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) called: Arc<Called>,
    /// The rules that its watches were chosen from.
    pub(super) rules: u64,
    /// The end of the last window, of whatever size.
    pub(super) latest: Minute,
    /// By the number of the rule.
    pub(super) watches: Vec<(u64, Watch)>,
}

/// What a series is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Called {
    pub(super) id: SeriesId,
    pub(super) tenant: Arc<str>,
    pub(super) class: SourceClass,
    pub(super) measure: Arc<str>,
    pub(super) unit: Option<Arc<str>>,
    pub(super) resource: Option<ResourceId>,
    /// Of a group its group-by.
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) is_metric_group: bool,
}

impl Place {
    /// One for a series that rules watch; nothing where none does.
    pub(super) fn new(called: Called, rules: &[Rule], number: u64, minute: Minute) -> Option<Self> {
        let mut place =
            Self { called: Arc::new(called), rules: number, latest: minute, watches: Vec::new() };
        place.watches = place.chosen(rules).map(|of| (of.number, Watch::new(minute))).collect();
        (!place.watches.is_empty()).then_some(place)
    }

    fn chosen<'r>(&self, rules: &'r [Rule]) -> impl Iterator<Item = &'r Rule> {
        let called = Arc::clone(&self.called);
        rules.iter().filter(move |rule| rule.when.takes(&called)).take(RULES_OF_A_SERIES)
    }

    /// Chooses again, from other rules or by another name; what the watches that go had going is given back.
    pub(super) fn choose(&mut self, rules: &[Rule], number: u64) -> Vec<Watch> {
        let chosen: Vec<u64> = self.chosen(rules).map(|rule| rule.number).collect();
        let mut before: BTreeMap<u64, Watch> =
            std::mem::take(&mut self.watches).into_iter().collect();
        let latest = self.latest;
        let mut kept = |rule: u64| {
            let watch = before.remove(&rule).unwrap_or_else(|| Watch::new(latest));
            (rule, watch)
        };
        self.watches = chosen.into_iter().map(&mut kept).collect();
        self.rules = number;
        before.into_values().collect()
    }
}

impl Called {
    pub(super) fn new(series: &Series, about: &About<'_>) -> Self {
        Self {
            id: series.id,
            tenant: Arc::clone(&series.tenant),
            class: series.class,
            measure: Arc::clone(&series.measure),
            unit: series.unit.clone(),
            resource: series.resource,
            attributes: about.attributes.cloned().unwrap_or_default(),
            labels: about.labels.cloned().unwrap_or_default(),
            is_metric_group: is_metric_group(series),
        }
    }

    /// Whether nothing would change.
    pub(super) fn is(&self, series: &Series, about: &About<'_>) -> bool {
        let same = |ours: &BTreeMap<String, String>, theirs: Option<&BTreeMap<String, String>>| {
            theirs.map_or(ours.is_empty(), |theirs| ours == theirs)
        };
        self.unit == series.unit
            && self.resource == series.resource
            && same(&self.attributes, about.attributes)
            && same(&self.labels, about.labels)
    }

    /// The value of a label, else of an attribute; what there is not is empty.
    pub(super) fn value_of(&self, name: &str) -> &str {
        let value = || self.labels.get(name).or_else(|| self.attributes.get(name));
        if name == "tenant" { &self.tenant } else { value().map_or("", String::as_str) }
    }

    /// Whether it is a group of these names; its class is always among them.
    pub(super) fn is_group_by(&self, names: &[String]) -> bool {
        let own: Vec<&String> =
            self.attributes.keys().filter(|name| *name != "source_class").collect();
        self.resource.is_none()
            && own.len() == names.len()
            && names.iter().all(|name| own.contains(&name))
    }
}

/// Groups of metrics have the name of their metric. Measures of events are what they are measured as.
fn is_metric_group(series: &Series) -> bool {
    series.resource.is_none() && !matches!(series.flow, Flow::Events | Flow::Values)
}
