//! Sigma's correlations as stateful rules.
//!
//! **Invariant:** what Sigma says and we do not do is refused with a reason, never done otherwise.

use std::collections::BTreeMap;

use rules::rsigma::{
    ConditionExpr, ConditionOperator, CorrelationCondition, CorrelationType, Quantifier,
    SelectorPattern, WindowMode,
};
use rules::{Correlation, alert_level};
use schemas::alert::Level;

use super::condition::Condition;
use super::pattern::{Bounds, Figure, Kind, Pattern, Step};
use super::stateful::{CONFIDENCE, Fires, GroupField, Stateful};

/// More rules than this are none that a person wrote.
const RULES_MAX: usize = 200;

/// A correlation that is of Sigma and not of ours: what of it is not understood.
///
/// # Errors
/// Why it cannot be run, in a sentence.
pub fn stateful(
    correlation: &Correlation,
    title_of: &dyn Fn(&str) -> Option<String>,
) -> Result<Stateful, String> {
    let parsed = &correlation.parsed;
    if parsed.window != WindowMode::Sliding {
        return Err("only sliding windows are kept: leave out `window`".to_owned());
    }
    if correlation.rules.len() > RULES_MAX {
        return Err(format!("it names more than {RULES_MAX} rules"));
    }
    let places = Places { names: &parsed.rules, ids: &correlation.rules };
    let seconds = i64::try_from(parsed.timespan.seconds).unwrap_or(i64::MAX);
    let pattern =
        Pattern { kind: kind(correlation, &places)?, within_ms: seconds.saturating_mul(1_000) };
    let rules = correlation.rules.iter();
    Ok(Stateful {
        id: correlation.id.clone(),
        version: correlation.version.clone(),
        title: correlation.title.clone(),
        level: parsed.level.map_or(Level::Warning, alert_level),
        confidence: confidence(correlation)?,
        runbook: correlation.runbook.clone(),
        is_material: false,
        rules: rules.map(|id| (id.clone(), title_of(id).unwrap_or_else(|| id.clone()))).collect(),
        group_by: group_by(correlation, &places)?,
        fields: fields(correlation)?,
        fires: Fires::AtOnce(pattern),
    })
}

/// The places of rules, by how the correlation calls them.
struct Places<'a> {
    names: &'a [String],
    ids: &'a [String],
}

impl Places<'_> {
    fn of(&self, name: &str) -> Result<u8, String> {
        let named = self.names.iter().position(|known| known == name);
        let place = named.or_else(|| self.ids.iter().position(|known| known == name));
        let place = place.and_then(|place| u8::try_from(place).ok());
        place.ok_or_else(|| format!("`{name}` is none of its rules"))
    }

    fn all(&self) -> impl Iterator<Item = u8> {
        (0_u8..).take(self.ids.len())
    }
}

fn kind(correlation: &Correlation, places: &Places<'_>) -> Result<Kind, String> {
    let parsed = &correlation.parsed;
    let figure = match parsed.correlation_type {
        CorrelationType::EventCount => Figure::Count,
        CorrelationType::ValueCount => Figure::Distinct,
        CorrelationType::ValueSum => Figure::Sum,
        CorrelationType::ValueAvg => Figure::Mean,
        CorrelationType::ValueMedian => Figure::Percentile(50),
        CorrelationType::ValuePercentile => Figure::Percentile(percentile(correlation)?),
        CorrelationType::Temporal => return together(correlation, places),
        CorrelationType::TemporalOrdered => {
            return Ok(Kind::Sequence(places.all().map(Step::of).collect()));
        }
    };
    bounds(correlation).map(|bounds| Kind::Threshold(figure, bounds))
}

fn percentile(correlation: &Correlation) -> Result<u8, String> {
    let CorrelationCondition::Threshold { percentile, .. } = &correlation.parsed.condition else {
        return Err("a percentile needs a condition with a number".to_owned());
    };
    let percent = u8::try_from(percentile.unwrap_or(50)).ok().filter(|percent| *percent <= 100);
    percent.ok_or_else(|| "`percentile` goes from 0 to 100".to_owned())
}

fn together(correlation: &Correlation, places: &Places<'_>) -> Result<Kind, String> {
    let condition = match &correlation.parsed.condition {
        CorrelationCondition::Extended(expression) => condition(expression, places)?,
        CorrelationCondition::Threshold { .. } => {
            Condition::All(places.all().map(Condition::Rule).collect())
        }
    };
    Ok(Kind::Together(condition))
}

fn condition(expression: &ConditionExpr, places: &Places<'_>) -> Result<Condition, String> {
    let all = |parts: &[ConditionExpr]| -> Result<Vec<Condition>, String> {
        parts.iter().map(|part| condition(part, places)).collect()
    };
    Ok(match expression {
        ConditionExpr::And(parts) => Condition::All(all(parts)?),
        ConditionExpr::Or(parts) => Condition::Any(all(parts)?),
        ConditionExpr::Not(part) => Condition::Not(Box::new(condition(part, places)?)),
        ConditionExpr::Identifier(name) => Condition::Rule(places.of(name)?),
        ConditionExpr::Selector { quantifier, pattern: SelectorPattern::Them } => {
            let rules = places.all().map(Condition::Rule).collect();
            match quantifier {
                Quantifier::All => Condition::All(rules),
                Quantifier::Any | Quantifier::Count(1) => Condition::Any(rules),
                Quantifier::Count(_) => return Err("`N of them` is not understood".to_owned()),
            }
        }
        ConditionExpr::Selector { .. } => {
            return Err("patterns of rule names are not understood: name the rules".to_owned());
        }
    })
}

#[expect(clippy::cast_precision_loss, reason = "thresholds of people are far below 2^53")]
fn bounds(correlation: &Correlation) -> Result<Bounds, String> {
    let CorrelationCondition::Threshold { predicates, .. } = &correlation.parsed.condition else {
        return Err("a count needs a condition with a number".to_owned());
    };
    let mut bounds = Bounds::ANY;
    for (operator, number) in predicates {
        let number = *number as f64;
        match operator {
            ConditionOperator::Gte => bounds.at_least = number,
            ConditionOperator::Gt => (bounds.at_least, bounds.is_above) = (number, true),
            ConditionOperator::Lte => bounds.at_most = number,
            ConditionOperator::Lt => (bounds.at_most, bounds.is_below) = (number, true),
            ConditionOperator::Eq => (bounds.at_least, bounds.at_most) = (number, number),
            ConditionOperator::Neq => bounds.is_not = Some(number),
        }
    }
    if predicates.is_empty() {
        return Err("a count needs a condition with a number".to_owned());
    }
    Ok(bounds)
}

fn fields(correlation: &Correlation) -> Result<Vec<String>, String> {
    let CorrelationCondition::Threshold { field, .. } = &correlation.parsed.condition else {
        return Ok(Vec::new());
    };
    let is_count = correlation.parsed.correlation_type == CorrelationType::EventCount;
    match field {
        Some(fields) if !is_count => Ok(fields.clone()),
        None if needs_field(correlation.parsed.correlation_type) => {
            Err("its condition names no `field`, so there is nothing to compute".to_owned())
        }
        _ => Ok(Vec::new()),
    }
}

fn needs_field(of: CorrelationType) -> bool {
    use CorrelationType::{EventCount, Temporal, TemporalOrdered};
    !matches!(of, EventCount | Temporal | TemporalOrdered)
}

fn group_by(correlation: &Correlation, places: &Places<'_>) -> Result<Vec<GroupField>, String> {
    let parsed = &correlation.parsed;
    let field = |name: &String| {
        let alias = parsed.aliases.iter().find(|alias| alias.alias == *name);
        let mut of_rule = BTreeMap::new();
        for (rule, field) in alias.into_iter().flat_map(|alias| &alias.mapping) {
            of_rule.insert(places.of(rule)?, field.clone());
        }
        Ok(GroupField { name: name.clone(), of_rule })
    };
    parsed.group_by.iter().map(field).collect()
}

/// `confidence` is ours: from 0 to 1.
fn confidence(correlation: &Correlation) -> Result<f64, String> {
    let Some(given) = correlation.parsed.custom_attributes.get("confidence") else {
        return Ok(CONFIDENCE);
    };
    let number = given.as_f64().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "`confidence` is a number from 0 to 1".to_owned())
}
