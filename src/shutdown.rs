//! The orderly end: one request that all threads see, one deadline, and the signals that ask.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

/// Tells every thread that the end was asked for; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Shutdown {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    grace: Duration,
    /// When patience ends; `None` until the end was asked for.
    deadline: Mutex<Option<Instant>>,
    /// For threads that wait.
    asked: Condvar,
    /// For tasks that wait.
    notify: Notify,
}

impl Shutdown {
    /// An end that nobody has asked for, and that may take as long as `grace`.
    pub(crate) fn new(grace: Duration) -> Self {
        let (deadline, asked, notify) = (Mutex::new(None), Condvar::new(), Notify::new());
        Self { shared: Arc::new(Shared { grace, deadline, asked, notify }) }
    }

    fn deadline(&self) -> MutexGuard<'_, Option<Instant>> {
        self.shared.deadline.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for the end; asking again changes nothing.
    pub(crate) fn ask(&self) {
        self.deadline().get_or_insert_with(|| Instant::now() + self.shared.grace);
        self.shared.asked.notify_all();
        self.shared.notify.notify_waiters();
    }

    /// True once the end was asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.deadline().is_some()
    }

    /// True once the grace is over.
    pub(crate) fn is_overdue(&self) -> bool {
        self.deadline().is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Sleeps, but not beyond the moment at which the end is asked for.
    pub(crate) fn wait(&self, at_most: Duration) {
        let guard = self.deadline();
        let asked = &self.shared.asked;
        drop(asked.wait_timeout_while(guard, at_most, |deadline| deadline.is_none()));
    }

    /// Waits until the end is asked for.
    pub(crate) async fn asked(&self) {
        let notified = self.shared.notify.notified();
        let mut notified = std::pin::pin!(notified);
        // Registered before looking, or a request in between would be missed.
        notified.as_mut().enable();
        if !self.is_asked() {
            notified.await;
        }
    }

    /// Waits until the end was asked for and the grace is over.
    pub(crate) async fn overdue(&self) {
        self.asked().await;
        let deadline = *self.deadline();
        if let Some(deadline) = deadline {
            tokio::time::sleep_until(deadline.into()).await;
        }
    }
}

/// SIGTERM and SIGINT, as they come.
#[derive(Debug)]
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes over from the default, which is to end at once.
    ///
    /// # Errors
    /// When the system does not let us.
    pub(crate) fn take() -> anyhow::Result<Self> {
        let take = |kind| signal(kind).context("cannot listen to signals");
        Ok(Self {
            terminate: take(SignalKind::terminate())?,
            interrupt: take(SignalKind::interrupt())?,
        })
    }

    /// The name of the next one.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_sleeps_wakes_when_the_end_is_asked_for() {
        let shutdown = Shutdown::new(Duration::from_secs(60));
        let (sleeper, began) = (shutdown.clone(), Instant::now());
        let thread = std::thread::spawn(move || sleeper.wait(Duration::from_secs(60)));
        shutdown.ask();
        thread.join().unwrap();
        assert!(began.elapsed() < Duration::from_secs(30));
        assert!(shutdown.is_asked() && !shutdown.is_overdue());
    }

    #[test]
    fn asking_again_does_not_move_the_deadline() {
        let shutdown = Shutdown::new(Duration::ZERO);
        assert!(!shutdown.is_overdue());
        shutdown.ask();
        shutdown.ask();
        assert!(shutdown.is_overdue());
    }
}
