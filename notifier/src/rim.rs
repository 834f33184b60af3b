//! The part that reads clocks, waits and talks: the log on one side, receivers on the other.
//!
//! **Invariant:** a receiver has a thread of its own, so one that hangs holds up nobody else; all they have
//! in common is the thread that reads the log, and it never waits for a receiver.

#![expect(clippy::disallowed_methods, reason = "here clocks are read")]

mod http;
mod mail;
mod thread;
mod work;
mod world;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use crate::breaker::BreakerState;
pub use work::{Settings, Work};
pub use world::{Came, Control, Event, Observe, Reader, Results};

use crate::channel::Outgoing;
use crate::config::Receiver;
use crate::verdict::Verdict;
use http::Http;

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// What sends to one receiver.
#[derive(Debug)]
struct Sender {
    receiver: Receiver,
    http: Http,
    timeout: Duration,
}

impl Sender {
    fn new(receiver: &Receiver, timeout: Duration) -> Self {
        Self { receiver: receiver.clone(), http: Http::new(timeout), timeout }
    }

    fn send(&self, outgoing: &Outgoing) -> Verdict {
        match (outgoing, &self.receiver) {
            (Outgoing::Http(request), receiver) => self.http.post(receiver.channel(), request),
            (Outgoing::Mail(mail), Receiver::Email(to)) => mail::send(to, mail, self.timeout),
            (Outgoing::Mail(_), _) => {
                Verdict::Refused { why: "a mail for a receiver that takes none".to_owned() }
            }
        }
    }
}

/// Sends once, and says what came of it.
#[must_use]
pub fn send_once(receiver: &Receiver, outgoing: &Outgoing, timeout: Duration) -> Verdict {
    Sender::new(receiver, timeout).send(outgoing)
}
