//! Hits as they come, and what a stateful rule says of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::id::{Hash128, RecordId};

use super::entry::Entry;
use super::pattern::{Figure, Kind, Pattern};
use super::stateful::{Fires, Stateful};
use super::window::Found;

/// A hit of a stateless rule, or a firing of a stateful one that others take.
#[derive(Debug, Clone, Copy)]
pub struct Hit<'h> {
    /// Whose it is.
    pub tenant: u32,
    /// The rule.
    pub rule: &'h str,
    /// When it happened, on its source's clock.
    pub time_ms: i64,
    /// The event, finding or signal.
    pub record: RecordId,
    /// What is known of it.
    pub fields: &'h BTreeMap<String, String>,
}

/// A stateful rule fired.
#[derive(Debug, Clone, PartialEq)]
pub struct Firing {
    /// Which.
    pub stateful: Arc<Stateful>,
    /// Whose hits they are.
    pub tenant: u32,
    /// What they have in common, by name.
    pub group: BTreeMap<String, String>,
    /// The hits, in the order of their times.
    pub evidence: Vec<Entry>,
    /// When the last of them happened.
    pub end_ms: i64,
    /// How sure it is, from 0 to 1.
    pub confidence: f64,
    /// Why, in a sentence.
    pub reason: String,
}

/// Of the doubt that is left each hit beyond those asked for leaves so much.
const DOUBT_LEFT: f64 = 0.8;
/// Nothing is surer than this.
const CONFIDENCE_MAX: f64 = 0.99;

impl Firing {
    /// To stateful rules that take firings of this one.
    #[must_use]
    pub fn as_hit(&self) -> Hit<'_> {
        Hit {
            tenant: self.tenant,
            rule: &self.stateful.id,
            time_ms: self.end_ms,
            record: self.evidence.last().map_or(RecordId(Hash128::MIN), |entry| entry.record),
            fields: &self.group,
        }
    }

    pub(super) fn of(
        stateful: &Arc<Stateful>,
        tenant: u32,
        values: &[String],
        evidence: &[Entry],
        found: &Found,
    ) -> Self {
        let names = stateful.group_by.iter().map(|field| field.name.clone());
        let group: BTreeMap<String, String> = names.zip(values.iter().cloned()).collect();
        let confidence = confidence(stateful, evidence.len());
        Self {
            reason: reason(stateful, &group, evidence, found.figure, confidence),
            stateful: Arc::clone(stateful),
            tenant,
            group,
            evidence: evidence.to_vec(),
            end_ms: found.end_ms,
            confidence,
        }
    }
}

/// What the rule says, and more with each hit beyond those that were asked for.
fn confidence(stateful: &Stateful, hits: usize) -> f64 {
    let asked = hits_asked(&stateful.fires);
    let beyond = (0..hits).filter(|hit| asked.is_some_and(|asked| *hit as f64 >= asked));
    let doubt = beyond.fold(1.0 - stateful.confidence, |doubt, _| doubt * DOUBT_LEFT);
    (1.0 - doubt).min(CONFIDENCE_MAX.max(stateful.confidence))
}

/// How many hits are enough, where that can be said.
fn hits_asked(fires: &Fires) -> Option<f64> {
    let (Fires::AtOnce(pattern) | Fires::Unless { pattern, .. }) = fires else { return Some(1.0) };
    match &pattern.kind {
        Kind::Threshold(Figure::Count | Figure::Distinct, bounds)
            if bounds.at_least.is_finite() =>
        {
            Some(bounds.at_least + if bounds.is_above { 1.0 } else { 0.0 })
        }
        Kind::Threshold(..) | Kind::Together(_) => None,
        Kind::Sequence(steps) => Some(steps.iter().map(|step| step.at_least as f64).sum()),
    }
}

fn reason(
    stateful: &Stateful,
    group: &BTreeMap<String, String>,
    evidence: &[Entry],
    figure: Option<f64>,
    confidence: f64,
) -> String {
    let mut text = hits(stateful, evidence);
    let span_ms = match (evidence.first(), evidence.last()) {
        (Some(first), Some(last)) => last.time_ms - first.time_ms,
        _ => 0,
    };
    if evidence.len() > 1 {
        text.push_str(&format!(" within {}", duration(span_ms)));
    }
    for (number, (name, value)) in group.iter().enumerate() {
        text.push_str(&format!("{} {name} {value}", if number == 0 { " of" } else { "," }));
    }
    if let (Some(figure), Some(name)) = (figure, figure_name(&stateful.fires)) {
        text.push_str(&format!(", {name} {figure}"));
    }
    match &stateful.fires {
        Fires::Unless { absent, for_ms, .. } => {
            let title =
                |place: &u8| stateful.rules.get(usize::from(*place)).map(|(_, title)| title);
            let titles: Vec<String> =
                absent.iter().filter_map(title).map(|t| format!("\"{t}\"")).collect();
            text.push_str(&format!(", and no {} for {}", titles.join(" or "), duration(*for_ms)));
        }
        Fires::FirstSeen { memory_ms, .. } => {
            text.push_str(&format!(
                ", with {} not seen for {}",
                stateful.fields.join(", "),
                duration(*memory_ms)
            ));
        }
        Fires::AtOnce(_) => {}
    }
    text.push_str(&format!("; confidence {confidence:.2}"));
    text
}

/// How many hits of which rule, in the order of their first.
fn hits(stateful: &Stateful, evidence: &[Entry]) -> String {
    let mut counted: Vec<(u8, usize)> = Vec::new();
    for entry in evidence {
        match counted.iter_mut().find(|(rule, _)| *rule == entry.rule) {
            Some((_, count)) => *count += 1,
            None => counted.push((entry.rule, 1)),
        }
    }
    let title = |rule: u8| stateful.rules.get(usize::from(rule)).map_or("", |(_, title)| title);
    let text = |(rule, count): (u8, usize)| match count {
        1 => format!("\"{}\"", title(rule)),
        count => format!("{count} times \"{}\"", title(rule)),
    };
    let parts: Vec<String> = counted.into_iter().map(text).collect();
    let is_in_order = matches!(
        &stateful.fires,
        Fires::AtOnce(Pattern { kind: Kind::Sequence(_), .. })
            | Fires::Unless { pattern: Pattern { kind: Kind::Sequence(_), .. }, .. }
    );
    parts.join(if is_in_order { ", then " } else { " and " })
}

fn figure_name(fires: &Fires) -> Option<&'static str> {
    let Fires::AtOnce(Pattern { kind: Kind::Threshold(figure, _), .. }) = fires else {
        return None;
    };
    match figure {
        Figure::Count => None,
        Figure::Distinct => Some("different values"),
        Figure::Sum => Some("sum"),
        Figure::Mean => Some("mean"),
        Figure::Percentile(_) => Some("percentile"),
    }
}

/// In the two greatest units.
fn duration(ms: i64) -> String {
    let units = [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)];
    let mut rest = ms.max(0);
    let mut parts = Vec::new();
    for (unit, length) in units {
        if rest >= length && parts.len() < 2 && (unit != "ms" || parts.is_empty()) {
            parts.push(format!("{} {unit}", rest / length));
            rest %= length;
        }
    }
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}
