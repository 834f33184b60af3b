//! Every byte that crosses a topic: names of topics, types of records, their wire forms and their
//! JSON Schemas.
//!
//! JSON records go through one door, [`codec::encode`] and [`codec::decode`]; points go in Arrow
//! batches ([`metric`]), and the passage of time in marks ([`mark`]). `golden/` holds a sample of
//! each type and version, `generated/` the schemas for subscribers, and `baseline/` the schemas
//! that a minor version must stay compatible with.
//!
//! **Invariants:** this crate reads no clock, no environment and no random number, and does no
//! input or output. It knows nothing of Kafka clients and nothing of how records are processed.
//! No bytes make it panic. Fields it does not know survive; versions it cannot read are refused.

// What all records have in common.
pub mod envelope;
pub mod id;
pub mod key;
pub mod kind;
pub mod position;
pub mod relations;
pub mod resource;
pub mod source_class;
pub mod time;
pub mod topic;
pub mod version;

// The records.
pub mod aggregate;
pub mod alert;
pub mod command;
pub mod dead_letter;
pub mod delivery;
pub mod event;
pub mod finding;
pub mod incident;
pub mod late;
pub mod mark;
pub mod metric;
pub mod notification;
pub mod partial;
pub mod rule_edition;
pub mod series;
pub mod signal;

// How they are written, and how that is told to others.
pub mod asyncapi;
pub mod balance;
pub mod bytes;
pub mod codec;
pub mod finite;
pub mod raw;
pub mod schema;
mod text;
