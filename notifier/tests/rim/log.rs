//! A log of one partition, in memory, that keeps positions and results beyond a notifier's life.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use notifier::config::NotifierConfig;
use notifier::result::outcome_name;
use notifier::{Came, Control, Event, Observe, Reader, Results, Settings, Work};
use schemas::envelope::Envelope;
use schemas::notification::Notification;
use schemas::signal::Signal;
use stream::{EventTime, LogError, Offset, Reaction, Record, TopicPartition};

/// What lasts.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    records: Vec<Record>,
    pub(crate) committed: Option<(Offset, String)>,
    pub(crate) results: Vec<Envelope<Signal>>,
    /// Results cannot be written.
    pub(crate) is_full: bool,
}

/// The log, to be shared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Kept>>);

pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

impl Log {
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }

    pub(crate) fn write(&self, told: &Envelope<Notification>) {
        self.write_at(told, now_ms());
    }

    pub(crate) fn write_at(&self, told: &Envelope<Notification>, at_ms: i64) {
        let mut kept = self.kept();
        // Offsets have gaps, as transactions leave them.
        let offset = Offset(i64::try_from(kept.records.len()).unwrap() * 2);
        let value = Some(schemas::codec::encode(told).unwrap());
        let arrival = EventTime(at_ms);
        kept.records.push(Record { offset, arrival, key: None, value, headers: Vec::new() });
    }

    /// What came of notifications: receiver, outcome, key.
    pub(crate) fn outcomes(&self) -> Vec<(String, &'static str, String)> {
        let kept = self.kept();
        let all = kept.results.iter().map(|result| result.data.delivery.as_ref().unwrap());
        let told = |of: &schemas::delivery::Delivery| {
            (of.receiver.clone(), outcome_name(of.outcome), of.key.to_string())
        };
        all.map(told).collect()
    }
}

struct LogReader {
    log: Log,
    next: Option<i64>,
    is_assigned: bool,
}

fn input() -> TopicPartition {
    TopicPartition::new("isobar.notifications", 0)
}

impl Reader for LogReader {
    fn poll(&mut self, records_max: usize, _: Duration) -> Result<Came, LogError> {
        if !std::mem::replace(&mut self.is_assigned, true) {
            return Ok(Came::Assigned(vec![input()]));
        }
        let Some(next) = self.next else { return Ok(Came::Nothing) };
        let kept = self.log.kept();
        let records = kept.records.iter().filter(|record| record.offset.0 >= next);
        let records: Vec<_> = records.take(records_max).cloned().collect();
        drop(kept);
        let Some(last) = records.last() else {
            std::thread::sleep(Duration::from_millis(2));
            return Ok(Came::Nothing);
        };
        let next = last.offset.0 + 2;
        self.next = Some(next);
        Ok(Came::Records {
            records: vec![(input(), records)],
            reached: vec![(input(), Offset(next))],
        })
    }

    fn committed(&mut self, _: &TopicPartition) -> Result<Option<(Offset, String)>, LogError> {
        Ok(self.log.kept().committed.clone())
    }

    fn start(&mut self, _: &TopicPartition, at: Offset) -> Result<Offset, LogError> {
        self.next = Some(at.0);
        Ok(at)
    }

    fn stop(&mut self, _: &[TopicPartition]) -> Result<(), LogError> {
        self.next = None;
        Ok(())
    }

    fn commit(&mut self, at: &[(TopicPartition, Offset, String)], _: bool) -> Result<(), LogError> {
        for (_, offset, metadata) in at {
            self.log.kept().committed = Some((*offset, metadata.clone()));
        }
        Ok(())
    }

    fn leave(&mut self) {}
}

impl Results for Log {
    fn write(&mut self, results: &[Envelope<Signal>]) -> Result<(), LogError> {
        let mut kept = self.kept();
        if kept.is_full {
            return Err(LogError::new(Reaction::Retry, "there is no room"));
        }
        kept.results.extend_from_slice(results);
        Ok(())
    }
}

struct Asked(Arc<AtomicBool>);

impl Control for Asked {
    fn is_asked_to_end(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn is_overdue(&self) -> bool {
        false
    }
}

/// What happened, as text.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Vec<String>>>);

impl Observe for Noted {
    fn observe(&mut self, event: &Event<'_>) {
        if !matches!(event, Event::Turned { .. } | Event::Queue { .. } | Event::Told(_)) {
            self.0.lock().unwrap().push(format!("{event:?}"));
        }
    }
}

/// A notifier on a thread.
pub(crate) struct Running {
    asked: Arc<AtomicBool>,
    noted: Noted,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(log: &Log, config: &NotifierConfig) -> Self {
        let (asked, noted) = (Arc::new(AtomicBool::new(false)), Noted::default());
        let (control, mut observe) = (Asked(Arc::clone(&asked)), noted.clone());
        let settings = Settings { config: config.clone(), drain: Duration::from_secs(5) };
        let (log, mut results) = (log.clone(), log.clone());
        let thread = std::thread::spawn(move || {
            let mut reader = LogReader { log, next: None, is_assigned: false };
            let work = Work::new((&mut reader, &mut results), &settings, &control, &mut observe);
            work.unwrap().run().unwrap();
        });
        Self { asked, noted, thread: Some(thread) }
    }

    /// What happened so far that holds this text.
    pub(crate) fn noted(&self, text: &str) -> usize {
        self.noted.0.lock().unwrap().iter().filter(|line| line.contains(text)).count()
    }

    /// It ends in order.
    pub(crate) fn end(mut self) {
        self.asked.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.asked.store(true, Ordering::Relaxed);
    }
}

/// Until it is so.
#[track_caller]
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(std::time::Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
