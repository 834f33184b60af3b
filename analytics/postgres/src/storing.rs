//! The thread that stores, beside the one that reads and decodes.
//!
//! **Invariant:** it does one thing at a time, in the order asked, and answers each. The database is
//! migrated and claimed before the first positions are told.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use stream::{Offset, TopicPartition};

use crate::batch::Batch;
use crate::connect::Database;
use crate::error::SinkError;
use crate::migrate::migrate;
use crate::partitions::{Maintained, Retention};
use crate::source::{Source, claim};
use crate::store::{Outcome, Report, Store, answered};

/// All migrations together take no longer, another process's before ours included.
const MIGRATE: Duration = Duration::from_secs(1_800);

/// What is asked of it.
#[derive(Debug)]
pub(crate) enum Request {
    /// Every position.
    Positions {
        /// The time, for partitions if this is the first request.
        now_ms: i64,
    },
    /// Store this.
    Store(Box<Batch>),
    /// Note where partitions end.
    Ends(Vec<(TopicPartition, Offset)>),
    /// Look after the partitions of tables.
    Maintain {
        /// The time.
        now_ms: i64,
    },
}

/// What it answers.
#[derive(Debug)]
pub(crate) enum Reply {
    Positions(BTreeMap<TopicPartition, Offset>),
    Stored(Report),
    Foreign,
    Noted,
    Maintained(Maintained),
    /// Partitions could not be looked after; nothing else suffers from that for a while.
    NotMaintained(SinkError),
    Failed(SinkError),
}

/// What the thread works with.
#[derive(Debug)]
pub(crate) struct Storing {
    database: Database,
    source: Source,
    retention: Retention,
    store: Store,
    is_prepared: bool,
}

impl Storing {
    pub(crate) fn new(database: &Database, source: Source, retention: Retention) -> Self {
        let (database, store) = (database.clone(), Store::new(database.clone()));
        Self { database, source, retention, store, is_prepared: false }
    }

    /// Works until nobody asks any more.
    pub(crate) fn run(mut self, requests: &Receiver<Request>, replies: &Sender<Reply>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        while let Ok(request) = requests.recv() {
            let reply = match &runtime {
                Ok(runtime) => runtime.block_on(self.answer(request)),
                Err(error) => Err(SinkError::stop(format!("cannot make a runtime: {error}"))),
            };
            if replies.send(reply.unwrap_or_else(Reply::Failed)).is_err() {
                return;
            }
        }
    }

    async fn answer(&mut self, request: Request) -> Result<Reply, SinkError> {
        match request {
            Request::Positions { now_ms } => {
                self.prepare(now_ms).await?;
                self.store.positions().await.map(Reply::Positions)
            }
            Request::Store(batch) => Ok(match self.store.store(&batch).await? {
                Outcome::Stored(report) => Reply::Stored(report),
                Outcome::Foreign => Reply::Foreign,
            }),
            Request::Ends(ends) => self.store.note_ends(&ends).await.map(|()| Reply::Noted),
            Request::Maintain { now_ms } => {
                let maintained = self.store.maintain(now_ms, &self.retention).await;
                Ok(maintained.map_or_else(Reply::NotMaintained, Reply::Maintained))
            }
        }
    }

    async fn prepare(&mut self, now_ms: i64) -> Result<(), SinkError> {
        if !self.is_prepared {
            let database = &self.database;
            answered("cannot migrate", database, MIGRATE, migrate(database)).await?;
            let claimed = claim(database, self.source);
            answered("cannot prepare", database, database.patience(), claimed).await?;
            self.store.maintain(now_ms, &self.retention).await?;
            self.is_prepared = true;
        }
        Ok(())
    }
}
