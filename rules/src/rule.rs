//! A rule as it was loaded.

use std::collections::BTreeMap;

use rsigma_eval::CompiledRule;
use rsigma_parser::{CorrelationRule, Level};
use schemas::envelope::Extra;
use schemas::signal::RuleHit;

/// A detection rule that can be matched.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What stays when it is changed. Two rules of a set may share it, with a warning.
    pub id: String,
    /// What people read.
    pub title: String,
    /// How serious a hit is; `None` where the rule does not say.
    pub level: Option<Level>,
    /// The hash of its text and of what tunes it.
    pub version: String,
    /// Tags without a sense of their own, such as `attack.t1078.004`.
    pub tags: Vec<String>,
    /// What to do about a hit.
    pub runbook: Option<String>,
    /// A hit of it is material for correlation, and flags nothing by itself.
    pub is_building_block: bool,
    /// Where it stands.
    pub file: String,
    /// The line it begins at, from 1.
    pub line: usize,
    pub(crate) compiled: CompiledRule,
    /// What tuning says is no hit.
    pub(crate) unless: Vec<CompiledRule>,
}

impl Rule {
    /// A hit of it, for a signal.
    #[must_use]
    pub fn hit(&self) -> RuleHit {
        RuleHit {
            rule: self.id.clone(),
            version: self.version.clone(),
            level: self.level.map(alert_level),
            title: Some(self.title.clone()),
            building_block: self.is_building_block,
            fields: BTreeMap::new(),
            extra: Extra::new(),
        }
    }

    /// The product whose events it is about, as rules name it.
    #[must_use]
    pub fn product(&self) -> Option<&str> {
        self.compiled.logsource.product.as_deref()
    }
}

/// How urgent an alert of a rule of this level is.
#[must_use]
pub fn alert_level(level: Level) -> schemas::alert::Level {
    use schemas::alert::Level as Alert;
    match level {
        Level::Informational | Level::Low => Alert::Info,
        Level::Medium => Alert::Warning,
        Level::High => Alert::Critical,
        Level::Critical => Alert::Emergency,
    }
}

/// A correlation of rules. It is kept for the correlator, and does not run here.
#[derive(Debug, Clone)]
pub struct Correlation {
    /// What stays when it is changed.
    pub id: String,
    /// What people read.
    pub title: String,
    /// The hash of its text.
    pub version: String,
    /// Where it stands.
    pub file: String,
    /// The line it begins at, from 1.
    pub line: usize,
    /// The ids of the rules and correlations it is made of, in its order.
    pub rules: Vec<String>,
    /// What to do about a firing.
    pub runbook: Option<String>,
    /// What it says, as it was parsed.
    pub parsed: CorrelationRule,
}
