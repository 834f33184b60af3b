//! Timelines through the code of the service: the same places, watches and sentences, with windows that are
//! given and not made of points.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::envelope::Envelope;
use schemas::finding::{ConditionStatus, Finding};
use schemas::id::{ResourceId, SeriesId};
use schemas::source_class::SourceClass;
use stream::{Progress, TopicPartition};

use super::timeline::{Expected, Given, Timeline};
use super::{Now, Rule, Thresholds, ThresholdsConfig, Told, Window};
use crate::detection::About;
use crate::windows::{Flow, MINUTE_MS, Minute, Series};

/// 2026-11-21 00:00 UTC: all sizes of windows begin here.
const START: Minute = 29_921_760;

/// What a rule said of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What it said, and when in minutes from the beginning.
    pub said: Vec<(i64, Envelope<Finding>)>,
    /// What should not have been said, or was not.
    pub wrong: Option<String>,
}

/// Plays a timeline for its rule.
#[must_use]
pub fn play(timeline: &Timeline, rule: &Rule) -> Verdict {
    let config =
        ThresholdsConfig { rules: Arc::from([rule.clone()]), ..ThresholdsConfig::default() };
    let mut stage = Stage {
        thresholds: Thresholds::new(&config, &TopicPartition::new("timeline", 0)),
        series: timeline.series.iter().map(|given| (series_of(rule, given), given)).collect(),
        said: Vec::new(),
    };
    stage.define();
    let windows = timeline.series.iter().map(|given| given.values.len()).max().unwrap_or_default();
    let minutes = i64::try_from(windows).unwrap_or_default().saturating_mul(rule.window_minutes());
    (1..=minutes).for_each(|minute| stage.pass(minute, rule.window_minutes()));
    let wrong = wrong(timeline, &stage.said);
    Verdict { said: stage.said, wrong }
}

struct Stage<'t> {
    thresholds: Thresholds,
    series: Vec<(Series, &'t Given)>,
    said: Vec<(i64, Envelope<Finding>)>,
}

impl Stage<'_> {
    fn define(&mut self) {
        for (series, given) in &self.series {
            let about = About { attributes: Some(&given.of), labels: Some(&given.labels) };
            self.thresholds.define(series, &about, START);
        }
    }

    /// A minute is over: what ended with it, then what time alone says.
    fn pass(&mut self, minute: i64, size: i64) {
        let closed = START + minute;
        let now = Now {
            closed: vec![closed; SourceClass::ALL.len()],
            said_ms: closed * MINUTE_MS,
            offset: minute,
        };
        if minute % size == 0 {
            for place in 0..self.series.len() {
                let told = self.window(place, minute / size - 1, size, &now);
                self.say(minute, told);
            }
        }
        loop {
            let (told, progress) = self.thresholds.pass(&now);
            self.say(minute, told);
            if progress == Progress::Done {
                return;
            }
        }
    }

    fn window(&mut self, place: usize, number: i64, size: i64, now: &Now) -> Told {
        let Some((series, given)) = self.series.get(place) else { return Told::new() };
        let value =
            usize::try_from(number).ok().and_then(|at| given.values.get(at)).copied().flatten();
        let Some((value, count)) = value else { return Told::new() };
        let start = START + number * size;
        let window = Window {
            start,
            minutes: size,
            count,
            arrival_ms: now.said_ms,
            value: &|_| Some(value),
        };
        self.thresholds.take(series.id.as_u64(), &window, now)
    }

    fn say(&mut self, minute: i64, told: Told) {
        self.said.extend(told.into_iter().map(|finding| (minute, finding)));
    }
}

fn series_of(rule: &Rule, given: &Given) -> Series {
    let measure = rule.when.measure.0.replace('*', "");
    let is_group = rule.when.by.is_some();
    let name: Vec<String> =
        given.of.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let resource = ResourceId::of(&given.tenant, &name.join(","));
    Series {
        id: SeriesId::of(resource, &measure, &given.labels),
        tenant: Arc::from(given.tenant.as_str()),
        class: SourceClass::Metric,
        measure: Arc::from(measure),
        unit: None,
        resource: (!is_group).then_some(resource),
        group: BTreeMap::new(),
        flow: Flow::Gauge,
        is_share: false,
        groups: Vec::new(),
    }
}

fn wrong(timeline: &Timeline, said: &[(i64, Envelope<Finding>)]) -> Option<String> {
    let mut left: Vec<_> = said.iter().filter_map(turn).collect();
    let mut missing = Vec::new();
    for wanted in &timeline.told {
        match left.iter().position(|(is_firing, at, found)| is(wanted, *is_firing, *at, found)) {
            Some(place) => drop(left.remove(place)),
            None => missing.push(text(wanted.is_firing, wanted.at)),
        }
    }
    let extra: Vec<String> = left
        .iter()
        .map(|(is_firing, at, found)| format!("{} ({})", text(*is_firing, *at), found.data.reason))
        .collect();
    let told = |what: &str, all: &[String]| {
        (!all.is_empty()).then(|| format!("{what} {}", all.join(" and ")))
    };
    let parts: Vec<String> = [told("misses", &missing), told("says and should not", &extra)]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| format!("\"{}\" {}", timeline.name, parts.join("; it ")))
}

/// That it still fires is said as often as time wants, and is no turn.
fn turn((at, found): &(i64, Envelope<Finding>)) -> Option<(bool, i64, &Envelope<Finding>)> {
    match found.data.condition.as_ref()?.status {
        ConditionStatus::Begins => Some((true, *at, found)),
        ConditionStatus::Over => Some((false, *at, found)),
        ConditionStatus::Lasts => None,
    }
}

fn is(wanted: &Expected, is_firing: bool, at: i64, found: &Envelope<Finding>) -> bool {
    let (attributes, labels) = (&found.data.resource.attributes, &found.data.labels);
    let has = |(name, value): (&String, &String)| {
        labels.get(name).or_else(|| attributes.get(name)) == Some(value)
    };
    let is_tenant = wanted.tenant.as_ref().is_none_or(|of| *of == found.attributes.tenant);
    (wanted.is_firing, wanted.at) == (is_firing, at) && is_tenant && wanted.of.iter().all(has)
}

fn text(is_firing: bool, minute: i64) -> String {
    let what = if is_firing { "firing" } else { "over" };
    format!("{what} at {minute}m")
}
