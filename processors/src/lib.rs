//! From what producers send to canonical events and metric points: decode → unwrap → explode → map.
//!
//! **Invariant:** everything here is a pure function of one Kafka record and its configuration, and
//! whatever a record holds ends in the [`Sink`]: as an event, as points, filtered with a reason, or
//! refused with a reason. Nothing is skipped.

pub mod balance;
pub mod canonical;
pub mod catalog;
pub mod dead_letter;
pub mod draft;
pub mod formats;
pub mod identity;
pub mod input;
pub mod json;
pub mod mapping;
pub mod normalize;
pub mod service;
pub mod sink;
pub mod tenant;
pub mod time;
pub mod transform;

pub use catalog::{Catalog, Known};
pub use draft::{Draft, DraftActor, DraftHints, DraftNetwork, DraftSeries, Labels, StatisticSet};
pub use formats::{Format, read};
pub use input::Input;
pub use sink::{Refusal, Sink};
