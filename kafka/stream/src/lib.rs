//! The streaming kernel: what makes a pure function of a partition exactly-once.
//!
//! A [`Topology`] makes a [`Processor`] for each input partition. A [`Worker`] drives the tasks of
//! one group member over any [`Log`]: records in, and one [`Batch`] out that commits whole or not
//! at all.
//!
//! **Invariant:** this crate reads no clock, no environment and no chance, starts no thread and
//! never waits; it knows neither Kafka nor what the bytes mean.

pub mod batch;
mod cut;
pub mod edition;
pub mod events;
mod gathered;
pub mod image;
pub mod log;
mod marks;
pub mod memory;
mod pace;
pub mod processor;
pub mod record;
mod restore;
pub mod seen;
pub mod store;
#[cfg(feature = "testing")]
pub mod suite;
mod task;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod topology;
pub mod upstream;
pub mod watermark;
pub mod window;
mod worker;

pub use batch::{Batch, Checkpoint, Position, StateRecord};
pub use cut::CompletedImage;
pub use edition::{Edition, InForce, Library, Put};
pub use events::{Observer, WorkerEvent};
pub use gathered::Gathered;
pub use image::Versions;
pub use log::{Change, Claim, Log, LogError, Polled, Reaction};
pub use processor::{Bound, Context, Counted, Counts, Effects, Processor, Progress};
pub use record::{Destination, Headers, Offset, Output, Record, TopicPartition, partition_of};
pub use restore::Restored;
pub use seen::SeenStore;
pub use store::{EntryError, KeyedStore, Store};
pub use task::{Task, Verdict};
pub use time::{Clock, EventTime, SourceClass};
pub use topology::{Marks, ReadUpTo, Topology};
pub use upstream::{Upstream, UpstreamRead};
pub use watermark::Watermarks;
pub use window::WindowSize;
pub use worker::{Settings, Worker};
