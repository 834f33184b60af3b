//! The servers and services that are measured, and the CPU time of each.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::database::Database;
use crate::passthrough::cpu_of;

/// The processes by name, and what CPU time they had used at first. Of Postgres' processes those that
/// lived all the time count.
#[derive(Debug)]
pub(super) struct Processes {
    pids: BTreeMap<&'static str, Vec<(u32, Duration)>>,
}

impl Processes {
    pub(super) fn of(
        brokers: &[u32],
        database: &Database,
        windows: Option<u32>,
        sink: u32,
    ) -> Self {
        let with_cpu = |pids: Vec<u32>| pids.into_iter().map(|pid| (pid, cpu_of(pid))).collect();
        let pids = BTreeMap::from([
            ("broker", with_cpu(brokers.to_vec())),
            ("postgres", with_cpu(database.pids())),
            ("metric-windows", with_cpu(windows.into_iter().collect())),
            ("sink", with_cpu(vec![sink])),
            ("load-test", with_cpu(vec![std::process::id()])),
        ]);
        Self { pids }
    }

    /// CPU time since then.
    pub(super) fn used(&self) -> BTreeMap<&'static str, Duration> {
        let since = |(pid, before): &(u32, Duration)| cpu_of(*pid).saturating_sub(*before);
        self.pids.iter().map(|(name, pids)| (*name, pids.iter().map(since).sum())).collect()
    }
}
