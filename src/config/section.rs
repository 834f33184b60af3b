//! Sections of the configuration file that describe services: read, and refused with file and line.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use schemas::source_class::SourceClass;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};

use crate::cli::duration;

/// The text of the file. One that cannot be read was told by whoever read its settings.
pub(super) fn text_of(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The sections that `T` knows; the others are read elsewhere.
///
/// # Errors
/// What is wrong, with file and line.
pub(super) fn parse<T: DeserializeOwned + Default>(name: &str, text: &str) -> Result<T, String> {
    let is_yaml = serde_yaml_ng::from_str::<serde_yaml_ng::Value>(text).is_ok();
    if !is_yaml || text.trim().is_empty() {
        return Ok(T::default());
    }
    serde_yaml_ng::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |at| at.line());
        let what = error.to_string();
        format!("{name}:{line}: {}", what.rsplit_once(" at line ").map_or(&*what, |(what, _)| what))
    })
}

/// The line that a word stands in, from 1.
pub(super) fn line_of(text: &str, word: &str) -> usize {
    text.lines().position(|line| line.contains(word)).map_or(1, |at| at + 1)
}

/// A class, or `default` for the others.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ClassName(pub(super) Option<SourceClass>);

/// A duration in milliseconds, written like `90s` or `15m`.
#[derive(Clone, Copy)]
pub(super) struct Lasting(pub(super) i64);

/// Durations by class.
pub(super) type ByClass = BTreeMap<ClassName, Lasting>;

impl<'de> Deserialize<'de> for ClassName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let class = SourceClass::ALL.into_iter().find(|class| class.as_str() == name);
        match class {
            None if name != "default" => {
                let classes = SourceClass::ALL.map(SourceClass::as_str).join(", ");
                Err(D::Error::custom(format!("`{name}` is no class; there are default, {classes}")))
            }
            class => Ok(Self(class)),
        }
    }
}

impl<'de> Deserialize<'de> for Lasting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let lasting = duration(&text).map_err(D::Error::custom)?;
        Ok(Self(
            lasting.min(Duration::from_hours(24 * 366)).as_millis().try_into().unwrap_or(i64::MAX),
        ))
    }
}
