//! The sink: reads, decodes and folds on one thread while another stores.
//!
//! **Invariant:** a batch is sent only behind the one before it, and expects the position that one moves to.
//! After any error, and whenever somebody else has moved a position, everything in memory is dropped, the
//! positions are read again, and reading goes on from them: nothing is guessed.

mod gathering;
mod observe;
mod pace;
mod work;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::connect::Database;
use crate::error::SinkError;
use crate::partitions::Retention;
use crate::reader::Reader;
use crate::source::Source;
use crate::storing::{Reply, Request, Storing};

pub use observe::{Event, Observe};

use work::Work;

/// What a sink is told from outside.
pub trait Control {
    /// True once it is to store what is at hand and end.
    fn is_asked_to_end(&self) -> bool;

    /// True once it may not even take the time for that.
    fn is_overdue(&self) -> bool;

    /// The time, by which partitions of tables are made and dropped.
    fn now_ms(&self) -> i64;
}

/// How much is stored at once, and how soon.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A batch is stored with this many records.
    pub records_max: usize,
    /// A batch is stored when its first record is this old.
    pub linger: Duration,
    /// Which log it is.
    pub source: Source,
    /// How long rows stay.
    pub retention: Retention,
}

impl Settings {
    /// What the measurements are made with.
    #[must_use]
    pub fn new(source: Source) -> Self {
        let (records_max, linger) = (20_000, Duration::from_millis(200));
        Self { records_max, linger, source, retention: Retention::default() }
    }
}

/// Runs until told to end.
///
/// # Errors
/// When a person has to act: at the log, or at the database.
pub fn run(
    reader: &mut dyn Reader,
    database: &Database,
    settings: &Settings,
    control: &dyn Control,
    observe: &mut dyn Observe,
) -> Result<(), SinkError> {
    let storing = Storing::new(database, settings.source, settings.retention);
    std::thread::scope(|scope| {
        let (requests, asked): (Sender<Request>, Receiver<Request>) = channel();
        let (replies, answers): (Sender<Reply>, Receiver<Reply>) = channel();
        let thread = std::thread::Builder::new().name("postgres-store".to_owned());
        let spawned = thread.spawn_scoped(scope, move || storing.run(&asked, &replies));
        spawned.map_err(|error| SinkError::stop(format!("cannot start a thread: {error}")))?;
        Work::new(reader, settings, control, observe, (requests, answers)).run()
    })
}
