//! Settings passed on to the Kafka client, some of which are secrets.

use std::collections::BTreeMap;
use std::fmt;

use kafka_runtime::{KafkaSettings, check_settings, client};

use super::Given;
use super::file::expand;

/// A text that is never shown. Which of the client's settings are secrets only the client knows, so
/// all are treated as such.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// The texts themselves, for the client and for nobody else.
pub(super) fn revealed(client: &BTreeMap<String, Secret>) -> BTreeMap<String, String> {
    client.iter().map(|(name, secret)| (name.clone(), secret.0.clone())).collect()
}

/// What the file's section and `--set` come to; a flag wins.
pub(super) fn resolve(flags: &[String], given: &mut Given<'_>) -> BTreeMap<String, Secret> {
    let mut client = BTreeMap::new();
    let environment = given.environment();
    for field in given.take_client() {
        match field.secret(environment) {
            Ok(text) => {
                check(&field.name, &text, &field.place, given);
                client.insert(field.name, Secret(text));
            }
            Err(problem) => given.problem(problem),
        }
    }
    for flag in flags {
        let place = "--set";
        let Some((name, text)) = flag.split_once('=').filter(|(name, _)| !name.is_empty()) else {
            given.problem(format!("{place} {flag}: give KEY=VALUE"));
            continue;
        };
        match expand(text, environment) {
            Ok(text) => {
                check(name, &text, place, given);
                client.insert(name.to_owned(), Secret(text));
            }
            Err(why) => given.problem(format!("{place} {name}: {why}")),
        }
    }
    client
}

/// Asks the runtime whether a guarantee would be lost, and the client whether it knows this.
fn check(name: &str, text: &str, place: &str, given: &mut Given<'_>) {
    let one = BTreeMap::from([(name.to_owned(), text.to_owned())]);
    if let Err(refused) = check_settings(&one) {
        refused.iter().for_each(|refused| given.problem(format!("{place}: {refused}")));
        return;
    }
    let settings = KafkaSettings { client: one, ..KafkaSettings::new("localhost") };
    if client::base(&settings).create_native_config().is_err() {
        // The client's own words may hold the value, so they are not repeated.
        given.problem(format!(
            "{place}: the Kafka client does not take {name}, or not this value; see librdkafka's CONFIGURATION.md"
        ));
    }
}
