//! One run: what strikes when, what comes back, and the wait for the end of the input.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kafka_runtime::plain::GroupOffsets;
use nix::sys::signal::Signal;
use stream::TopicPartition;

use super::BEYOND_SESSION_MS;
use super::delivery::Delivery;
use super::feed::Feed;
use super::report::{KillArgs, KillReport};
use super::stored::Stored;
use crate::cluster::Cluster;
use crate::dice::Dice;
use crate::output::note;
use crate::workers::Workers;

/// Of a thousand disturbances so many strike at once, while the last one is still being mended.
const HASTY_PER_MILLE: u32 = 300;
/// The others wait until every partition commits again, but no longer than this.
const MENDED: Duration = Duration::from_secs(15);

/// What happens to a slot later.
pub(super) enum Later {
    Start,
    Continue,
}

pub(super) struct Run<'a> {
    pub(super) arguments: &'a KillArgs,
    pub(super) cluster: &'a Cluster,
    pub(super) offsets: GroupOffsets,
    pub(super) inputs: Vec<TopicPartition>,
    pub(super) workers: Workers,
    pub(super) dice: Dice,
    pub(super) stored: Option<Stored>,
    pub(super) delivery: Option<Delivery>,
    pub(super) later: BTreeMap<String, (Instant, Later)>,
    pub(super) down_broker: Option<(u32, Instant)>,
    pub(super) report: KillReport,
    pub(super) began: Instant,
}

impl Run<'_> {
    /// Disturbs until everything asked for has happened and all records are in.
    pub(super) fn disturb(&mut self, feed: &Feed) -> anyhow::Result<()> {
        for slot in 0..self.arguments.workers {
            self.workers.start(&format!("w{slot}"))?;
        }
        let mut told = Instant::now();
        while !self.has_disturbed_enough() || !feed.thread.is_finished() {
            feed.rate.store(self.rate(feed), Ordering::Relaxed);
            self.await_work(feed)?;
            self.pause(300..1_500);
            self.workers.check()?;
            self.do_what_is_due()?;
            self.disturb_once()?;
            self.disturb_stored()?;
            self.disturb_delivery(!feed.thread.is_finished())?;
            if told.elapsed() >= Duration::from_secs(10) {
                told = Instant::now();
                self.tell(feed.produced.load(Ordering::Relaxed));
            }
        }
        Ok(())
    }

    /// How fast the input flows: slower while it is ahead of the disturbances, so that the last of
    /// them still finds workers at work.
    fn rate(&self, feed: &Feed) -> u64 {
        let KillArgs { kills, broker_kills, .. } = *self.arguments;
        let (records, rate) = (self.arguments.records(), self.arguments.rate());
        if self.has_disturbed_enough() {
            return 0;
        }
        let notifier_kills = self.arguments.notifier_kills();
        let disturbed = self.report.kills.min(kills)
            + self.report.broker_kills.min(broker_kills)
            + self.report.notifier_kills.min(notifier_kills);
        let produced = feed.produced.load(Ordering::Relaxed);
        let ahead = produced * (kills + broker_kills + notifier_kills) > (disturbed + 1) * records;
        if ahead { (rate / 8).max(1) } else { rate }
    }

    /// Mostly waits until work goes on everywhere: kills that only hit workers without partitions
    /// would prove little.
    fn await_work(&mut self, feed: &Feed) -> anyhow::Result<()> {
        if self.dice.per_mille(HASTY_PER_MILLE) {
            return Ok(());
        }
        let deadline = Instant::now() + MENDED;
        let mut before = None;
        while Instant::now() < deadline && !feed.thread.is_finished() {
            self.workers.check()?;
            self.do_what_is_due()?;
            // A coordinator that has just moved may not answer yet.
            if let Ok(now) = self.offsets.ask() {
                let before = before.get_or_insert_with(|| now.clone());
                // Of the partitions that have ever had something: keys are uneven.
                let used = now.iter().zip(before.iter()).filter(|(now, _)| now.0 > 0);
                let (moved, all) = used.fold((0, 0), |(moved, all), (now, before)| {
                    (moved + u32::from(now > before), all + 1)
                });
                if all > 0 && moved * 10 >= all * 9 {
                    return Ok(());
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    fn has_disturbed_enough(&self) -> bool {
        let (report, wanted) = (&self.report, self.arguments);
        let few = report.stops == 0 || report.leaves == 0 || report.joins == 0;
        let fewer_kills = report.kills < wanted.kills
            || report.broker_kills < wanted.broker_kills
            || report.sink_kills < wanted.sink_kills
            || report.database_kills < wanted.database_kills
            || report.notifier_kills < wanted.notifier_kills();
        !few && !fewer_kills && self.down_broker.is_none()
    }

    /// Kills the sink or its database every few steps, until each was killed as often as asked for.
    fn disturb_stored(&mut self) -> anyhow::Result<()> {
        let (report, wanted) = (&mut self.report, self.arguments);
        let Some(stored) = &mut self.stored else { return Ok(()) };
        stored.mend()?;
        let draw = self.dice.below(100);
        if draw < 40 && report.sink_kills < wanted.sink_kills {
            let rest = Duration::from_millis(self.dice.below(3_000));
            report.sink_kills += u64::from(stored.kill_sink(rest));
        } else if draw > 85 && report.database_kills < wanted.database_kills {
            let rest = Duration::from_millis(500 + self.dice.below(4_000));
            report.database_kills += u64::from(stored.kill_database(rest)?);
        }
        Ok(())
    }

    /// Kills a notifier every few steps: while records come in, only one that has something to deliver.
    fn disturb_delivery(&mut self, is_fed: bool) -> anyhow::Result<()> {
        let Some(delivery) = &mut self.delivery else { return Ok(()) };
        delivery.mend()?;
        if self.report.notifier_kills < self.arguments.notifier_kills() && self.dice.per_mille(500)
        {
            // Mostly it is back before the group misses it; else the other one goes on in its place.
            let is_missed = self.dice.per_mille(250);
            let rest_ms = if is_missed { BEYOND_SESSION_MS } else { 0..3_000 };
            let rest_ms = rest_ms.start + self.dice.below(rest_ms.end - rest_ms.start);
            let place = self.dice.place(Delivery::SLOTS.len());
            let is_killed = delivery.kill(place, Duration::from_millis(rest_ms), is_fed)?;
            self.report.notifier_kills += u64::from(is_killed);
        }
        Ok(())
    }

    fn tell(&self, produced: u64) {
        let KillReport {
            kills,
            stops,
            leaves,
            joins,
            broker_kills,
            sink_kills,
            database_kills,
            notifier_kills,
            ..
        } = self.report;
        note(&format!(
            "{:>4.0} s: {produced} of {} records in, {kills} kills, {stops} stops, {leaves} leaves, {joins} joins, {broker_kills} broker kills, {sink_kills} sink kills, {database_kills} database kills, {notifier_kills} notifier kills, {} taken",
            self.began.elapsed().as_secs_f64(),
            self.arguments.records(),
            self.delivery.as_ref().map_or(0, Delivery::taken),
        ));
    }

    fn pause(&mut self, ms: std::ops::Range<u64>) {
        // The schedule is the test's input: it is meant to take time.
        std::thread::sleep(self.some(ms));
    }

    fn some(&mut self, ms: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(ms.start + self.dice.below(ms.end - ms.start))
    }

    fn after(&mut self, ms: std::ops::Range<u64>) -> Instant {
        Instant::now() + self.some(ms)
    }

    pub(super) fn do_what_is_due(&mut self) -> anyhow::Result<()> {
        let now = Instant::now();
        let is_due =
            |(slot, (at, _)): (&String, &(Instant, Later))| (*at <= now).then(|| slot.clone());
        let due: Vec<String> = self.later.iter().filter_map(is_due).collect();
        for slot in due {
            match self.later.remove(&slot) {
                Some((_, Later::Start)) => self.workers.start(&slot)?,
                Some((_, Later::Continue)) => self.workers.signal(&slot, Signal::SIGCONT)?,
                None => {}
            }
        }
        if let Some((broker, at)) = self.down_broker
            && at <= now
        {
            self.down_broker = None;
            self.cluster.up(broker)?;
        }
        Ok(())
    }

    /// A slot that runs and has nothing planned.
    fn pick(&mut self) -> Option<String> {
        let mut slots = self.workers.slots();
        slots.retain(|slot| !self.later.contains_key(slot));
        slots.get(self.dice.place(slots.len())).cloned()
    }

    /// What to do next; once there were kills enough, what has not happened yet.
    fn draw(&mut self) -> u64 {
        let KillReport { kills, stops, leaves, joins, .. } = self.report;
        match (kills >= self.arguments.kills, stops, leaves, joins) {
            (true, 0, _, _) => 65,
            (true, _, 0, _) => 75,
            (true, _, _, 0) => 85,
            _ => self.dice.below(100),
        }
    }

    fn disturb_once(&mut self) -> anyhow::Result<()> {
        let draw = self.draw();
        let wants_broker = self.report.broker_kills < self.arguments.broker_kills;
        if wants_broker && self.down_broker.is_none() && draw < 25 {
            return self.kill_broker();
        }
        let Some(slot) = self.pick() else { return Ok(()) };
        match draw {
            0..65 => self.kill(&slot, draw)?,
            65..75 => {
                self.workers.signal(&slot, Signal::SIGSTOP)?;
                let at = self.after(BEYOND_SESSION_MS);
                self.later.insert(slot, (at, Later::Continue));
                self.report.stops += 1;
            }
            75..85 => {
                self.workers.leave(&slot, Duration::from_secs(30))?;
                let at = self.after(500..4_000);
                self.later.insert(slot, (at, Later::Start));
                self.report.leaves += 1;
            }
            85..95 if self.workers.slots().len() <= self.arguments.workers => {
                let extra = format!("x{}", self.report.joins);
                self.workers.start(&extra)?;
                self.report.joins += 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn kill(&mut self, slot: &str, draw: u64) -> anyhow::Result<()> {
        self.workers.kill(slot)?;
        self.report.kills += 1;
        // Extra workers stay away; of the others most come back at once, some after a while, and
        // some only after their session is over.
        let at = match draw {
            _ if slot.starts_with('x') => return Ok(()),
            0..35 => Instant::now(),
            35..60 => self.after(300..3_000),
            _ => self.after(BEYOND_SESSION_MS),
        };
        self.later.insert(slot.to_owned(), (at, Later::Start));
        Ok(())
    }

    fn kill_broker(&mut self) -> anyhow::Result<()> {
        // In turn, so that each broker's partitions lose their leader.
        let broker = u32::try_from(self.report.broker_kills % 3)? + 1;
        self.cluster.kill(broker)?;
        let at = self.after(3_500..6_000);
        self.down_broker = Some((broker, at));
        self.report.broker_kills += 1;
        Ok(())
    }
}
