//! Canonical events by seed: uneven keys, disorder, events sent again, late ones and ones from the
//! future, with the progress marks between them.
//!
//! **Invariants:** a seed and a configuration mean the same records for ever, byte by byte; nothing
//! here reads a clock, and time is an argument. Arrivals never go back. The last records are marks
//! that let every window close.

mod catalogue;
mod config;
mod marks;
mod template;

use std::collections::VecDeque;

use schemas::id::EventId;
use schemas::time::Time;
use stream::EventTime;

use crate::dice::{Dice, Stream};
use catalogue::{Catalogue, SHAPES, Thing};
use template::{Details, Template};

pub use config::{ClassShare, Config};

/// Stream time between two marks.
const MARK_INTERVAL_MS: i64 = 1_000;
/// What even a punctual event needs to reach us, at most.
const TRAVEL_MS: i64 = 2_000;

/// One record of `isobar.events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Where it goes.
    pub partition: i32,
    /// Tenant and resource; a mark has none.
    pub key: Option<Vec<u8>>,
    /// The event or the mark.
    pub value: Vec<u8>,
    /// When it arrives.
    pub arrival: EventTime,
}

/// Everything about an event that chance decided.
#[derive(Clone, Copy, Debug)]
struct Facts {
    serial: u64,
    thing: usize,
    shape: usize,
    actor: usize,
    address: usize,
    size_bytes: u64,
    time: i64,
    arrival: i64,
}

/// Generates events at times that the caller tells.
#[derive(Debug)]
pub struct Generator {
    config: Config,
    seed: u64,
    dice: Dice,
    catalogue: Catalogue,
    templates: Vec<Template>,
    /// Shapes by class, and the sums of the classes' weights.
    classes: Vec<(Vec<usize>, u64)>,
    /// The last events, for those that are sent again.
    history: VecDeque<Facts>,
    serial: u64,
    /// The latest time of any event.
    horizon: EventTime,
}

impl Generator {
    /// A generator that has generated nothing.
    ///
    /// # Errors
    /// When an event cannot be written: a mistake in its shape.
    pub fn new(seed: u64, config: &Config) -> anyhow::Result<Self> {
        let mut dice = Dice::new(seed, Stream::Records);
        let mut sum = 0;
        let mut class = |share: &ClassShare| {
            sum += u64::from(share.weight);
            let of_class =
                |(at, shape): (usize, &template::Shape)| (shape.class == share.class).then_some(at);
            (SHAPES.iter().enumerate().filter_map(of_class).collect(), sum)
        };
        Ok(Self {
            catalogue: Catalogue::new(config, &mut dice),
            templates: SHAPES.iter().map(Template::new).collect::<Result<_, _>>()?,
            classes: config.classes.iter().map(&mut class).collect(),
            config: config.clone(),
            seed,
            dice,
            history: VecDeque::new(),
            serial: 0,
            horizon: config.start,
        })
    }

    /// The event that arrives at `now`.
    ///
    /// # Errors
    /// When `now` is no time that can be written.
    pub fn event_at(&mut self, now: EventTime) -> anyhow::Result<Item> {
        let again = self.dice.per_mille(self.config.duplicate_per_mille);
        let facts = match self.earlier().filter(|_| again) {
            Some(facts) => self.sent_again(facts, now),
            None => self.fresh(now),
        };
        self.horizon = self.horizon.max(EventTime(facts.time));
        self.write(&facts, now)
    }

    /// An event about resource number `thing`, told when it happened and when it arrives.
    ///
    /// # Errors
    /// When there is no such resource, or the times cannot be written.
    pub fn event_about(
        &mut self,
        thing: usize,
        time: EventTime,
        arrival: EventTime,
    ) -> anyhow::Result<Item> {
        let facts = Facts { thing, time: time.0, arrival: arrival.0, ..self.fresh(arrival) };
        self.write(&facts, arrival)
    }

    /// The marks that the stage above writes at `now`, to every partition.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn marks_at(&mut self, now: EventTime) -> anyhow::Result<Vec<Item>> {
        let values = marks::at(now, &self.config, &mut self.dice)?;
        Ok(self.to_all(&values, now))
    }

    /// Marks from so far ahead of `now` that every window closes.
    fn closing_marks(&self, now: EventTime) -> anyhow::Result<Vec<Item>> {
        let longest_ms = self.config.classes.iter().map(|share| share.disorder_ms).max();
        // An hour covers window, grace and what silence has to last.
        let ahead_ms = longest_ms.unwrap_or(0) + 3_600_000;
        let until = self.horizon.max(now).plus_ms(ahead_ms);
        let values = marks::caught_up(until, &self.config)?;
        Ok(self.to_all(&values, until))
    }

    fn to_all(&self, values: &[Vec<u8>], arrival: EventTime) -> Vec<Item> {
        let to = |partition| {
            let item =
                move |value: &Vec<u8>| Item { partition, key: None, value: value.clone(), arrival };
            values.iter().map(item)
        };
        (0..self.config.partitions).flat_map(to).collect()
    }

    fn fresh(&mut self, now: EventTime) -> Facts {
        let (shape, disorder_ms) = self.kind_of_event();
        self.serial += 1;
        let facts = Facts {
            serial: self.serial,
            thing: self.catalogue.pick(&mut self.dice),
            shape,
            actor: self.dice.place(self.catalogue.actors.len()),
            address: self.dice.place(self.catalogue.addresses.len()),
            size_bytes: 400 + self.dice.below(2_000),
            time: now.0 - self.age_ms(disorder_ms),
            arrival: now.0,
        };
        self.history.push_back(facts);
        if self.history.len() > self.config.duplicate_distance {
            self.history.pop_front();
        }
        facts
    }

    fn earlier(&mut self) -> Option<Facts> {
        let place = self.dice.place(self.history.len());
        self.history.get(place).copied()
    }

    /// Byte for byte the same, or brought by another path that stamped it anew.
    fn sent_again(&mut self, facts: Facts, now: EventTime) -> Facts {
        let stamped_anew = self.dice.per_mille(500);
        Facts { arrival: if stamped_anew { now.0 } else { facts.arrival }, ..facts }
    }

    /// A shape, and the disorder of its class.
    fn kind_of_event(&mut self) -> (usize, i64) {
        let drawn = self.dice.below(self.classes.last().map_or(0, |(_, sum)| *sum));
        let class = self.classes.partition_point(|(_, sum)| *sum <= drawn);
        let disorder_ms = self.config.classes.get(class).map_or(0, |share| share.disorder_ms);
        let shapes = self.classes.get(class).map_or(&[][..], |(shapes, _)| shapes);
        let shape = shapes.get(self.dice.place(shapes.len())).copied();
        (shape.unwrap_or_default(), disorder_ms)
    }

    /// How long before its arrival an event happened; negative when its clock is ahead.
    fn age_ms(&mut self, disorder_ms: i64) -> i64 {
        let (config, dice) = (&self.config, &mut self.dice);
        let kind = u32::try_from(dice.below(1000)).unwrap_or_default();
        let late = config.late_per_mille;
        let future = late + config.future_per_mille;
        let disordered = future + config.disorder_per_mille;
        if kind < late {
            let (least, most) = config.late_beyond_ms;
            disorder_ms + dice.between(least, most)
        } else if kind < future {
            -dice.between(1, config.future_reach_ms)
        } else if kind < disordered {
            dice.between(TRAVEL_MS, disorder_ms + config.disorder_beyond_ms)
        } else {
            dice.between(0, TRAVEL_MS)
        }
    }

    fn write(&self, facts: &Facts, now: EventTime) -> anyhow::Result<Item> {
        let Self { seed, catalogue, templates, .. } = self;
        let native_id = format!("{seed}-{}", facts.serial);
        let parts = (catalogue.things.get(facts.thing), templates.get(facts.shape));
        let (Some(thing), Some(template)) = parts else {
            anyhow::bail!("there is no thing or shape of these numbers: {facts:?}");
        };
        let details = self.details(facts, thing, &native_id)?;
        Ok(Item {
            partition: thing.partition,
            key: Some(thing.key.clone().into_bytes()),
            value: template.fill(&details),
            arrival: now,
        })
    }

    fn details<'a>(
        &'a self,
        facts: &Facts,
        thing: &'a Thing,
        native_id: &'a str,
    ) -> anyhow::Result<Details<'a>> {
        let source = SHAPES.get(facts.shape).map_or("", |shape| shape.source);
        let text = |of: &'a [String], at: usize| of.get(at).map_or("", String::as_str);
        Ok(Details {
            id: EventId::of(source, native_id).into(),
            resource: thing.id,
            time: Time::from_millis(facts.time)?,
            arrival: Time::from_millis(facts.arrival)?,
            age_ms: facts.arrival - facts.time,
            size_bytes: facts.size_bytes,
            tenant: &thing.tenant,
            name: &thing.name,
            region: thing.region,
            actor: text(&self.catalogue.actors, facts.actor),
            address: text(&self.catalogue.addresses, facts.address),
            native_id,
        })
    }
}

/// All records of a seed: events at even distances, marks every second of stream time, and at the
/// end marks that close every window.
#[derive(Debug)]
pub struct Records {
    generator: Generator,
    now_us: i64,
    next_mark_ms: i64,
    left: u64,
    /// Marks that come next.
    waiting: VecDeque<Item>,
    closed: bool,
}

/// The records of a seed.
///
/// # Errors
/// As for [`Generator::new`].
pub fn generate(seed: u64, config: &Config) -> anyhow::Result<Records> {
    Ok(Records {
        generator: Generator::new(seed, config)?,
        now_us: config.start.0 * 1_000,
        next_mark_ms: config.start.0 + MARK_INTERVAL_MS,
        left: config.records,
        waiting: VecDeque::new(),
        closed: false,
    })
}

impl Records {
    fn step(&mut self) -> anyhow::Result<Option<Item>> {
        if let Some(mark) = self.waiting.pop_front() {
            return Ok(Some(mark));
        }
        let now = EventTime(self.now_us.div_euclid(1_000));
        if self.left > 0 && now.0 >= self.next_mark_ms {
            self.next_mark_ms += MARK_INTERVAL_MS;
            self.waiting = self.generator.marks_at(now)?.into();
            return Ok(self.waiting.pop_front());
        }
        if self.left > 0 {
            self.left -= 1;
            self.now_us += self.generator.config.interval_us;
            return self.generator.event_at(now).map(Some);
        }
        if !std::mem::replace(&mut self.closed, true) {
            self.waiting = self.generator.closing_marks(now)?.into();
        }
        Ok(self.waiting.pop_front())
    }
}

impl Iterator for Records {
    type Item = anyhow::Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

#[cfg(test)]
mod tests;
