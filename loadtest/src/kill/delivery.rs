//! Notifiers that deliver what the correlator decides, killed beside its workers.
//!
//! **Invariant:** what was delivered is looked at only when every notifier has ended in order and the
//! correlator has read its last result: results are signals, and may make more notifications.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;
use schemas::notification::Notification;
use schemas::{codec, topic};
use stream::Record;

use super::ledger::{Delivered, Ledger, Name, name_of};
use crate::cluster::Cluster;
use crate::oracle::Differences;
use crate::signals::Outcome;
use crate::workers::Workers;

/// When nothing more was taken for so long, nothing more will be: longer than a receiver is left alone after
/// failures in a row, and longer than the wait between two attempts.
const STILL: Duration = Duration::from_secs(75);
/// An orderly end.
const END: Duration = Duration::from_secs(30);

pub(super) struct Delivery {
    ledger: Ledger,
    notifiers: Workers,
    /// When what was killed comes back.
    back: BTreeMap<String, Instant>,
    /// How many keys were taken when a notifier was killed last.
    taken: usize,
}

impl Delivery {
    /// Each receiver belongs to one of them, and goes to the other one while that is away for long.
    pub(super) const SLOTS: [&str; 2] = ["n0", "n1"];

    /// Starts notifiers that tell the receivers of this ledger.
    pub(super) fn start(
        ledger: Ledger,
        binary: &Path,
        cluster: &Cluster,
        (dir, config): (&Path, &str),
    ) -> anyhow::Result<Self> {
        let notifiers = Workers::of("notifier", binary, &cluster.settings.brokers, dir)
            .with_settings(&["--config", config]);
        let mut delivery = Self { ledger, notifiers, back: BTreeMap::new(), taken: 0 };
        delivery.go_on()?;
        Ok(delivery)
    }

    /// Starts all of them.
    pub(super) fn go_on(&mut self) -> anyhow::Result<()> {
        Self::SLOTS.iter().try_for_each(|slot| self.notifiers.start(slot))
    }

    /// Brings back what has been away for long enough.
    pub(super) fn mend(&mut self) -> anyhow::Result<()> {
        let now = Instant::now();
        let is_due = |(slot, at): (&String, &Instant)| (*at <= now).then(|| slot.clone());
        let due: Vec<String> = self.back.iter().filter_map(is_due).collect();
        for slot in due {
            self.back.remove(&slot);
            self.notifiers.start(&slot)?;
        }
        self.notifiers.check()
    }

    /// `kill -9`; `false` where it is down, and where it has to be `at_work` and nothing was taken since the
    /// last one.
    pub(super) fn kill(
        &mut self,
        place: usize,
        rest: Duration,
        at_work: bool,
    ) -> anyhow::Result<bool> {
        let taken = self.ledger.taken();
        let Some(slot) = Self::SLOTS.get(place) else { return Ok(false) };
        if (at_work && taken == self.taken) || self.notifiers.pid(slot).is_none() {
            return Ok(false);
        }
        self.taken = taken;
        self.notifiers.kill(slot)?;
        self.back.insert((*slot).to_owned(), Instant::now() + rest);
        Ok(true)
    }

    /// Waits until everything that there is to tell was taken, or nothing more is.
    pub(super) fn await_taken(&mut self, cluster: &Cluster) -> anyhow::Result<bool> {
        let due = names(cluster)?;
        let (mut taken, mut still_since) = (0, Instant::now());
        while still_since.elapsed() < STILL {
            self.mend()?;
            if self.back.is_empty() && self.ledger.has_all(&due) {
                return Ok(true);
            }
            let now = self.ledger.taken();
            if now > taken {
                (taken, still_since) = (now, Instant::now());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(false)
    }

    /// How many keys were taken.
    pub(super) fn taken(&self) -> usize {
        self.ledger.taken()
    }

    /// Everything that there is to tell by now was taken.
    pub(super) fn has_all(&self, cluster: &Cluster) -> anyhow::Result<bool> {
        Ok(self.ledger.has_all(&names(cluster)?))
    }

    /// What was delivered, and how that differs from what was due.
    pub(super) fn delivered(
        &self,
        due: &Outcome,
        differences: &mut Differences,
    ) -> anyhow::Result<Delivered> {
        let delivered = self.ledger.check(&due.told()?, differences);
        ensure!(
            delivered.repeated > 0,
            "nothing was delivered twice: no kill met a delivery, and the run proves nothing; try another seed"
        );
        Ok(delivered)
    }

    /// Ends all of them in order: after that no result is written any more.
    pub(super) fn end(&mut self) -> anyhow::Result<()> {
        self.back.clear();
        self.notifiers.slots().iter().try_for_each(|slot| self.notifiers.leave(slot, END))
    }
}

/// By what everything that there is to tell is known.
fn names(cluster: &Cluster) -> anyhow::Result<BTreeSet<Name>> {
    let records = cluster.partitions(topic::NOTIFICATIONS.name)?.into_values().flatten();
    let name = |record: Record| {
        let value = record.value.unwrap_or_default();
        Ok(name_of(&codec::decode::<Notification>(&value)?.data))
    };
    records.map(name).collect()
}
