//! The eight kinds of input, each with its topic.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of input.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Kind {
    /// Code changes.
    Code,
    /// Documentation updates.
    Documents,
    /// Project updates.
    Projects,
    /// Communication messages.
    Messages,
    /// System metrics.
    Metrics,
    /// Quality alerts.
    Alerts,
    /// Knowledge extractions.
    Knowledge,
    /// User and audit actions.
    Audit,
}

impl Kind {
    /// Every kind, in the order of their numbers (`kind as usize`).
    pub const ALL: [Self; 8] = [
        Self::Code,
        Self::Documents,
        Self::Projects,
        Self::Messages,
        Self::Metrics,
        Self::Alerts,
        Self::Knowledge,
        Self::Audit,
    ];

    /// The name on the wire, and the end of the topic's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Documents => "documents",
            Self::Projects => "projects",
            Self::Messages => "messages",
            Self::Metrics => "metrics",
            Self::Alerts => "alerts",
            Self::Knowledge => "knowledge",
            Self::Audit => "audit",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_in_order_and_the_names_are_those_of_the_wire() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
