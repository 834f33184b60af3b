//! A small company in several clouds, in the bytes that its systems send: what Isobar reads, and what
//! is in it.
//!
//! **Invariants:** a seed and a configuration mean the same messages for ever, byte by byte, when
//! they are asked for at the same times; nothing here reads a clock. What a message holds is told by
//! whoever wrote it and by no reader, so that it can judge readers. Events happened within seconds
//! before they are first sent.

mod agenda;
mod audit;
mod body;
mod change;
mod config;
mod envelope;
mod load;
mod metrics;
mod odd;
mod pack;
mod parcel;
mod proto;
mod story;
mod telling;
mod template;
mod text;
mod webhook;
mod world;

use schemas::kind::Kind;
use schemas::topic::{self, Topic};
use stream::{EventTime, partition_of};

use crate::dice::{Dice, Stream};
use agenda::{Agenda, Sent};
use body::Body;
use envelope::Envelope;
use load::Load;
use metrics::Measured;
use pack::Packer;
use parcel::Parcel;
use story::{Due, Story};
use telling::{Teller, Telling};
use world::{Service, World, by_weight, one_of};

pub use config::CompanyConfig;
pub use story::Step;

/// What even a punctual event needs to reach us, at most.
const TRAVEL_MS: i64 = 2_000;

/// When a service measured what arrives now: at whole seconds, which all formats can tell, and always as long
/// ago, so that totals never fall in the order of their times.
fn measured_ms(service: &Service, now: EventTime) -> i64 {
    let travel_ms = i64::try_from(service.number).unwrap_or_default() * 397 % TRAVEL_MS;
    (now.0 - travel_ms).div_euclid(1_000) * 1_000
}

/// A record of one of the input topics, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it goes.
    pub topic: &'static str,
    /// By its key, or one after the other.
    pub partition: i32,
    /// What it is about; most metrics have none.
    pub key: Option<Vec<u8>>,
    /// What stands beside the value.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The bytes.
    pub value: Vec<u8>,
    /// When it arrives.
    pub arrival: EventTime,
    /// What is in it.
    pub truth: Truth,
}

/// What a message holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// The name of the format that its value looks like; [`BROKEN`] where nobody can know.
    pub format: &'static str,
    /// The events, in their order.
    pub events: Vec<EventTruth>,
    /// Samples; the statistics of an interval count as one.
    pub points: u64,
    /// What is rightly not passed on.
    pub filtered: u64,
    /// What cannot be read.
    pub dead_letters: u64,
    /// The step of a story that it tells, if any.
    pub step: Option<StoryStep>,
}

/// A step of a story: a service is deployed, is in trouble, raises an alarm, and is well again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryStep {
    /// The id of the deploy.
    pub deploy: String,
    /// The service.
    pub service: &'static str,
    /// How far it has come.
    pub step: Step,
}

/// The format of messages that nobody can read.
pub const BROKEN: &str = "broken";

/// What an event is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventTruth {
    /// The feed.
    pub source: String,
    /// Its id in that feed.
    pub native_id: String,
}

/// The company.
#[derive(Debug)]
pub struct Company {
    config: CompanyConfig,
    dice: Dice,
    world: World,
    load: Load,
    story: Story,
    agenda: Agenda,
    teller: Teller,
    packer: Packer,
    /// Points and events so far.
    told: (u64, u64),
    /// Messages without a key so far.
    unkeyed: u64,
}

impl Company {
    /// A company that has sent nothing.
    ///
    /// # Errors
    /// When a template has a mistake.
    pub fn new(seed: u64, config: &CompanyConfig) -> anyhow::Result<Self> {
        let mut dice = Dice::new(seed, Stream::Records);
        let world = World::new(config, &mut dice);
        Ok(Self {
            load: Load::new(&world, &mut dice),
            story: Story::new(&world, config.deploy_interval_ms),
            agenda: Agenda::default(),
            teller: Teller::new(config.webhooks)?,
            packer: Packer::new(),
            told: (0, 0),
            unkeyed: 0,
            config: config.clone(),
            dice,
            world,
        })
    }

    /// The message that arrives at `now`.
    pub fn message_at(&mut self, now: EventTime) -> Message {
        let message = self.next(now);
        self.told.0 += message.truth.points;
        self.told.1 += message.truth.events.len() as u64;
        message
    }

    /// Points that arrive at `now`: of a time in which nothing else is told.
    pub fn points_at(&mut self, now: EventTime) -> Message {
        self.measure(now)
    }

    fn next(&mut self, now: EventTime) -> Message {
        let Self { story, agenda, config, dice, .. } = self;
        if let Some(due) = story.due(now.0, dice) {
            let time_ms = now.0 - dice.between(0, TRAVEL_MS);
            let telling = self.teller.step(&due, &self.world, time_ms, dice);
            let mut message = self.tell(telling, now);
            let Due { step, service, deploy } = due;
            message.truth.step = Some(StoryStep { deploy, service: service.name, step });
            return message;
        }
        if let Some(sent) = agenda.due(now.0) {
            return self.again(sent, now);
        }
        if dice.per_mille(config.broken_per_mille) {
            return self.broken(now);
        }
        if dice.per_mille(config.control_per_mille) {
            let parcel = odd::control_message(now.0, &mut self.packer);
            return self.send(Kind::Audit, None, parcel, &[], now);
        }
        if self.points_lag() {
            return self.measure(now);
        }
        let time_ms = now.0 - self.dice.between(0, TRAVEL_MS);
        let telling = self.teller.any(&self.world, time_ms, &mut self.dice);
        self.tell(telling, now)
    }

    /// Whether there are fewer points than there should be.
    fn points_lag(&self) -> bool {
        let (points, events) = self.told;
        points * 1_000 < (points + events) * u64::from(self.config.points_per_mille)
    }

    fn measure(&mut self, now: EventTime) -> Message {
        let Self { dice, world, load, story, packer, .. } = self;
        let sort = by_weight(&metrics::SORTS, dice);
        let service = world.service(|cloud| sort.measures(cloud), dice);
        let time_ms = measured_ms(&service, now);
        let trouble_percent = story.trouble_percent(&service, time_ms);
        let hosts: Vec<_> = service.some_hosts(dice).collect();
        let read = |host| (host, load.read(host, time_ms, trouble_percent, dice));
        let hosts = hosts.into_iter().map(read).collect();
        let parcel = sort.write(&Measured { service: &service, hosts, time_ms }, packer, dice);
        let key = sort.is_keyed().then_some(service.name);
        self.send(Kind::Metrics, key, parcel, &[], now)
    }

    /// Sends what is to be told, and perhaps notes to send it again.
    fn tell(&mut self, telling: Telling, now: EventTime) -> Message {
        let message = self.wrapped(&telling, telling.envelope, &telling.bodies, now);
        if self.dice.per_mille(self.config.again_per_mille) {
            self.agenda.note(Sent { message: message.clone(), telling }, &mut self.dice);
        }
        message
    }

    /// The same bytes, or one of the events in an envelope of its own.
    fn again(&mut self, sent: Sent, now: EventTime) -> Message {
        let Sent { message, telling } = sent;
        if self.dice.per_mille(500) {
            return Message { arrival: now, ..message };
        }
        let body = one_of(&telling.bodies, &mut self.dice);
        let envelope = *one_of(telling.envelopes, &mut self.dice);
        self.wrapped(&telling, envelope, std::slice::from_ref(body), now)
    }

    fn wrapped(
        &mut self,
        telling: &Telling,
        envelope: Envelope,
        bodies: &[Body],
        now: EventTime,
    ) -> Message {
        let Telling { kind, service, .. } = telling;
        let parcel = envelope.wrap(bodies, service, &mut self.packer, &mut self.dice);
        self.send(*kind, Some(service.name), parcel, bodies, now)
    }

    /// What would have been events, had nothing gone wrong on the way.
    fn broken(&mut self, now: EventTime) -> Message {
        let Self { teller, world, packer, dice, .. } = self;
        let Telling { kind, service, envelope, bodies, .. } = teller.any(world, now.0, dice);
        let whole = envelope.wrap(&bodies, &service, packer, dice);
        let parcel = odd::broken(&whole, packer, dice);
        self.send(kind, Some(service.name), parcel, &[], now)
    }

    fn send(
        &mut self,
        kind: Kind,
        key: Option<&str>,
        parcel: Parcel,
        bodies: &[Body],
        now: EventTime,
    ) -> Message {
        let topic = topic::input_of(kind);
        let event = |body: &Body| EventTruth {
            source: body.source.to_owned(),
            native_id: body.native_id.clone(),
        };
        let Parcel { format, headers, value, points, filtered, dead_letters } = parcel;
        let events = bodies.iter().map(event).collect();
        Message {
            topic: topic.name,
            partition: self.partition(&topic, key),
            key: key.map(|key| key.as_bytes().to_vec()),
            headers,
            value,
            arrival: now,
            truth: Truth { format, events, points, filtered, dead_letters, step: None },
        }
    }

    fn partition(&mut self, topic: &Topic, key: Option<&str>) -> i32 {
        let count = i32::try_from(topic.partitions).unwrap_or(1);
        if let Some(key) = key {
            return partition_of(key.as_bytes(), count);
        }
        self.unkeyed += 1;
        let partition = self.unkeyed % u64::from(topic.partitions.max(1));
        i32::try_from(partition).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
