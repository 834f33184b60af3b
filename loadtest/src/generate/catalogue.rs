//! The world that events are about: tenants, their resources, people, and the kinds of events.

use schemas::event::Severity;
use schemas::id::ResourceId;
use schemas::key;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;
use stream::partition_of;

use super::config::Config;
use super::template::Shape;
use crate::dice::Dice;

const fn shape(
    (class, kind, class_uid): (SourceClass, Kind, u32),
    source: &'static str,
    action: &'static str,
    severity: Severity,
    text: &'static str,
) -> Shape {
    Shape { class, kind, class_uid, source, action, severity, text }
}

const AUDIT: (SourceClass, Kind, u32) = (SourceClass::Audit, Kind::Audit, 6003);
const DEPLOY: (SourceClass, Kind, u32) = (SourceClass::Deploy, Kind::Code, 6002);
const CHANGE: (SourceClass, Kind, u32) = (SourceClass::Change, Kind::Code, 5019);
const LOG: (SourceClass, Kind, u32) = (SourceClass::Log, Kind::Audit, 3002);
const ALERT: (SourceClass, Kind, u32) = (SourceClass::Alert, Kind::Alerts, 2004);
const TICKET: (SourceClass, Kind, u32) = (SourceClass::Ticket, Kind::Projects, 0);
const CHAT: (SourceClass, Kind, u32) = (SourceClass::Chat, Kind::Messages, 0);
const DOCUMENT: (SourceClass, Kind, u32) = (SourceClass::Document, Kind::Documents, 0);
const KNOWLEDGE: (SourceClass, Kind, u32) = (SourceClass::Knowledge, Kind::Knowledge, 0);

/// Kinds of events; several of a class are equally frequent.
pub(super) const SHAPES: [Shape; 16] = {
    use Severity::{High, Informational, Low, Medium};
    [
        shape(AUDIT, "aws.cloudtrail", "CreateAccessKey", Medium, "access key created for"),
        shape(AUDIT, "aws.cloudtrail", "AssumeRole", Informational, "role assumed on"),
        shape(AUDIT, "gcp.audit", "SetIamPolicy", Medium, "policy set on"),
        shape(AUDIT, "kubernetes.audit", "patch", Low, "object patched:"),
        shape(DEPLOY, "github", "push", Informational, "commits pushed to"),
        shape(DEPLOY, "argocd", "sync", Informational, "rolled out"),
        shape(CHANGE, "terraform", "apply", Low, "plan applied to"),
        shape(LOG, "okta", "user.session.start", Informational, "signed in to"),
        shape(LOG, "kubernetes.events", "BackOff", Low, "container restarts in"),
        shape(LOG, "sshd", "accepted", Informational, "session opened on"),
        shape(ALERT, "prometheus", "firing", High, "error budget burns in"),
        shape(TICKET, "jira", "issue_updated", Informational, "issue changed for"),
        shape(CHAT, "slack", "message_posted", Informational, "someone asks about"),
        shape(CHAT, "slack", "reaction_added", Informational, "someone agrees about"),
        shape(DOCUMENT, "confluence", "page_updated", Informational, "runbook changed for"),
        shape(KNOWLEDGE, "extractor", "fact_found", Informational, "a dependency was found of"),
    ]
};

const TENANTS: [&str; 4] = ["acme", "globex", "initech", "umbrella"];
const NAMES: [&str; 8] =
    ["checkout", "payments", "search", "login", "ledger", "mailer", "catalogue", "gateway"];
const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "ap-south-1"];
const PEOPLE: [&str; 8] = ["ana", "bo", "chen", "dara", "emeka", "fatima", "goran", "hana"];

/// One resource, with everything about it that never changes.
#[derive(Debug)]
pub(super) struct Thing {
    pub(super) tenant: String,
    pub(super) name: String,
    pub(super) region: &'static str,
    pub(super) id: ResourceId,
    pub(super) key: String,
    pub(super) partition: i32,
}

/// All of it.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub(super) things: Vec<Thing>,
    /// Sums of the weights of things up to each.
    popularity: Vec<u64>,
    pub(super) actors: Vec<String>,
    pub(super) addresses: Vec<String>,
}

impl Catalogue {
    pub(super) fn new(config: &Config, dice: &mut Dice) -> Self {
        let tenants: Vec<String> = (0..config.tenants.max(1)).map(tenant).collect();
        let tenant_weights = popularity(tenants.len(), 1.0);
        let thing = |number: usize| {
            let tenant = tenants.get(pick(&tenant_weights, dice)).cloned().unwrap_or_default();
            thing(number, tenant, config.partitions)
        };
        Self {
            things: (0..config.resources.max(1)).map(thing).collect(),
            popularity: popularity(config.resources.max(1), config.zipf),
            actors: (0..256).map(|n| format!("{}-{n}@example.com", nth(&PEOPLE, n))).collect(),
            // Addresses kept for documentation: nobody's.
            addresses: (0..256).map(|n| format!("198.51.100.{n}")).collect(),
        }
    }

    /// The number of a thing, by popularity.
    pub(super) fn pick(&self, dice: &mut Dice) -> usize {
        pick(&self.popularity, dice)
    }
}

fn tenant(number: usize) -> String {
    let round = number / TENANTS.len();
    let name = nth(&TENANTS, number);
    if round == 0 { name.to_owned() } else { format!("{name}-{round}") }
}

fn thing(number: usize, tenant: String, partitions: i32) -> Thing {
    let name = format!("{}-{number:05}", nth(&NAMES, number));
    let id = ResourceId::of(&tenant, &name);
    let key = key::resource(&tenant, id);
    let partition = partition_of(key.as_bytes(), partitions);
    Thing { tenant, name, region: nth(&REGIONS, number), id, key, partition }
}

fn nth<'a>(list: &[&'a str], number: usize) -> &'a str {
    list.get(number % list.len()).copied().unwrap_or_default()
}

/// Sums of Zipf's weights. They are whole numbers, so that the last bit of a power, which differs
/// between machines, decides nothing.
fn popularity(count: usize, exponent: f64) -> Vec<u64> {
    let mut sum = 0u64;
    let mut add = |rank: usize| {
        #[expect(clippy::cast_precision_loss, reason = "ranks are far below 2^53")]
        let weight = (1e9 / (rank as f64).powf(exponent)).round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a weight lies between 0 and 1e9"
        )]
        let weight = weight as u64;
        sum += weight.max(1);
        sum
    };
    (1..=count).map(&mut add).collect()
}

fn pick(sums: &[u64], dice: &mut Dice) -> usize {
    let drawn = dice.below(sums.last().copied().unwrap_or_default());
    sums.partition_point(|sum| *sum <= drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Stream;

    #[test]
    fn the_first_is_drawn_as_often_as_zipf_says() {
        let (sums, mut dice) = (popularity(100, 1.0), Dice::new(3, Stream::Records));
        let mut counts = [0u32; 100];
        for _ in 0..100_000 {
            counts[pick(&sums, &mut dice)] += 1;
        }
        // 1 / (1 + 1/2 + … + 1/100) = 19.3 % for the first, and a hundredth of it for the last.
        assert!((18_500..20_000).contains(&counts[0]), "{}", counts[0]);
        assert!((120..270).contains(&counts[99]), "{}", counts[99]);
    }

    #[test]
    fn every_class_of_the_default_mix_has_a_shape() {
        for share in Config::default().classes {
            assert!(SHAPES.iter().any(|shape| shape.class == share.class), "{}", share.class);
        }
    }
}
