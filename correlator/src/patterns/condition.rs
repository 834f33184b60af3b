//! Which rules have to have hits, and which must have none.

/// A condition over the rules of a pattern, by their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// There is a hit of this rule.
    Rule(u8),
    /// None of this holds.
    Not(Box<Condition>),
    /// All of these hold.
    All(Vec<Condition>),
    /// One of these holds at least.
    Any(Vec<Condition>),
}

impl Condition {
    /// Whether it holds where these rules have hits.
    #[must_use]
    pub fn holds(&self, has: &dyn Fn(u8) -> bool) -> bool {
        match self {
            Self::Rule(rule) => has(*rule),
            Self::Not(inner) => !inner.holds(has),
            Self::All(parts) => parts.iter().all(|part| part.holds(has)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(has)),
        }
    }
}
