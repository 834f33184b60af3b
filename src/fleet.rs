//! The workers of this process, each on a thread of its own, until they are told to end.
//!
//! **Invariant:** a worker that ends for any other reason than being told to ends the process, with
//! the reason; the others still finish what they have begun.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use stream::{Log, LogError, Worker};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::health::Pulse;
use crate::shutdown::{Shutdown, Signals};

/// A worker whose log is away tries again after this long, doubled each time.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_secs(1);

/// How a worker ended by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// What was open has committed, images are complete, the group was left.
    Drained,
    /// The grace was over before that.
    Overdue,
}

/// What a worker's thread tells when it is over.
struct Notice {
    worker: String,
    outcome: anyhow::Result<Ended>,
}

/// The threads at work.
pub(crate) struct Fleet {
    shutdown: Shutdown,
    working: BTreeSet<String>,
    send: UnboundedSender<Notice>,
    notices: UnboundedReceiver<Notice>,
    /// Why the process fails: the first reason.
    failure: Option<anyhow::Error>,
}

impl Fleet {
    /// No workers yet.
    pub(crate) fn new(shutdown: Shutdown) -> Self {
        let (send, notices) = unbounded_channel();
        Self { shutdown, working: BTreeSet::new(), send, notices, failure: None }
    }

    /// Starts a worker on a thread of its own. Where polling its log does not wait, it rests for
    /// `rest` after a step that brought nothing.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(crate) fn start<L: Log + Send + 'static>(
        &mut self,
        name: String,
        worker: Worker<L>,
        pulse: Arc<Pulse>,
        rest: Duration,
    ) -> anyhow::Result<()> {
        // Its text holds the cause already; as a chain it would be told twice.
        let work = move |pulse: &Arc<Pulse>, shutdown: &Shutdown| {
            work(worker, pulse, shutdown, rest).map_err(|error| anyhow!("{error}"))
        };
        self.start_work(name, work, pulse)
    }

    /// Starts any other work on a thread of its own; it ends when the shutdown is asked for.
    ///
    /// # Errors
    /// As for [`Fleet::start`].
    pub(crate) fn start_work(
        &mut self,
        name: String,
        work: impl FnOnce(&Arc<Pulse>, &Shutdown) -> anyhow::Result<Ended> + Send + 'static,
        pulse: Arc<Pulse>,
    ) -> anyhow::Result<()> {
        let (shutdown, send, worker_name) =
            (self.shutdown.clone(), self.send.clone(), name.clone());
        let work = move || {
            let work = AssertUnwindSafe(|| work(&pulse, &shutdown));
            let outcome = match std::panic::catch_unwind(work) {
                Ok(outcome) => outcome,
                Err(_) => Err(anyhow!("it panicked; see the log, and report it as a bug")),
            };
            pulse.end();
            // Nobody listens any more when the process is ending without us.
            drop(send.send(Notice { worker: worker_name, outcome }));
        };
        let thread = std::thread::Builder::new().name(name.clone());
        thread.spawn(work).with_context(|| format!("cannot start a thread for {name}"))?;
        self.working.insert(name);
        Ok(())
    }

    /// Waits until all workers have ended, because of a signal, of each other, or by request.
    ///
    /// # Errors
    /// When one of them failed, the grace was not enough, or a second signal came.
    pub(crate) async fn supervise(mut self, mut signals: Signals) -> anyhow::Result<()> {
        let mut signalled = false;
        while !self.working.is_empty() {
            tokio::select! {
                Some(notice) = self.notices.recv() => self.note(notice),
                signal = signals.next() => {
                    anyhow::ensure!(!signalled, "ended at once by a second signal; the next start replays");
                    signalled = true;
                    tracing::info!(signal, "ending in order; a second signal ends at once");
                    self.shutdown.ask();
                }
                () = self.shutdown.overdue() => break,
            }
        }
        self.finish()
    }

    fn note(&mut self, Notice { worker, outcome }: Notice) {
        match outcome {
            Ok(Ended::Drained) => {
                tracing::info!(worker, "worker ended in order");
                self.working.remove(&worker);
            }
            // It stays among those that had not ended when the grace was over.
            Ok(Ended::Overdue) => {}
            Err(error) => self.fail(&worker, error),
        }
    }

    /// A worker stopped by itself. Workers that stop for one reason say it once.
    fn fail(&mut self, worker: &str, error: anyhow::Error) {
        tracing::debug!(worker, error = format!("{error:#}"), "worker failed; all others end");
        self.working.remove(worker);
        self.failure.get_or_insert(error.context(format!("worker {worker} stopped")));
        self.shutdown.ask();
    }

    fn finish(self) -> anyhow::Result<()> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let late: Vec<_> = self.working.into_iter().collect();
        anyhow::ensure!(
            late.is_empty(),
            "the grace was over before {} had ended; nothing is lost, but the next start replays: raise grace_ms",
            late.join(", ")
        );
        Ok(())
    }
}

/// The life of one worker.
fn work<L: Log>(
    mut worker: Worker<L>,
    pulse: &Pulse,
    shutdown: &Shutdown,
    rest: Duration,
) -> Result<Ended, LogError> {
    let mut retry = RETRY_MIN;
    while !shutdown.is_asked() {
        worker.step()?;
        pulse.stepped(worker.is_caught_up());
        if worker.is_waiting() {
            shutdown.wait(retry);
            retry = (retry * 2).min(RETRY_MAX);
            continue;
        }
        retry = RETRY_MIN;
        if worker.is_idle() && !rest.is_zero() {
            shutdown.wait(rest);
        }
    }
    drain(&mut worker, pulse, shutdown)
}

fn drain<L: Log>(
    worker: &mut Worker<L>,
    pulse: &Pulse,
    shutdown: &Shutdown,
) -> Result<Ended, LogError> {
    while !shutdown.is_overdue() {
        if worker.drain()? {
            return Ok(Ended::Drained);
        }
        pulse.beat();
        if worker.is_waiting() {
            std::thread::sleep(RETRY_MIN);
        }
    }
    Ok(Ended::Overdue)
}

#[cfg(test)]
mod tests {
    use stream::memory::{Cluster, Faults, MemoryLog};
    use stream::{
        Offset, Record, Settings, Store, TopicPartition, Topology, Versions, WorkerEvent,
    };

    use super::*;
    use crate::clock::WallClock;

    struct Panics;

    impl stream::Processor for Panics {
        fn process(&mut self, _: &Record, _: &mut stream::Context<'_>) {
            panic!("on purpose");
        }

        fn stores(&mut self) -> Vec<&mut dyn Store> {
            Vec::new()
        }
    }

    fn topology() -> Arc<Topology> {
        Arc::new(Topology {
            name: Arc::from("test"),
            inputs: vec![Arc::from("in")],
            outputs: Vec::new(),
            versions: Versions { schema: 1, logic: 1 },
            compatible_logic: Vec::new(),
            stateful: false,
            marks: None,
            make: Arc::new(|_| Box::new(Panics)),
        })
    }

    fn worker(log: MemoryLog) -> Worker<MemoryLog> {
        let observer = Box::new(|_: &WorkerEvent<'_>| {});
        Worker::new(log, topology(), Settings::default(), Box::new(WallClock::start()), observer)
    }

    /// Two workers with a partition each.
    fn fleet(cluster: &Cluster, shutdown: &Shutdown) -> Fleet {
        cluster.create_topic("in", 2);
        let mut fleet = Fleet::new(shutdown.clone());
        let logs = ["a", "b"].map(|slot| (slot, cluster.join(&topology(), slot)));
        for (slot, log) in logs {
            let rest = Duration::from_millis(1);
            fleet.start(slot.to_owned(), worker(log), Pulse::new(slot), rest).unwrap();
        }
        fleet
    }

    fn supervise(fleet: Fleet) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { fleet.supervise(Signals::take().unwrap()).await })
    }

    #[test]
    fn workers_that_are_told_to_end_do_so_in_order() {
        let shutdown = Shutdown::new(Duration::from_secs(10));
        let fleet = fleet(&Cluster::new(Faults::default(), 1), &shutdown);
        shutdown.ask();
        supervise(fleet).unwrap();
    }

    #[test]
    fn a_worker_that_panics_ends_the_process_and_the_others_in_order() {
        let (cluster, shutdown) =
            (Cluster::new(Faults::default(), 1), Shutdown::new(Duration::from_secs(10)));
        let fleet = fleet(&cluster, &shutdown);
        let record = Record {
            offset: Offset(0),
            arrival: stream::EventTime(0),
            key: None,
            value: None,
            headers: Vec::new(),
        };
        cluster.produce(&TopicPartition::new("in", 0), record).unwrap();
        let failure = format!("{:#}", supervise(fleet).unwrap_err());
        assert!(failure.contains("stopped: it panicked"), "{failure}");
        assert!(shutdown.is_asked() && !shutdown.is_overdue());
    }

    #[test]
    fn a_worker_that_needs_a_person_says_so() {
        let (cluster, shutdown) =
            (Cluster::new(Faults::default(), 1), Shutdown::new(Duration::from_secs(10)));
        let fleet = fleet(&cluster, &shutdown);
        // A second member takes the slot.
        let _thief = cluster.join(&topology(), "a");
        let failure = format!("{:#}", supervise(fleet).unwrap_err());
        let expected =
            "worker a stopped: slot a was taken by another member; give each worker its own";
        assert_eq!(failure, expected);
    }

    #[test]
    fn a_grace_that_is_not_enough_names_who_had_not_ended() {
        let shutdown = Shutdown::new(Duration::ZERO);
        let fleet = fleet(&Cluster::new(Faults::default(), 1), &shutdown);
        shutdown.ask();
        let failure = format!("{:#}", supervise(fleet).unwrap_err());
        assert!(failure.starts_with("the grace was over before a, b had ended"), "{failure}");
    }
}
