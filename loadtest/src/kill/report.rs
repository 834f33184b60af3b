//! What is asked of a kill-and-compare run, and what it came to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::ledger::Delivered;
use crate::oracle::Differences;
use crate::subject::Subject;

/// One kill-and-compare run.
#[derive(Args, Clone, Debug)]
pub struct KillArgs {
    /// What is disturbed.
    #[arg(long, value_enum, default_value_t)]
    pub service: Subject,
    /// Records that go in [default: 500000; of wire formats 60000, each with some ten events or points; of points about 150000, marks included; signals 100000, and marks]
    #[arg(long)]
    pub records: Option<u64>,
    /// Worker processes.
    #[arg(long, default_value_t = 2)]
    pub workers: usize,
    /// `kill -9` at least this often.
    #[arg(long, default_value_t = 20)]
    pub kills: u64,
    /// Brokers: 1, or 3 with replication.
    #[arg(long, default_value_t = 1)]
    pub brokers: u32,
    /// `kill -9` and restart a broker this often; needs 3 brokers.
    #[arg(long, default_value_t = 0)]
    pub broker_kills: u64,
    /// `kill -9` the sink this often, too; above 0 windows are stored in a Postgres and compared there.
    #[arg(long, default_value_t = 0)]
    pub sink_kills: u64,
    /// `kill -9` Postgres this often and start it again; needs `--sink-kills`.
    #[arg(long, default_value_t = 0)]
    pub database_kills: u64,
    /// `kill -9` notifiers this often, which deliver to receivers that fail now and then; 0 for no notifiers [default: of signals half of `--kills`]
    #[arg(long)]
    pub notifier_kills: Option<u64>,
    /// Records a second that are produced [default: 4000; of wire formats 500; of points 2000; of signals 3000]
    #[arg(long)]
    pub rate: Option<u64>,
    /// The schedule and the records; chosen and printed where it is not given.
    #[arg(long)]
    pub seed: Option<u64>,
    /// The binary under test.
    #[arg(long)]
    pub binary: Option<PathBuf>,
}

impl KillArgs {
    /// How many records go in.
    pub fn records(&self) -> u64 {
        let usual = match self.service {
            Subject::EventCounts => 500_000,
            Subject::Processors => 60_000,
            Subject::MetricWindows => 150_000,
            Subject::Correlator => 100_000,
        };
        self.records.unwrap_or(usual)
    }

    /// How many of them a second.
    pub fn rate(&self) -> u64 {
        let usual = match self.service {
            Subject::EventCounts => 4_000,
            Subject::Processors => 500,
            Subject::MetricWindows => 2_000,
            Subject::Correlator => 3_000,
        };
        self.rate.unwrap_or(usual)
    }

    /// How often notifiers are killed.
    pub fn notifier_kills(&self) -> u64 {
        let usual = if self.service == Subject::Correlator { self.kills / 2 } else { 0 };
        self.notifier_kills.unwrap_or(usual)
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct KillReport {
    /// The seed.
    pub seed: u64,
    /// Records that went in, marks included.
    pub records: u64,
    /// `kill -9` of workers.
    pub kills: u64,
    /// Workers stopped for longer than their session, and continued.
    pub stops: u64,
    /// Workers that left in order.
    pub leaves: u64,
    /// Workers that joined besides the first ones and the restarted.
    pub joins: u64,
    /// `kill -9` of brokers.
    pub broker_kills: u64,
    /// `kill -9` of the sink.
    pub sink_kills: u64,
    /// `kill -9` of Postgres.
    pub database_kills: u64,
    /// `kill -9` of notifiers.
    pub notifier_kills: u64,
    /// Tasks restored from an image and a replay on top of it.
    pub recovered: u64,
    /// What was published, by name.
    pub published: BTreeMap<&'static str, u64>,
    /// What was delivered outside, where notifiers were at work.
    pub delivered: Option<Delivered>,
    /// How it differs from the oracle.
    pub differences: Differences,
    /// How long it took.
    pub seconds: f64,
}

impl KillReport {
    /// The closing line.
    pub fn line(&self) -> String {
        let Differences { lost, duplicated, different, .. } = &self.differences;
        let delivered = self.delivered.as_ref().map(Delivered::words).unwrap_or_default();
        let published = self.published.iter().map(|(what, count)| format!(" {what}={count}"));
        format!(
            "kill-and-compare seed={} records={} kills={} stops={} leaves={} joins={} broker_kills={} sink_kills={} database_kills={} notifier_kills={} recovered={}{}{delivered} lost={lost} duplicated={duplicated} different={different} seconds={:.0}",
            self.seed,
            self.records,
            self.kills,
            self.stops,
            self.leaves,
            self.joins,
            self.broker_kills,
            self.sink_kills,
            self.database_kills,
            self.notifier_kills,
            self.recovered,
            published.collect::<String>(),
            self.seconds,
        )
    }
}
