//! The life of alerts.
//!
//! An [`Occurrence`] says that a condition holds, or that it has ended. The condition is known by its
//! fingerprint: tenant, rule and the labels that tell conditions apart. The first occurrence opens an
//! alert; further ones are duplicates of it, with the reason told; its end, or quiet, closes it. Alerts
//! that fire join groups, and groups tell receivers.
//!
//! **Invariants**
//! * Every change of an alert is one record, with the next revision.
//! * A receiver hears that an alert is over only if it heard that it fires.
//! * No receiver hears of an alert that is silenced or inhibited, but that it is over.
//! * What is told is a function of state, and its key follows from the group, its sequence and the receiver.
//! * Time is that of records and progress marks; no timer depends on anything else.
//! * Whatever is kept has a limit; what is dropped at one is counted and told.
//!
//! Why each of these is as it is stands in `docs/alerts.md`.

mod check;
mod clock;
mod close;
mod command;
mod config;
mod duration;
mod engine;
mod flap;
mod flush;
mod group;
mod inhibit;
mod labels;
mod lifecycle;
mod matcher;
mod notice;
mod occurrence;
mod out;
mod read;
mod repeat;
mod room;
mod silence;
mod state;
mod stores;
mod suppress;
mod timers;
mod written;

pub use check::{ConfigProblem, ConfigProblems, Plan};
pub use config::{
    AlertsConfig, InhibitionConfig, Limits, ReceiverConfig, RouteConfig, RulePolicy, StepConfig,
};
pub use duration::Lasting;
pub use engine::{Alerts, Kept};
pub use matcher::{Matcher, MatcherError};
pub use occurrence::{Identity, Occurrence, Says};
pub use out::{Out, Refused, Said};
pub use read::{occurrence_of_finding, occurrences_of_signal};
