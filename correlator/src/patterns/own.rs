//! Stateful rules of our own form as they run.
//!
//! **Invariant:** what a document says is what runs; nothing is left to a default but what `docs/rules.md`
//! says: the level, and how sure a firing is.

use rules::{Pattern as Written, PatternKind, alert_level};
use schemas::alert::Level;

use super::pattern::{Kind, Pattern, Step};
use super::stateful::{CONFIDENCE, Fires, GroupField, Stateful};

/// A pattern as it runs.
///
/// # Errors
/// Why it cannot be run, in a sentence.
pub fn own(
    written: &Written,
    title_of: &dyn Fn(&str) -> Option<String>,
) -> Result<Stateful, String> {
    let rules = written.rules.iter();
    let group_by: Result<_, _> = written.group_by.iter().map(|name| field(written, name)).collect();
    let (fires, fields) = fires(&written.kind)?;
    Ok(Stateful {
        id: written.id.clone(),
        version: written.version.clone(),
        title: written.title.clone(),
        level: written.level.map_or(Level::Warning, alert_level),
        confidence: written.confidence.unwrap_or(CONFIDENCE),
        runbook: written.runbook.clone(),
        is_material: false,
        rules: rules.map(|id| (id.clone(), title_of(id).unwrap_or_else(|| id.clone()))).collect(),
        group_by: group_by?,
        fields,
        fires,
    })
}

fn field(written: &Written, name: &str) -> Result<GroupField, String> {
    let aliases = written.aliases.get(name).into_iter().flatten();
    let of_rule = aliases.map(|(rule, field)| Ok((place(*rule)?, field.clone())));
    Ok(GroupField { name: name.to_owned(), of_rule: of_rule.collect::<Result<_, String>>()? })
}

fn fires(kind: &PatternKind) -> Result<(Fires, Vec<String>), String> {
    Ok(match kind {
        PatternKind::Sequence { steps, within_ms } => {
            (Fires::AtOnce(sequence(steps, *within_ms)?), Vec::new())
        }
        PatternKind::Absence { steps, within_ms, absent, for_ms } => {
            let pattern = sequence(steps, *within_ms)?;
            let absent = places(absent)?;
            (Fires::Unless { pattern, absent, for_ms: *for_ms }, Vec::new())
        }
        PatternKind::FirstSeen { fields, memory_ms, learning_ms } => {
            let (memory_ms, learning_ms) = (*memory_ms, *learning_ms);
            (Fires::FirstSeen { memory_ms, learning_ms }, fields.clone())
        }
    })
}

fn sequence(steps: &[rules::Step], within_ms: i64) -> Result<Pattern, String> {
    let steps: Result<_, String> = steps.iter().map(step).collect();
    Ok(Pattern { kind: Kind::Sequence(steps?), within_ms })
}

fn step(written: &rules::Step) -> Result<Step, String> {
    Ok(Step {
        rules: places(&written.rules)?,
        at_least: written.count,
        after_ms: written.after_ms,
        before_ms: written.before_ms.unwrap_or(i64::MAX),
    })
}

fn places(rules: &[usize]) -> Result<Vec<u8>, String> {
    rules.iter().map(|rule| place(*rule)).collect()
}

fn place(rule: usize) -> Result<u8, String> {
    u8::try_from(rule).map_err(|_| "it names more rules than a pattern may".to_owned())
}
