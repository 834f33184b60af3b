//! The sink and its Postgres, killed beside the workers.
//!
//! **Invariant:** rows are read only when everything is up again and the sink has stored the last record
//! of every partition.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::ensure;
use schemas::topic;

use super::report::KillArgs;
use crate::cluster::Cluster;
use crate::database::{Database, Sink};
use crate::windows::rows::{self, Rows};

/// The time of the records is the generator's, years away from now: no row may be too old to stay.
const SETTINGS: [&str; 2] =
    ["--retention-days", "1m=36500,5m=36500,15m=36500,1h=36500,1d=36500,records=36500"];

pub(super) struct Stored {
    database: Database,
    sink: Option<Sink>,
    /// When what was killed comes back.
    sink_back: Option<Instant>,
    database_back: Option<Instant>,
    binary: PathBuf,
    brokers: String,
    dir: PathBuf,
}

impl Stored {
    /// Starts both, if the sink is to be killed at all.
    pub(super) fn start(
        binary: &Path,
        cluster: &Cluster,
        dir: &Path,
        arguments: &KillArgs,
    ) -> anyhow::Result<Option<Self>> {
        if arguments.sink_kills == 0 {
            return Ok(None);
        }
        cluster.create_other_topics(arguments.service)?;
        let mut stored = Self {
            database: Database::start(&dir.join("postgres"))?,
            sink: None,
            sink_back: None,
            database_back: None,
            binary: binary.to_owned(),
            brokers: cluster.settings.brokers.clone(),
            dir: dir.to_owned(),
        };
        stored.start_sink()?;
        Ok(Some(stored))
    }

    fn start_sink(&mut self) -> anyhow::Result<()> {
        let sink = Sink::start(&self.binary, &self.brokers, &self.database, &self.dir, &SETTINGS)?;
        self.sink = Some(sink);
        Ok(())
    }

    /// Brings back what has been away for long enough. A sink whose database is gone has to wait for it.
    pub(super) fn mend(&mut self) -> anyhow::Result<()> {
        let now = Instant::now();
        if self.sink_back.take_if(|at| *at <= now).is_some() {
            self.start_sink()?;
        }
        if self.database_back.take_if(|at| *at <= now).is_some() {
            self.database.up()?;
        }
        self.sink.as_mut().map_or(Ok(()), Sink::check)
    }

    /// `kill -9`; `false` where it is down already.
    pub(super) fn kill_sink(&mut self, rest: Duration) -> bool {
        let was_up = self.sink.take().is_some();
        if was_up {
            self.sink_back = Some(Instant::now() + rest);
        }
        was_up
    }

    /// The same of Postgres and all its processes.
    pub(super) fn kill_database(&mut self, rest: Duration) -> anyhow::Result<bool> {
        if self.database_back.is_some() {
            return Ok(false);
        }
        self.database.kill()?;
        self.database_back = Some(Instant::now() + rest);
        Ok(true)
    }

    /// What is stored in the end.
    pub(super) fn rows(&mut self, cluster: &Cluster, patience: Duration) -> anyhow::Result<Rows> {
        let deadline = Instant::now() + patience;
        loop {
            self.mend()?;
            let is_up = self.sink.is_some() && self.database_back.is_none();
            if is_up && self.has_all(cluster)? {
                return rows::stored(&self.database);
            }
            ensure!(Instant::now() < deadline, "the sink did not store all within {patience:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn has_all(&self, cluster: &Cluster) -> anyhow::Result<bool> {
        for of in [topic::AGGREGATES.name, topic::SERIES.name] {
            let last = |(partition, records): (i32, Vec<stream::Record>)| {
                Some((partition, records.last()?.offset.0))
            };
            let lasts = cluster.partitions(of)?.into_iter().filter_map(last).collect();
            if !rows::has_all(&self.database, of, &lasts)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
