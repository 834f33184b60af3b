//! How patient windows are, and how much they hold.

use std::collections::BTreeMap;

use schemas::source_class::SourceClass;

use super::MINUTE_MS;
use crate::detection::DetectionConfig;
use crate::event_windows::MeasureError;
use crate::thresholds::ThresholdsConfig;

/// How far behind a progress mark events of a class may still be expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disorder {
    /// By class.
    pub of_class_ms: BTreeMap<SourceClass, i64>,
    /// For the other classes.
    pub default_ms: i64,
}

impl Default for Disorder {
    fn default() -> Self {
        use SourceClass::{Audit, Change, Deploy};
        let of_class_ms =
            BTreeMap::from([(Deploy, MINUTE_MS), (Change, MINUTE_MS), (Audit, 15 * MINUTE_MS)]);
        Self { of_class_ms, default_ms: MINUTE_MS / 2 }
    }
}

impl Disorder {
    /// Of each class the longest.
    pub(crate) fn longest(all: &[&Self]) -> Self {
        let most = |class| all.iter().map(|one| one.of(class)).max().unwrap_or_default();
        let of_class_ms = SourceClass::ALL.map(|class| (class, most(class)));
        Self { of_class_ms: BTreeMap::from(of_class_ms), default_ms: 0 }
    }

    /// That of a class.
    #[must_use]
    pub fn of(&self, class: SourceClass) -> i64 {
        self.of_class_ms.get(&class).copied().unwrap_or(self.default_ms)
    }
}

/// Time and limits of windows, and how they are judged.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowsConfig {
    /// When a window is believed to be complete.
    pub disorder: Disorder,
    /// How long after that it still takes points.
    pub grace_ms: i64,
    /// How many series of one tenant a task keeps; points of more are refused, and counted.
    pub series_max: usize,
    /// What is judged of the minutes that are final.
    pub detection: DetectionConfig,
    /// Which thresholds are watched.
    pub thresholds: ThresholdsConfig,
}

impl Default for WindowsConfig {
    fn default() -> Self {
        Self {
            disorder: Disorder::default(),
            grace_ms: 5 * MINUTE_MS,
            series_max: 100_000,
            detection: DetectionConfig::default(),
            thresholds: ThresholdsConfig::default(),
        }
    }
}

/// Settings under which windows would be wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// Time would go back.
    #[error("{name} is {found_ms} ms; give 0 or more")]
    Negative {
        /// Which setting.
        name: String,
        /// What it is.
        found_ms: i64,
    },
    /// Points that are expected would be late.
    #[error(
        "grace is {grace_ms} ms, shorter than the disorder of {class}, {disorder_ms} ms: points as late as \
         expected would be refused after one that is early; give a grace of at least {disorder_ms} ms"
    )]
    GraceShorterThanDisorder {
        /// The grace.
        grace_ms: i64,
        /// Which class.
        class: String,
        /// Its disorder.
        disorder_ms: i64,
    },
    /// There would be a group for nearly every series.
    #[error(
        "group of {metric}: `{name}` is an identity: nearly every series would be a group of its own, without \
         end; group by what several have in common, such as service.name, cloud.region or k8s.namespace.name"
    )]
    UnboundedGroup {
        /// Of which metric.
        metric: String,
        /// The label or attribute.
        name: String,
    },
    /// A measure cannot be made.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// Nothing could be judged.
    #[error(transparent)]
    Detection(#[from] detect::SettingError),
    /// Memory would be kept for too long.
    #[error("{name} is {found_ms} ms; windows keep at most a day: give at most {DAY_MS} ms")]
    TooLong {
        /// Which setting.
        name: String,
        /// What it is.
        found_ms: i64,
    },
}

const DAY_MS: i64 = 1_440 * MINUTE_MS;

impl WindowsConfig {
    /// Checks it for the classes that it is used for.
    ///
    /// # Errors
    /// When windows would be wrong.
    pub fn check(&self) -> Result<(), ConfigError> {
        in_range("grace", self.grace_ms)?;
        in_range("disorder.default", self.disorder.default_ms)?;
        for (class, disorder_ms) in &self.disorder.of_class_ms {
            in_range(&format!("disorder.{class}"), *disorder_ms)?;
        }
        Ok(self.detection.check()?)
    }

    /// Checks that the grace of a class is no shorter than its disorder.
    ///
    /// # Errors
    /// When it is.
    pub fn check_grace(&self, class: SourceClass) -> Result<(), ConfigError> {
        let disorder_ms = self.disorder.of(class);
        if self.grace_ms >= disorder_ms {
            return Ok(());
        }
        let class = class.to_string();
        Err(ConfigError::GraceShorterThanDisorder { grace_ms: self.grace_ms, class, disorder_ms })
    }
}

fn in_range(name: &str, found_ms: i64) -> Result<(), ConfigError> {
    let name = name.to_owned();
    match found_ms {
        ..0 => Err(ConfigError::Negative { name, found_ms }),
        0..=DAY_MS => Ok(()),
        _ => Err(ConfigError::TooLong { name, found_ms }),
    }
}
