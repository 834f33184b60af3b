//! The receivers outside: they take notifications, fail and hang by seed, and keep a ledger of what came.
//!
//! **Invariants:** a request is in the ledger before it is answered, so what a notifier believes to be
//! delivered is there. What a request gets depends on the seed, its key and how often that key came, so no
//! order of arrival changes it. The ledger is held against one undisturbed reading of the signals; nothing
//! that a notifier says of itself decides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use schemas::alert::AlertState;
use schemas::id::Hash128;
use schemas::notification::{Member, Notification};
use serde::Serialize;
use serde_json::Value;

use crate::oracle::Differences;
use crate::receiver::{Answer, Receiver, Request};
use crate::signals::is_to_be_quiet;

/// An attempt ends after this: as soon as the configuration allows.
const TIMEOUT: Duration = Duration::from_secs(1);
/// A receiver that hangs does so for longer than an attempt.
const HANG: Duration = Duration::from_secs(2);

/// What was delivered, and how that differs from what there was to deliver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Delivered {
    /// Requests that came.
    pub requests: u64,
    /// Keys that were taken.
    pub taken: u64,
    /// Keys that were taken more than once.
    pub repeated: u64,
    /// Notifications that were never taken.
    pub undelivered: u64,
    /// Keys that came with two contents, or with one that is not their notification's.
    pub differing: u64,
    /// Keys that no notification of the undisturbed reading has, or that came to another receiver.
    pub unknown: u64,
    /// Keys whose content tells of what is silenced or inhibited.
    pub unquiet: u64,
}

impl Delivered {
    /// For the closing line.
    pub(super) fn words(&self) -> String {
        let Self { requests, taken, repeated, undelivered, differing, unknown, unquiet } = self;
        format!(
            " requests={requests} taken={taken} repeated={repeated} undelivered={undelivered} differing={differing} unknown={unknown} unquiet={unquiet}"
        )
    }
}

/// The name of a receiver, and the key it was told with.
pub(super) type Name = (String, String);

/// What there was to tell.
type Due<'a> = BTreeMap<Name, &'a Notification>;

/// What is known of one key at one receiver.
#[derive(Debug, Default)]
struct Seen {
    requests: u32,
    taken: u32,
    /// The content it came with first.
    body: Vec<u8>,
    /// Another one it came with.
    other: Option<Vec<u8>>,
}

#[derive(Debug, Default)]
struct Book(BTreeMap<Name, Seen>);

impl Book {
    fn note(&mut self, request: &Request, answer: impl FnOnce(u32) -> Answer) -> Answer {
        let receiver = request.path.trim_start_matches('/').to_owned();
        let seen = self.0.entry((receiver, request.key().to_owned())).or_default();
        if seen.requests == 0 {
            seen.body.clone_from(&request.body);
        } else if seen.body != request.body {
            seen.other = Some(request.body.clone());
        }
        let answer = answer(seen.requests);
        seen.requests += 1;
        seen.taken += u32::from(matches!(answer, Answer::Say(200..=299, ..)));
        answer
    }
}

/// All receivers, at one address and each under a path of its own.
#[derive(Debug)]
pub(super) struct Ledger {
    receiver: Receiver,
    book: Arc<Mutex<Book>>,
}

impl Ledger {
    pub(super) fn open(seed: u64) -> anyhow::Result<Self> {
        let book = Arc::<Mutex<Book>>::default();
        let written = Arc::clone(&book);
        let receiver = Receiver::start(move |request| {
            let answer = |attempt| answer(seed, request.key(), attempt);
            locked(&written).note(request, answer)
        })?;
        Ok(Self { receiver, book })
    }

    /// The part of the configuration file that names these receivers.
    pub(super) fn section(&self, receivers: &[String]) -> String {
        let url = |name: &String| (name.clone(), format!("{}/{name}", self.receiver.url()));
        section(TIMEOUT, receivers.iter().map(url))
    }

    /// How many keys were taken.
    pub(super) fn taken(&self) -> usize {
        locked(&self.book).0.values().filter(|seen| seen.taken > 0).count()
    }

    /// Whether each of these was taken.
    pub(super) fn has_all(&self, names: &BTreeSet<Name>) -> bool {
        let book = locked(&self.book);
        names.iter().all(|name| book.0.get(name).is_some_and(|seen| seen.taken > 0))
    }

    /// Holds it against the notifications there had to be.
    pub(super) fn check(&self, due: &[Notification], differences: &mut Differences) -> Delivered {
        let due: Due<'_> = due.iter().map(|of| (name_of(of), of)).collect();
        locked(&self.book).check(&due, differences)
    }
}

impl Book {
    fn check(&self, due: &Due<'_>, differences: &mut Differences) -> Delivered {
        let none = BTreeMap::new();
        let is_taken = |name: &Name| self.0.get(name).is_some_and(|seen| seen.taken > 0);
        let undelivered = once(due.keys().filter(|name| !is_taken(name)));
        differences.counted("delivery of", &undelivered, &none);
        let unknown = once(self.0.keys().filter(|name| !due.contains_key(*name)));
        differences.counted("delivery of what nobody was to be told,", &none, &unknown);
        let unquiet =
            once(self.0.iter().filter(|(_, seen)| seen.is_unquiet()).map(|(name, _)| name));
        differences.counted("delivery of what was to be quiet,", &none, &unquiet);
        let (meant, came) = self.differing(due);
        differences.same("content of the delivery of", &meant, &came);
        Delivered {
            requests: self.0.values().map(|seen| u64::from(seen.requests)).sum(),
            taken: self.0.values().filter(|seen| seen.taken > 0).count() as u64,
            repeated: self.0.values().filter(|seen| seen.taken > 1).count() as u64,
            undelivered: undelivered.len() as u64,
            differing: meant.len() as u64,
            unknown: unknown.len() as u64,
            unquiet: unquiet.len() as u64,
        }
    }

    /// Keys with two contents, and keys whose content tells of other alerts than their notification.
    fn differing(&self, due: &Due<'_>) -> (BTreeMap<&Name, String>, BTreeMap<&Name, String>) {
        let (mut meant, mut came) = (BTreeMap::new(), BTreeMap::new());
        for (name, seen) in &self.0 {
            let told = due.get(name).map_or_else(|| seen.alerts(), |told| alerts_of(told));
            if let Some(other) = &seen.other {
                meant.insert(name, text(&seen.body));
                came.insert(name, text(other));
            } else if told != seen.alerts() {
                meant.insert(name, told.join(" "));
                came.insert(name, seen.alerts().join(" "));
            }
        }
        (meant, came)
    }
}

impl Seen {
    fn payload(&self) -> Vec<Value> {
        let payload: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        payload.get("alerts").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// The alerts that it tells of, as far as they can be known without the code that writes it.
    fn alerts(&self) -> Vec<String> {
        let word = |alert: &Value, name: &str| {
            alert.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let alert = |alert: &Value| word(alert, "fingerprint") + "/" + &word(alert, "status");
        self.payload().iter().map(alert).collect()
    }

    fn is_unquiet(&self) -> bool {
        let label = |alert: &Value, name: &str| {
            let label = alert.get("labels").and_then(|labels| labels.get(name));
            label.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let is_unquiet =
            |of: &Value| is_to_be_quiet(&label(of, "service"), &label(of, "alertname"));
        self.payload().iter().any(is_unquiet)
    }
}

/// The same of a notification.
fn alerts_of(told: &Notification) -> Vec<String> {
    let status = |state| if state == AlertState::Resolved { "resolved" } else { "firing" };
    let alert = |of: &Member| format!("{}/{}", of.fingerprint, status(of.state));
    told.members.iter().map(alert).collect()
}

fn once<'a>(names: impl Iterator<Item = &'a Name>) -> BTreeMap<&'a Name, u64> {
    names.map(|name| (name, 1)).collect()
}

fn locked(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// By what a notification is known where it arrives.
pub(super) fn name_of(told: &Notification) -> Name {
    (told.receiver.clone(), told.delivery_key.to_string())
}

/// Now and then it fails, closes the connection, or hangs for longer than an attempt may take. A hang keeps
/// its receiver busy for all of [`TIMEOUT`], so there are few.
fn answer(seed: u64, key: &str, attempt: u32) -> Answer {
    let parts = [&seed.to_string(), key, &attempt.to_string()];
    match Hash128::of("loadtest.answer", &parts).as_u128() % 1_000 {
        0 => Answer::Hang(HANG),
        1..6 => Answer::Close,
        6..30 => Answer::of(500, "not now"),
        _ => Answer::of(200, ""),
    }
}

/// The section `notifier` of a configuration file, for webhooks at these addresses.
pub fn section(timeout: Duration, urls: impl Iterator<Item = (String, String)>) -> String {
    let entry = |(name, url)| format!("    {name}:\n      webhook: {{url: '{url}'}}\n");
    let entries: String = urls.map(entry).collect();
    format!("notifier:\n  timeout: {}s\n  receivers:\n{entries}", timeout.as_secs())
}

fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

#[cfg(test)]
mod tests {
    use schemas::alert::Level;
    use schemas::envelope::Extra;
    use schemas::id::{AlertId, Fingerprint, RecordId};
    use schemas::notification::{Channel, Occasion};

    use super::*;

    fn told(number: u32) -> Notification {
        let labels: BTreeMap<_, _> = [("service".to_owned(), format!("s{number}"))].into();
        let fingerprint = Fingerprint::of("t", "r", &labels);
        let key = RecordId::of("test", &[&number.to_string()]);
        let member = Member {
            alert: AlertId::of("t", fingerprint, key),
            fingerprint,
            state: AlertState::Firing,
            level: Level::Critical,
            rule: "r".to_owned(),
            title: String::new(),
            reason: String::new(),
            labels,
            starts_at_ms: 0,
            ends_at_ms: None,
            extra: Extra::new(),
        };
        Notification {
            delivery_key: key,
            receiver: "ops".to_owned(),
            channel: Channel::Webhook,
            what: Occasion::Firing,
            step: 0,
            level: Level::Critical,
            title: String::new(),
            text: String::new(),
            incident: None,
            alerts: vec![member.alert],
            group: None,
            members: vec![member],
            left_out: 0,
            extra: Extra::new(),
        }
    }

    /// A request as a notifier makes it, about a service by the rule `r`.
    fn request(path: &str, told: &Notification, service: &str) -> Request {
        let fingerprint = told.members[0].fingerprint;
        let labels = format!(r#"{{"alertname":"r","service":"{service}"}}"#);
        let alert =
            format!(r#"{{"status":"firing","fingerprint":"{fingerprint}","labels":{labels}}}"#);
        let key = told.delivery_key.to_string();
        Request {
            number: 0,
            path: path.to_owned(),
            headers: [("idempotency-key".to_owned(), key)].into(),
            body: format!(r#"{{"alerts":[{alert}]}}"#).into_bytes(),
            is_taken: false,
        }
    }

    /// What the ledger says after these requests, each with the status it got, of notifications 0 and 1.
    fn said(requests: &[(Request, u16)]) -> (Delivered, [u64; 3]) {
        let (mut book, mut differences) = (Book::default(), Differences::default());
        for (request, status) in requests {
            book.note(request, |_| Answer::of(*status, ""));
        }
        let all = [told(0), told(1)];
        let due = all.iter().map(|of| (name_of(of), of)).collect();
        let delivered = book.check(&due, &mut differences);
        let Differences { lost, duplicated, different, .. } = differences;
        (delivered, [lost, duplicated, different])
    }

    #[test]
    fn each_fault_is_counted_and_is_a_difference() {
        let well =
            || vec![(request("/ops", &told(0), "a"), 200), (request("/ops", &told(1), "a"), 200)];
        let and = |more: (Request, u16)| said(&[well(), vec![more]].concat());
        let (delivered, differences) = said(&well());
        assert_eq!((delivered.requests, delivered.taken, delivered.repeated), (2, 2, 0));
        assert_eq!(differences, [0, 0, 0]);
        let (delivered, differences) = and((request("/ops", &told(1), "a"), 200));
        assert_eq!((delivered.repeated, differences), (1, [0, 0, 0]));
        let (delivered, differences) = said(&[well()[0].clone(), (well()[1].0.clone(), 500)]);
        assert_eq!((delivered.undelivered, differences), (1, [1, 0, 0]));
        let (delivered, differences) = and((request("/ops", &told(1), "b"), 500));
        assert_eq!(
            (delivered.differing, differences),
            (1, [0, 0, 1]),
            "another content, not taken"
        );
        let (delivered, differences) = and((request("/boss", &told(1), "a"), 200));
        assert_eq!((delivered.unknown, differences), (1, [0, 1, 0]), "another receiver");
        let (delivered, differences) = and((request("/ops", &told(2), "a"), 200));
        assert_eq!((delivered.unknown, differences), (1, [0, 1, 0]), "a key nobody knows");
        let mut mixed = well();
        mixed[0].0.body = well()[1].0.body.clone();
        let (delivered, differences) = said(&mixed);
        assert_eq!(
            (delivered.differing, differences),
            (1, [0, 0, 1]),
            "the content of another key"
        );
        for (service, unquiet) in [("quiet", 1), ("down-1", 1), ("quieter", 0)] {
            let quiet = [(request("/ops", &told(0), service), 200), well()[1].clone()];
            let (delivered, differences) = said(&quiet);
            assert_eq!((delivered.unquiet, differences), (unquiet, [0, unquiet, 0]), "{service}");
        }
    }

    #[test]
    fn answers_depend_on_the_seed_and_are_of_every_kind() {
        let kinds = |seed: u64| -> Vec<Answer> {
            (0..5_000).map(|key: u32| answer(seed, &key.to_string(), 0)).collect()
        };
        assert_eq!(kinds(1), kinds(1));
        assert_ne!(kinds(1), kinds(2));
        let all = kinds(1);
        let count = |of: &Answer| all.iter().filter(|answer| *answer == of).count();
        let not_taken = [Answer::Hang(HANG), Answer::Close, Answer::of(500, "not now")];
        assert!(not_taken.iter().all(|of| count(of) > 0));
        assert!(count(&Answer::of(200, "")) > 4_700, "mostly they are well");
    }
}
