//! What is asked of an incident, and what is answered.

use schemas::id::RecordId;
use schemas::incident::Cause;
use serde::{Deserialize, Serialize};

use super::thing::Thing;

/// What is known of an incident.
#[derive(Debug, Clone, Copy)]
pub struct Case<'c> {
    /// The name of the tenant, by which resources get their ids.
    pub tenant: &'c str,
    /// What its alerts hold at.
    pub symptoms: &'c [&'c Symptom],
    /// What was deployed or configured, as far as the incident holds it.
    pub changes: &'c [Change],
    /// The time of the tenant.
    pub time_ms: i64,
}

/// A thing with an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Symptom {
    /// Where the alert holds.
    pub thing: Thing,
    /// When it began.
    pub began_ms: i64,
    /// Whether somebody has to act on it at once.
    pub urgent: bool,
}

/// A change that belongs to the incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The record that tells of it.
    pub record: RecordId,
    /// What was changed, where it is known.
    pub thing: Option<Thing>,
    /// When.
    pub at_ms: i64,
    /// Whether it changed what runs; what was only pushed or merged has yet to be rolled out.
    pub runs: bool,
    /// One line for people.
    pub title: String,
    /// Who did it.
    pub by: Option<String>,
    /// How surely it belongs to the incident, from 0 to 1.
    pub linked: f64,
}

/// A cause with its score from 0 to 1 and its sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// As it stands in the incident.
    pub cause: Cause,
}
