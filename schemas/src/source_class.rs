//! How late and how disordered a source may be is a property of its class: a metric is seconds
//! old, an audit record minutes. Watermarks are kept by tenant and class; how much disorder each
//! class is allowed is configuration of the services.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A class of sources that share one disorder.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum SourceClass {
    /// Points of series, scraped or pushed.
    Metric,
    /// Lines of logs.
    Log,
    /// Spans of traces.
    Trace,
    /// Commits, builds, releases and roll-outs.
    Deploy,
    /// Changes of configuration and of inventory.
    Change,
    /// Audit trails of clouds and clusters.
    Audit,
    /// Alerts of other tools.
    Alert,
    /// Issues, tickets and projects.
    Ticket,
    /// Chat and mail.
    Chat,
    /// Pages of wikis and other documents.
    Document,
    /// What was extracted from documents.
    Knowledge,
    /// What our own analytics found.
    Finding,
    /// What a person asked of us.
    Command,
}

impl SourceClass {
    /// Every class, in the order of their numbers (`class as usize`).
    pub const ALL: [Self; 13] = [
        Self::Metric,
        Self::Log,
        Self::Trace,
        Self::Deploy,
        Self::Change,
        Self::Audit,
        Self::Alert,
        Self::Ticket,
        Self::Chat,
        Self::Document,
        Self::Knowledge,
        Self::Finding,
        Self::Command,
    ];

    /// The name on the wire and in configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Log => "log",
            Self::Trace => "trace",
            Self::Deploy => "deploy",
            Self::Change => "change",
            Self::Audit => "audit",
            Self::Alert => "alert",
            Self::Ticket => "ticket",
            Self::Chat => "chat",
            Self::Document => "document",
            Self::Knowledge => "knowledge",
            Self::Finding => "finding",
            Self::Command => "command",
        }
    }
}

impl fmt::Display for SourceClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_in_order_and_the_names_are_those_of_the_wire() {
        for (number, class) in SourceClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, number);
            assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
        }
    }
}
