//! Declarative mappings: one source whose values are JSON, described in a YAML file and not in code.
//!
//! **Invariant:** everything that can be wrong with a file is told when it is loaded, with its line.
//! Whatever a value lacks is only left out of the event; no value can make a mapping fail.

mod condition;
mod file;
mod pick;
mod read;
mod reference;
mod shape;

pub use file::MappingError;

use crate::formats::Look;
use condition::When;
use shape::Shape;

/// A mapping, checked.
#[derive(Debug)]
pub struct Mapping {
    /// The name of its format.
    pub name: &'static str,
    /// What it reads, in one sentence.
    pub about: String,
    detect: Vec<Detect>,
    /// The fields by which the list of its events is reached.
    each: Option<Vec<String>>,
    skip: Vec<Skip>,
    /// What an event is when no variant fits.
    shape: Shape,
    /// The first that fits is taken. Each is whole: `event` and what it lays over it.
    variants: Vec<(When, Shape)>,
}

impl Mapping {
    /// Whether a value looks like its source.
    #[must_use]
    pub fn looks_like(&self, look: &Look<'_>) -> bool {
        self.detect.iter().any(|detect| detect.fits(look))
    }
}

/// What has to hold together for a value to look like a source.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Detect {
    header: Option<String>,
    keys: Vec<String>,
    without: Vec<String>,
    mentions: Vec<String>,
}

impl Detect {
    fn fits(&self, look: &Look<'_>) -> bool {
        self.header.as_deref().is_none_or(|name| look.input.header(name).is_some())
            && self.keys.iter().all(|key| look.has(key))
            && !self.without.iter().any(|key| look.has(key))
            && self.mentions.iter().all(|text| look.mentions(text))
    }

    /// Without any of these it would fit everything.
    fn is_empty(&self) -> bool {
        self.header.is_none() && self.keys.is_empty() && self.mentions.is_empty()
    }
}

/// What is rightly not passed on, and why.
#[derive(Debug)]
struct Skip {
    when: When,
    reason: &'static str,
}
