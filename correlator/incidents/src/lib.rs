//! Alerts, findings and changes joined into incidents, and their causes ranked.
//!
//! [`Engine`] takes [`Item`]s in the order of their arrival and says at once which incident each is
//! part of. [`of_event`] makes an item of a canonical event, [`of_signal`] and [`of_finding`] of what the
//! service reads.
//!
//! **Invariant:** the same items in the same order give the same incidents with the same ids, bit for
//! bit: no clock, no chance, no order of a hash table, and of numbers only sums, products and
//! quotients. All state is in stores: an undo undoes all of it, an image holds all of it. Two tenants
//! share no state. Every table has a bound, and what is dropped at it is counted.

pub mod command;
pub mod engine;
pub mod estate;
pub mod extract;
pub mod item;
pub mod limits;
pub mod rank;

mod candidate;
mod causes;
pub mod decide;
mod find;
mod graph;
mod incident;
mod join;
mod key;
mod lags;
mod lifecycle;
mod list;
mod live;
mod merge;
mod posting;
mod record;
mod sense;
mod services;
mod session;
mod split;
mod stores;
mod table;
mod tell;
mod tenant;
mod text;
mod timeline;
mod weights;
mod why;

pub use command::Asked;
pub use decide::Taken;
pub use engine::Engine;
pub use extract::{of_event, of_finding, of_signal, place_of};
pub use item::{Item, Kind, Mention, Stands, Way};
pub use limits::{Counts, Limits};
pub use naming::rule_of_service;
