//! What an event has to hold for a rule to match at all.
//!
//! **Invariant:** whenever a rule matches an event, the event holds at least one of the values of its
//! clause in the value's field; case does not count. Where nothing of this form can be said there is no
//! clause. The reasons, part by part: all of a conjunction have to match, so any one part's clause will
//! do; one of a disjunction has to, so all parts' clauses together; of a negation nothing is known.

use std::collections::{BTreeMap, BTreeSet};

use rsigma_eval::matcher::GroupMode;
use rsigma_eval::{CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule};
use rsigma_parser::{ConditionExpr, Quantifier, SelectorPattern};

/// A field and a value of it, in lower case.
pub(crate) type Pair = (String, String);
/// Pairs of which an event has to hold one.
pub(crate) type Clause = BTreeSet<Pair>;

/// How many rules name each pair: one that many name tells little.
#[derive(Debug, Default)]
pub(crate) struct Weights(BTreeMap<Pair, usize>);

impl Weights {
    /// Counts the pairs of these rules, each once a rule.
    pub(crate) fn of<'a>(rules: impl Iterator<Item = &'a CompiledRule>) -> Self {
        let mut weights = Self::default();
        for rule in rules {
            let mut pairs = Clause::new();
            rule.detections.values().for_each(|detection| all_pairs(detection, &mut pairs));
            pairs.into_iter().for_each(|pair| *weights.0.entry(pair).or_default() += 1);
        }
        weights
    }

    /// The clause of a rule that tells most.
    pub(crate) fn clause(&self, rule: &CompiledRule) -> Option<Clause> {
        self.one_of(rule.conditions.iter().map(|condition| self.condition(condition, rule)))
    }

    fn condition(&self, condition: &ConditionExpr, rule: &CompiledRule) -> Option<Clause> {
        match condition {
            ConditionExpr::And(parts) => {
                self.all_of(parts.iter().map(|part| self.condition(part, rule)))
            }
            ConditionExpr::Or(parts) => {
                self.one_of(parts.iter().map(|part| self.condition(part, rule)))
            }
            ConditionExpr::Not(_) => None,
            ConditionExpr::Identifier(name) => self.detection(rule.detections.get(name)?),
            ConditionExpr::Selector { quantifier, pattern } => {
                self.selected(quantifier, pattern, rule)
            }
        }
    }

    fn selected(
        &self,
        quantifier: &Quantifier,
        pattern: &SelectorPattern,
        rule: &CompiledRule,
    ) -> Option<Clause> {
        let named = rule.detections.iter().filter(|(name, _)| pattern.matches_detection_name(name));
        let clauses = named.map(|(_, detection)| self.detection(detection));
        match quantifier {
            // None at all are none that do not match.
            Quantifier::Count(0) => None,
            Quantifier::All => self.all_of(clauses),
            Quantifier::Any | Quantifier::Count(_) => self.one_of(clauses),
        }
    }

    fn detection(&self, detection: &CompiledDetection) -> Option<Clause> {
        match detection {
            CompiledDetection::AllOf(items) => self.all_of(items.iter().map(item)),
            CompiledDetection::And(parts) => {
                self.all_of(parts.iter().map(|part| self.detection(part)))
            }
            CompiledDetection::AnyOf(parts) => {
                self.one_of(parts.iter().map(|part| self.detection(part)))
            }
            CompiledDetection::Keywords(_)
            | CompiledDetection::ArrayMatch { .. }
            | CompiledDetection::Conditional { .. } => None,
        }
    }

    /// Of several clauses that all hold, the one that tells most.
    fn all_of(&self, clauses: impl Iterator<Item = Option<Clause>>) -> Option<Clause> {
        let worst = |clause: &Clause| {
            clause.iter().map(|pair| self.0.get(pair).copied().unwrap_or(0)).max().unwrap_or(0)
        };
        clauses.flatten().min_by_key(|clause| (worst(clause), clause.len(), clause.clone()))
    }

    /// Of several clauses one of which holds, all together.
    fn one_of(&self, clauses: impl Iterator<Item = Option<Clause>>) -> Option<Clause> {
        let together: Option<Vec<Clause>> = clauses.collect();
        Some(together?.into_iter().flatten().collect())
    }
}

/// The clause of one field: the values it may have, where it may have only these.
fn item(item: &CompiledDetectionItem) -> Option<Clause> {
    let (field, None) = (item.field.as_ref()?, item.exists) else { return None };
    let mut values = BTreeSet::new();
    exact(&item.matcher, &mut values)?;
    Some(values.into_iter().map(|value| (field.clone(), value)).collect())
}

/// Collects the values of a matcher that takes only exact ones.
fn exact(matcher: &CompiledMatcher, values: &mut BTreeSet<String>) -> Option<()> {
    match matcher {
        CompiledMatcher::Exact { value, .. } => {
            values.insert(value.to_lowercase());
            Some(())
        }
        CompiledMatcher::AnyOf(parts)
        | CompiledMatcher::CaseInsensitiveGroup { children: parts, mode: GroupMode::Any } => {
            parts.iter().try_for_each(|part| exact(part, values))
        }
        _ => None,
    }
}

fn all_pairs(detection: &CompiledDetection, pairs: &mut Clause) {
    match detection {
        CompiledDetection::AllOf(items) => pairs.extend(items.iter().filter_map(item).flatten()),
        CompiledDetection::AnyOf(parts) | CompiledDetection::And(parts) => {
            parts.iter().for_each(|part| all_pairs(part, pairs));
        }
        CompiledDetection::Keywords(_)
        | CompiledDetection::ArrayMatch { .. }
        | CompiledDetection::Conditional { .. } => {}
    }
}
