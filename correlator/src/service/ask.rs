//! Which rules a record meets here: findings, which nothing before has seen, and alerts of other tools
//! that carry no hits, because whoever wrote them asked no rules.
//!
//! **Invariant:** the rules are asked through the same function as in the processors, so a record that was
//! asked about there would get the same answer here.

use std::sync::Arc;

use rules::{Asked, Canonical};
use schemas::envelope::Envelope;
use schemas::finding::{ConditionStatus, Finding};
use schemas::signal::{RuleHit, Signal, SignalKind};

use super::Item;
use crate::alert::{Identity, Occurrence, occurrence_of_finding};

impl Item {
    /// The record with its hits.
    pub(super) fn asked(mut self, asked: Option<&Asked>) -> Self {
        let Some(asked) = asked else { return self };
        match &mut self {
            // That a condition lasts or is over is no second find.
            Self::Finding(finding, _) if !is_found_now(&finding.data) => {}
            Self::Finding(finding, hits) => {
                *hits = asked.of_canonical(&Canonical::finding(finding));
            }
            Self::Signal(signal) if has_not_been_asked(signal) => {
                signal.data.rules = asked.of_canonical(&Canonical::signal(signal));
            }
            Self::Signal(_) => {}
        }
        self
    }

    /// Its hits, and when it happened: a finding when its window was over.
    pub(super) fn hits(&self) -> (&[RuleHit], i64) {
        match self {
            Self::Signal(signal) => (&signal.data.rules, signal.attributes.time.millis()),
            Self::Finding(finding, hits) => (hits, said_ms(&finding.data)),
        }
    }
}

fn has_not_been_asked(signal: &Envelope<Signal>) -> bool {
    signal.data.kind == SignalKind::Alert && signal.data.rules.is_empty()
}

fn is_found_now(finding: &Finding) -> bool {
    finding.condition.as_ref().is_none_or(|of| of.status == ConditionStatus::Begins)
}

fn said_ms(finding: &Finding) -> i64 {
    finding.window_start_ms.saturating_add(finding.window_size_ms)
}

/// What a finding says: the detector's condition, and that of each rule it flags.
pub(super) fn occurrences(finding: &Envelope<Finding>, hits: &[RuleHit]) -> Vec<Occurrence> {
    let own = occurrence_of_finding(finding);
    let of_rule = |hit: &RuleHit| Occurrence {
        rule: hit.rule.clone(),
        version: hit.version.clone(),
        rule_title: hit.title.clone(),
        level: hit.level.unwrap_or(own.level),
        identity: Identity::Named(Arc::from(["resource".to_owned()])),
        title: hit.title.clone().unwrap_or_else(|| own.title.clone()),
        ..own.clone()
    };
    let flagged = hits.iter().filter(|hit| !hit.building_block);
    flagged.map(of_rule).chain(std::iter::once(own.clone())).collect()
}
