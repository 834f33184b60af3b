//! The end of a run: everything comes back, and the group reads to the end of the input.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use schemas::topic;
use stream::TopicPartition;

use super::CATCH_UP;
use super::delivery::Delivery;
use super::feed::{Due, Feed};
use super::run::Run;
use crate::{signals, windows, wire};

/// Results of deliveries may make notifications; the time they take a tenant to is bounded, so this ends.
const ROUNDS: usize = 5;

impl Run<'_> {
    /// Lets everything come back, and waits until the group has committed all of the input.
    pub(super) fn settle(&mut self, feed: Feed) -> anyhow::Result<Due> {
        let produced =
            feed.thread.join().map_err(|_| anyhow::anyhow!("the producer panicked"))??;
        self.report.records = produced.records;
        while !self.later.is_empty() {
            self.do_what_is_due()?;
            std::thread::sleep(Duration::from_millis(50));
        }
        if self.workers.slots().is_empty() {
            self.workers.start("w0")?;
        }
        let end = |input| produced.ends.get(input).copied().unwrap_or(0);
        self.await_ends(&self.inputs.iter().map(end).collect::<Vec<_>>())?;
        match &produced.due {
            Due::Counts(_) => {}
            Due::Wire(_) => wire::await_balance(self.cluster, &produced.ends, CATCH_UP)?,
            Due::Windows(due) => windows::kafka::await_closings(self.cluster, due, CATCH_UP)?,
            Due::Signals => self.settle_signals()?,
        }
        for slot in self.workers.slots() {
            self.workers.leave(&slot, Duration::from_secs(30))?;
        }
        self.report.recovered = self.workers.recovered()?;
        ensure!(
            self.report.recovered > 0,
            "no task was restored from an image and a replay: the run proves nothing; try another seed"
        );
        Ok(produced.due)
    }

    /// Waits until everything is published and, where notifiers are at work, delivered.
    fn settle_signals(&mut self) -> anyhow::Result<()> {
        let Some(mut delivery) = self.delivery.take() else {
            return signals::await_all(self.cluster, CATCH_UP);
        };
        let settled = self.settle_delivery(&mut delivery);
        self.delivery = Some(delivery);
        settled
    }

    /// What was delivered is a signal, too: the input is at its end only behind the last of these, and they
    /// may make something to deliver.
    fn settle_delivery(&mut self, delivery: &mut Delivery) -> anyhow::Result<()> {
        for _ in 0..ROUNDS {
            self.await_ends(&self.ends()?)?;
            let is_all_taken = delivery.await_taken(self.cluster)?;
            delivery.end()?;
            self.await_ends(&self.ends()?)?;
            signals::await_all(self.cluster, CATCH_UP)?;
            // What is not taken by now never will be; the comparison tells of it.
            if !is_all_taken || delivery.has_all(self.cluster)? {
                return Ok(());
            }
            delivery.go_on()?;
        }
        bail!("results of deliveries still make notifications after {ROUNDS} rounds")
    }

    /// The next offset of each input partition, as it is on the topic.
    fn ends(&self) -> anyhow::Result<Vec<i64>> {
        let partitions = self.cluster.partitions(topic::SIGNALS.name)?;
        let end = |input: &TopicPartition| {
            let last = partitions.get(&input.partition).and_then(|records| records.last());
            last.map_or(0, |record| record.offset.0 + 1)
        };
        Ok(self.inputs.iter().map(end).collect())
    }

    fn await_ends(&mut self, ends: &[i64]) -> anyhow::Result<()> {
        let deadline = Instant::now() + CATCH_UP;
        loop {
            self.workers.check()?;
            // A coordinator that has just moved may not answer yet.
            let told = self.offsets.ask();
            if let Ok(told) = &told
                && told.iter().zip(ends).all(|(told, end)| told.0 >= *end)
            {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("the group did not reach the end of the input: {told:?} of {ends:?}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}
