//! Detection rules in Sigma's form, and which events they match; stateful rules, as they are written.
//!
//! **Invariant:** which rules an event meets depends on nothing but the rules, the event's feed and
//! its raw record; and the index over the rules never changes an answer, it only saves work. Nothing
//! of a rule file is passed over in silence: what is not understood is a [`Problem`].

mod asked;
mod canonical;
mod canonical_fields;
mod check;
mod document;
pub mod examples;
pub mod folder;
mod index;
pub mod log_sources;
mod matcher;
mod near;
mod necessary;
pub mod own;
mod pattern;
mod problem;
pub mod record;
mod rule;
mod set;
mod threshold;
pub mod timeline;
pub mod tuning;
mod yaml;

pub use asked::Asked;
pub use canonical_fields::{CATEGORIES, Canonical, FINDING};
pub use matcher::Matcher;
pub use pattern::{Pattern, PatternKind, Step};
pub use problem::{Problem, Severity};
pub use record::Record;
/// What correlations are read into.
pub use rsigma_parser as rsigma;
pub use rsigma_parser::Level;
pub use rule::{Correlation, Rule, alert_level};
pub use set::{RuleSet, Text};
pub use threshold::is_threshold;
