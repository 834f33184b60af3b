//! What is known of the workers' health, for probes.
//!
//! **Invariant:** alive means that the loops move, whatever is outside; a broker that is away makes
//! a process not ready, and never makes it be restarted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use stream::{Observer, WorkerEvent};

use crate::events::Outage;
use crate::shutdown::Shutdown;

/// The pulse of one worker: written by its thread, read by probes.
#[derive(Debug)]
pub(crate) struct Pulse {
    name: String,
    origin: Instant,
    beat_ms: AtomicU64,
    joined: AtomicBool,
    caught_up: AtomicBool,
    ended: AtomicBool,
    /// What else keeps it from its work.
    blocked: Mutex<Option<String>>,
}

impl Pulse {
    /// The pulse of a worker that is about to start.
    pub(crate) fn new(name: &str) -> Arc<Self> {
        Arc::new(Self {
            name: name.to_owned(),
            origin: Instant::now(),
            beat_ms: AtomicU64::new(0),
            joined: AtomicBool::new(false),
            caught_up: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            blocked: Mutex::new(None),
        })
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The loop has moved.
    pub(crate) fn beat(&self) {
        self.beat_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// After a step: whether all tasks are restored and have replayed.
    pub(crate) fn stepped(&self, caught_up: bool) {
        self.caught_up.store(caught_up, Ordering::Relaxed);
        self.beat();
    }

    /// What keeps it from its work, if anything does.
    pub(crate) fn blocked(&self, why: Option<String>) {
        *self.blocked.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// The loop is over, in whatever way.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// How long the loop has not moved.
    fn still(&self) -> Duration {
        Duration::from_millis(
            self.now_ms() - self.beat_ms.load(Ordering::Relaxed).min(self.now_ms()),
        )
    }

    fn not_ready(&self, outage: &Outage) -> Option<String> {
        let name = &self.name;
        if self.ended.load(Ordering::Relaxed) {
            return Some(format!("{name} has ended"));
        }
        if let Some(why) = outage.why(name) {
            return Some(format!("{name} cannot reach the log: {why}"));
        }
        if !self.joined.load(Ordering::Relaxed) {
            return Some(format!("{name} has not joined its group yet"));
        }
        let blocked = self.blocked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = &*blocked {
            return Some(format!("{name} {why}"));
        }
        let caught_up = self.caught_up.load(Ordering::Relaxed);
        (!caught_up).then(|| format!("{name} restores its state"))
    }
}

impl Observer for &Pulse {
    fn observe(&mut self, event: &WorkerEvent<'_>) {
        match event {
            WorkerEvent::Assigned(_) => self.joined.store(true, Ordering::Relaxed),
            WorkerEvent::Yielded(_) | WorkerEvent::Lost(_) => {
                self.joined.store(false, Ordering::Relaxed);
            }
            _ => {}
        }
        self.beat();
    }
}

/// The health of all workers.
#[derive(Debug)]
pub(crate) struct Health {
    pulses: Vec<Arc<Pulse>>,
    outage: Arc<Outage>,
    shutdown: Shutdown,
    stall: Duration,
}

impl Health {
    /// Watches these; one that does not move for `stall` is stuck.
    pub(crate) fn new(
        pulses: Vec<Arc<Pulse>>,
        outage: Arc<Outage>,
        shutdown: Shutdown,
        stall: Duration,
    ) -> Self {
        Self { pulses, outage, shutdown, stall }
    }

    /// Why the process should be restarted; empty while it is alive.
    pub(crate) fn stuck(&self) -> Vec<String> {
        let running = self.pulses.iter().filter(|pulse| !pulse.ended.load(Ordering::Relaxed));
        let stuck =
            running.map(|pulse| (pulse, pulse.still())).filter(|(_, still)| *still > self.stall);
        stuck
            .map(|(pulse, still)| format!("{} has not moved for {still:.1?}", pulse.name))
            .collect()
    }

    /// Why the process is not ready; empty when it is.
    pub(crate) fn not_ready(&self) -> Vec<String> {
        if self.shutdown.is_asked() {
            return vec!["the process is ending".to_owned()];
        }
        self.pulses.iter().filter_map(|pulse| pulse.not_ready(&self.outage)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health_of(pulse: &Arc<Pulse>, shutdown: &Shutdown, stall: Duration) -> Health {
        Health::new(vec![Arc::clone(pulse)], Arc::default(), shutdown.clone(), stall)
    }

    #[test]
    fn a_worker_is_ready_once_joined_and_caught_up() {
        let pulse = Pulse::new("w-0");
        let shutdown = Shutdown::new(Duration::ZERO);
        let health = health_of(&pulse, &shutdown, Duration::from_secs(10));
        let mut observer = &*pulse;
        assert_eq!(health.not_ready(), ["w-0 has not joined its group yet"]);
        observer.observe(&WorkerEvent::Assigned(&[]));
        assert_eq!(health.not_ready(), ["w-0 restores its state"]);
        pulse.stepped(true);
        assert!(health.not_ready().is_empty());
        observer.observe(&WorkerEvent::Lost(&[]));
        assert_eq!(health.not_ready(), ["w-0 has not joined its group yet"]);
        assert!(health.stuck().is_empty());
        shutdown.ask();
        assert_eq!(health.not_ready(), ["the process is ending"]);
    }

    #[test]
    fn a_loop_that_does_not_move_is_stuck_until_it_has_ended() {
        let pulse = Pulse::new("w-0");
        let health = health_of(&pulse, &Shutdown::new(Duration::ZERO), Duration::ZERO);
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(health.stuck().len(), 1);
        pulse.end();
        assert!(health.stuck().is_empty());
    }
}
