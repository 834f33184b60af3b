//! Alerts, findings and changes joined into incidents, and their causes ranked.
//!
//! [`Engine`] takes [`Item`]s in the order of their arrival and says at once which incident each is
//! part of. [`of_event`] makes an item of a canonical event.
//!
//! **Invariant:** the same items in the same order give the same incidents with the same ids, bit for
//! bit: no clock, no chance, no order of a hash table, and of numbers only sums, products and
//! quotients. Two tenants share no state. Every table has a bound, and what is dropped at it is
//! counted.

pub mod command;
pub mod engine;
pub mod extract;
pub mod incident;
pub mod item;
pub mod limits;
pub mod rank;

mod candidate;
pub mod decide;
mod find;
mod graph;
mod key;
mod lags;
mod lifecycle;
mod posting;
mod session;
mod table;
mod tenant;
mod text;
mod weights;
mod why;

pub use engine::Engine;
pub use extract::of_event;
pub use item::{Item, Kind, Mention, Way};
pub use limits::{Counts, Limits};
