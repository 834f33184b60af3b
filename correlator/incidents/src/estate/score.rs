//! How sure a cause is.
//!
//! **Invariant:** scores lie between 0 and 1. A change for which only nearness in time speaks gets at
//! most one half, a place and a time together at most 0.7, and the more only as others depend on it.

use super::causes::Sick;

/// A change is looked for so far before a symptom.
pub(super) const CHANGE_MS: i64 = 30 * 60_000;
/// What is left of an effect after each further step.
const PER_STEP: f64 = 0.7;
/// What it says that all others which show symptoms depend on it.
const STRUCTURE: f64 = 0.8;
/// What is left where another symptom was first.
const LATER: f64 = 0.8;
/// What it says that the very thing was changed, however long before, and how much more at once.
const CHANGED: (f64, f64) = (0.3, 0.4);
/// What nearness alone says.
const NEAR: f64 = 0.5;

/// How near a change is to what came after it: 1 at once, 0 after half an hour.
pub(super) fn nearness(at_ms: i64, began_ms: i64) -> f64 {
    let gap_ms = began_ms.saturating_sub(at_ms).clamp(0, CHANGE_MS);
    // At most half an hour, which a number holds exactly.
    let gap_ms = f64::from(i32::try_from(gap_ms).unwrap_or(i32::MAX));
    1.0 - gap_ms / 1_800_000.0
}

/// How much of the incident a fault would explain: of the symptoms of others, the urgent twice, the
/// farther the less.
pub(super) fn explained_share<'s>(
    all: impl Iterator<Item = &'s Sick<'s>>,
    explained: &[(&Sick<'_>, u8)],
    own: Option<&Sick<'_>>,
) -> f64 {
    let weight = |sick: &Sick<'_>| if sick.urgent { 2.0 } else { 1.0 };
    let whole = all.map(weight).sum::<f64>() - own.map_or(0.0, weight);
    let steps = |steps: u8| (1..steps).fold(1.0, |left, _| left * PER_STEP);
    let part: f64 = explained.iter().map(|(sick, far)| weight(sick) * steps(*far)).sum();
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// A thing with a symptom of its own, and how near a change on it was.
pub(super) fn seen(share: f64, is_first: bool, change: Option<f64>) -> f64 {
    let structure = STRUCTURE * share;
    let change = change.map_or(0.0, in_place);
    let both = 1.0 - (1.0 - structure) * (1.0 - change);
    if is_first { both } else { both * LATER }
}

/// A change on the very thing.
fn in_place(nearness: f64) -> f64 {
    CHANGED.0 + CHANGED.1 * nearness
}

/// A change on a thing without a symptom, on which others with one depend.
pub(super) fn not_seen(share: f64, nearness: f64) -> f64 {
    share * in_place(nearness)
}

/// A symptom of which a change further below may be the cause is the less a cause itself.
pub(super) fn less(score: f64, change_below: f64) -> f64 {
    score * (1.0 - change_below)
}

/// A change of which nothing is known but that it came shortly before and belongs to the incident.
pub(super) fn only_near(nearness: f64, linked: f64) -> f64 {
    let linked = if linked.is_finite() { linked.clamp(0.0, 1.0) } else { 0.0 };
    NEAR * nearness * (1.0 + linked) / 2.0
}
