//! The sections `windows` and `detection` of the configuration file: patience, limits, measures and groups;
//! what is judged of them.

use std::collections::BTreeMap;
use std::path::Path;

use analytics::detection::DetectionConfig;
use analytics::event_windows::{EventWindowsConfig, Measure, MeasureOf};
use analytics::metric_windows::{GroupBy, MetricWindowsConfig};
use analytics::windows::{ConfigError, WindowsConfig};
use schemas::event::Outcome;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::section::{self, ByClass, ClassName, Lasting};

/// The file; its other sections are read elsewhere.
#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    windows: Section,
    #[serde(default)]
    detection: OfDetection,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    metrics: OfMetrics,
    events: OfEvents,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OfMetrics {
    grace: Option<Signed>,
    disorder: ByClass,
    series_max: Option<usize>,
    groups: Vec<OfGroup>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OfDetection {
    enabled: Option<bool>,
    sensitivity: Option<f64>,
    series_max: Option<usize>,
    resources_max: Option<usize>,
    peer_groups_max: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfGroup {
    metric: String,
    by: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OfEvents {
    grace: Option<Signed>,
    disorder: ByClass,
    groups_max: Option<usize>,
    measures: Option<BTreeMap<String, OfMeasure>>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OfMeasure {
    by: Vec<String>,
    only: BTreeMap<String, String>,
    share: Option<Outcome>,
    number: Option<String>,
    distinct: Option<String>,
}

/// A duration that may have been written with a minus, to be refused for what it means.
struct Signed(i64);

impl<'de> Deserialize<'de> for Signed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (sign, length) = text.strip_prefix('-').map_or((1, &*text), |length| (-1, length));
        let lasting = crate::cli::duration(length).map_err(D::Error::custom)?;
        let ms = i64::try_from(lasting.as_millis()).map_err(D::Error::custom)?;
        Ok(Self(sign * ms))
    }
}

/// What these sections of this file mean.
///
/// # Errors
/// What is wrong, with file and line.
pub(super) fn read(path: &Path) -> Result<(MetricWindowsConfig, EventWindowsConfig), String> {
    section::text_of(path)
        .map_or(Ok(Default::default()), |text| parse(&path.display().to_string(), &text))
}

fn parse(name: &str, text: &str) -> Result<(MetricWindowsConfig, EventWindowsConfig), String> {
    let File { windows, detection } = section::parse(name, text)?;
    let detection = detection.config().map_err(|error| {
        format!("{name}:{}: detection: {error}", line_in(text, "detection", "sensitivity"))
    })?;
    let metrics = windows.metrics.config(&detection);
    let events = windows.events.config(&detection);
    let told = |part: &str, (word, error): (String, ConfigError)| {
        format!("{name}:{}: windows.{part}: {error}", line_in(text, part, &word))
    };
    Ok((
        metrics.map_err(|problem| told("metrics", problem))?,
        events.map_err(|problem| told("events", problem))?,
    ))
}

/// The line of a word in a part of the section, or of the part.
fn line_in(text: &str, part: &str, word: &str) -> usize {
    let part_at = section::line_of(text, &format!("{part}:"));
    let rest = text.lines().enumerate().skip(part_at - 1);
    rest.into_iter().find(|(_, line)| line.contains(word)).map_or(part_at, |(at, _)| at + 1)
}

/// A problem, and the word by which its line is found.
type Problem = (String, ConfigError);

impl OfDetection {
    fn config(self) -> Result<DetectionConfig, ConfigError> {
        let usual = DetectionConfig::default();
        let config = DetectionConfig {
            enabled: self.enabled.unwrap_or(usual.enabled),
            sensitivity: self.sensitivity.unwrap_or(usual.sensitivity),
            series_max: self.series_max.unwrap_or(usual.series_max),
            resources_max: self.resources_max.unwrap_or(usual.resources_max),
            peer_groups_max: self.peer_groups_max.unwrap_or(usual.peer_groups_max),
        };
        config.check()?;
        Ok(config)
    }
}

impl OfMetrics {
    fn config(self, detection: &DetectionConfig) -> Result<MetricWindowsConfig, Problem> {
        let mut config = MetricWindowsConfig::default();
        config.windows.detection = detection.clone();
        patient(&mut config.windows, self.grace.as_ref(), &self.disorder);
        if let Some(series_max) = self.series_max {
            config.windows.series_max = series_max;
        }
        config.groups =
            self.groups.into_iter().map(|of| GroupBy { metric: of.metric, by: of.by }).collect();
        config.check().map_err(|error| (word_of(&error), error))?;
        Ok(config)
    }
}

impl OfEvents {
    fn config(self, detection: &DetectionConfig) -> Result<EventWindowsConfig, Problem> {
        let mut config = EventWindowsConfig::default();
        config.windows.detection = detection.clone();
        patient(&mut config.windows, self.grace.as_ref(), &self.disorder);
        if let Some(groups_max) = self.groups_max {
            config.windows.series_max = groups_max;
        }
        if let Some(measures) = self.measures {
            config.measures = measures.into_iter().map(|(name, of)| of.measure(name)).collect();
        }
        config.check().map_err(|error| (word_of(&error), error))?;
        Ok(config)
    }
}

impl OfMeasure {
    fn measure(self, name: String) -> Measure {
        let of = match (self.share, self.number, self.distinct) {
            (Some(outcome), ..) => MeasureOf::Share(outcome),
            (None, Some(field), _) => MeasureOf::Number(field),
            (None, None, Some(field)) => MeasureOf::Distinct(field),
            (None, None, None) => MeasureOf::Count,
        };
        Measure { name, of, by: self.by, only: self.only }
    }
}

fn patient(windows: &mut WindowsConfig, grace: Option<&Signed>, disorder: &ByClass) {
    if let Some(Signed(grace_ms)) = grace {
        windows.grace_ms = *grace_ms;
    }
    for (ClassName(class), Lasting(ms)) in disorder {
        match class {
            Some(class) => drop(windows.disorder.of_class_ms.insert(*class, *ms)),
            None => windows.disorder.default_ms = *ms,
        }
    }
}

/// Where in the file somebody would look for what is wrong.
fn word_of(error: &ConfigError) -> String {
    use analytics::event_windows::MeasureError::{NoNumber, UnboundedGroup, UnknownField};
    match error {
        ConfigError::Negative { name, .. } | ConfigError::TooLong { name, .. } => {
            name.rsplit('.').next().unwrap_or(name).to_owned()
        }
        ConfigError::GraceShorterThanDisorder { .. } => "grace".to_owned(),
        ConfigError::Detection(_) => "sensitivity".to_owned(),
        ConfigError::Measure(
            UnknownField { measure, .. }
            | UnboundedGroup { measure, .. }
            | NoNumber { measure, .. },
        ) => format!("{measure}:"),
        ConfigError::UnboundedGroup { metric, .. } => metric.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_read() {
        let text = "\
windows:
  metrics:
    grace: 10m
    disorder: {metric: 45s}
    groups: [{metric: \"http.*\", by: [service.name]}]
  events:
    grace: 20m
    measures:
      logins: {by: [outcome], only: {action: ConsoleLogin}}
      slow: {number: age_ms}
";
        let (metrics, events) = parse("isobar.yaml", text).unwrap();
        assert_eq!((metrics.windows.grace_ms, events.windows.grace_ms), (600_000, 1_200_000));
        let names: Vec<_> = events.measures.iter().map(|measure| &*measure.name).collect();
        assert_eq!((names, metrics.groups.len()), (vec!["logins", "slow"], 1));
        assert!(parse("isobar.yaml", "brokers: kafka:9092").is_ok());
    }

    #[test]
    fn all_windows_are_judged_alike() {
        let text = "detection: {sensitivity: 0.5, series_max: 20000, peer_groups_max: 0}\n";
        let (metrics, events) = parse("f.yaml", text).unwrap();
        let wanted = DetectionConfig {
            sensitivity: 0.5,
            series_max: 20_000,
            peer_groups_max: 0,
            ..DetectionConfig::default()
        };
        assert_eq!(metrics.windows.detection, wanted);
        assert_eq!(events.windows.detection, wanted);
        let (metrics, _) = parse("f.yaml", "detection: {enabled: false}").unwrap();
        assert!(!metrics.windows.detection.enabled);
        for (section, told) in [
            (
                "sensitivity: 0",
                "f.yaml:2: detection: a sensitivity is a number above 0 and up to 10, not 0;",
            ),
            ("sensitivty: 1", "f.yaml:2: detection: unknown field `sensitivty`, expected one of"),
            ("series_max: -1", "f.yaml:2: detection.series_max: invalid type: integer `-1`"),
        ] {
            let found = parse("f.yaml", &format!("detection:\n  {section}\n")).unwrap_err();
            assert!(found.starts_with(told), "{found}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (section, told) in [
            (
                "metrics: {grace: -1m}",
                "f.yaml:2: windows.metrics: grace is -60000 ms; give 0 or more",
            ),
            (
                "metrics: {grace: 10s}",
                "f.yaml:2: windows.metrics: grace is 10000 ms, shorter than the disorder of metric, 30000 ms",
            ),
            (
                "events:\n    grace: 1m",
                "f.yaml:3: windows.events: grace is 60000 ms, shorter than the disorder of audit, 900000 ms",
            ),
            (
                "events:\n    measures:\n      a: {by: [knid]}",
                "f.yaml:4: windows.events: measure a: events have no field `knid`",
            ),
            (
                "events:\n    measures:\n      a: {by: [request_id]}",
                "f.yaml:4: windows.events: measure a: `request_id` differs for nearly every event",
            ),
            (
                "events:\n    measures:\n      a: {number: action}",
                "f.yaml:4: windows.events: measure a: `action` is no number; there are age_ms, size_bytes",
            ),
            (
                "metrics: {groups: [{metric: up, by: [container.id]}]}",
                "f.yaml:2: windows.metrics: group of up: `container.id` is an identity",
            ),
            ("metrics: {greace: 5m}", "f.yaml:2: windows.metrics: unknown field `greace`"),
        ] {
            let found = parse("f.yaml", &format!("windows:\n  {section}\n")).unwrap_err();
            assert!(found.starts_with(told), "{found}");
        }
        let near = parse("f", "windows: {events: {measures: {a: {by: [knid]}}}}").unwrap_err();
        assert!(near.ends_with("did you mean kind?"), "{near}");
    }
}
