//! Notifications and receivers.

use std::time::Duration;

use notifier::channel::{Telling, render};
use notifier::config::{Endpoint, Receiver, Secret};
use notifier::verdict::Verdict;
use schemas::envelope::Envelope;
use schemas::id::RecordId;
use schemas::notification::{Channel, Notification};

/// The `number`th notification of a group, to a receiver.
pub(crate) fn told(receiver: &str, group: &str, number: u32) -> Envelope<Notification> {
    let key = RecordId::of("test", &[receiver, group, &number.to_string()]);
    let group_id = RecordId::of("group", &[group]);
    let what = if number.is_multiple_of(2) { "firing" } else { "resolved" };
    let text = format!(
        r#"{{"specversion":"1.0","type":"isobar.notification","schemaversion":"1.1","id":"{key}","source":"isobar.correlator","time":"2026-03-01T12:05:00.250Z","arrivaltime":"2026-03-01T12:05:01.000Z","tenant":"acme","sourceclass":"finding","data":{{"delivery_key":"{key}","receiver":"{receiver}","channel":"webhook","what":"{what}","step":0,"level":"critical","title":"{group} {number}","text":"","alerts":[],"group":{{"id":"{group_id}","route":"{group}","sequence":{number}}}}}}}"#
    );
    schemas::codec::decode(text.as_bytes()).unwrap()
}

/// A receiver at this address.
pub(crate) fn receiver(channel: Channel, url: &str) -> Receiver {
    let endpoint = Endpoint { url: Secret::new(url), bearer_token: None };
    match channel {
        Channel::Slack => Receiver::Slack(endpoint),
        Channel::Teams => Receiver::Teams(endpoint),
        _ => Receiver::Webhook(endpoint),
    }
}

/// Sends one notification once.
pub(crate) fn send(receiver: &Receiver, timeout: Duration) -> Verdict {
    let told = told("ops", "checkout", 0);
    let outgoing = render(receiver, Telling { told: &told, external_url: None }).unwrap();
    notifier::send_once(receiver, &outgoing, timeout)
}
