//! The receivers' threads, and what each of them holds.
//!
//! **Invariant:** a thread holds at most [`HELD_MAX`] notifications and about [`BYTES_MAX`]; the rest waits
//! in the topic.

use std::collections::BTreeMap;
use std::sync::mpsc::{Sender, channel};

use stream::{LogError, Reaction, TopicPartition};

use super::super::thread::{News, Order, Telltale};
use crate::config::NotifierConfig;
use crate::partition::Lane;

const HELD_MAX: usize = 256;
const BYTES_MAX: usize = 8 << 20;

/// A notification by its place.
type Place = (TopicPartition, i64);

/// One receiver's thread, as it is seen from outside.
#[derive(Debug)]
pub(super) struct Thread {
    name: String,
    orders: Sender<Order>,
    /// By place: when it was written, and its length.
    held: BTreeMap<Place, (i64, usize)>,
    bytes: usize,
}

impl Thread {
    pub(super) fn has_room(&self) -> bool {
        self.held.len() < HELD_MAX && self.bytes < BYTES_MAX
    }

    pub(super) fn holds(&mut self, place: Place, arrival_ms: i64, bytes: usize) {
        if self.held.insert(place, (arrival_ms, bytes)).is_none() {
            self.bytes += bytes;
        }
    }

    pub(super) fn ended(&mut self, place: &Place) {
        if let Some((_, bytes)) = self.held.remove(place) {
            self.bytes -= bytes;
        }
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct Threads(BTreeMap<Lane, Thread>);

impl Threads {
    pub(super) fn start(
        config: &NotifierConfig,
        news: &Sender<(String, News)>,
    ) -> Result<Self, LogError> {
        let mut threads = BTreeMap::new();
        for (name, receiver) in &config.receivers {
            let (orders, inbox) = channel();
            let telltale = Telltale::new(name, receiver, config, news.clone());
            let thread = std::thread::Builder::new().name(format!("notifier/{name}"));
            thread.spawn(move || telltale.run(&inbox)).map_err(|error| {
                LogError::caused(Reaction::Stop, format!("cannot start a thread for {name}"), error)
            })?;
            let thread = Thread { name: name.clone(), orders, held: BTreeMap::new(), bytes: 0 };
            threads.insert(Lane::of(name), thread);
        }
        Ok(Self(threads))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn lanes(&self) -> Vec<Lane> {
        self.0.keys().copied().collect()
    }

    pub(super) fn get_mut(&mut self, lane: Lane) -> Option<&mut Thread> {
        self.0.get_mut(&lane)
    }

    /// Room enough that reading from further back pays. Unknown receivers refuse at once.
    pub(super) fn has_much_room(&self, lane: Lane) -> bool {
        let is_half = |of: &Thread| of.held.len() <= HELD_MAX / 2 && of.bytes <= BYTES_MAX / 2;
        self.0.get(&lane).is_none_or(is_half)
    }

    /// Tells a thread what to do; nobody where the receiver is not known.
    pub(super) fn order(&self, lane: Lane, order: Order) -> Result<(), LogError> {
        let Some(thread) = self.0.get(&lane) else { return Ok(()) };
        thread.orders.send(order).map_err(|_| {
            let name = &thread.name;
            LogError::new(
                Reaction::Stop,
                format!("the thread of {name} has ended; report it as a bug"),
            )
        })
    }

    /// Nothing of this partition counts as held any more.
    pub(super) fn release(&mut self, input: &TopicPartition) {
        for thread in self.0.values_mut() {
            thread.held.retain(|(of, _), _| of != input);
            thread.bytes = thread.held.values().map(|(_, bytes)| bytes).sum();
        }
    }

    /// All of them finish what is on its way.
    pub(super) fn end(&self) {
        for thread in self.0.values() {
            // One that has gone already has ended.
            drop(thread.orders.send(Order::End));
        }
    }

    /// By receiver: how many it holds, and how old the oldest is.
    pub(super) fn queues(&self, now_ms: i64) -> impl Iterator<Item = (&str, usize, i64)> {
        self.0.values().map(move |thread| {
            let oldest = thread.held.values().map(|(arrival_ms, _)| *arrival_ms).min();
            let oldest_ms = oldest.map_or(0, |arrival_ms| (now_ms - arrival_ms).max(0));
            (thread.name.as_str(), thread.held.len(), oldest_ms)
        })
    }
}
