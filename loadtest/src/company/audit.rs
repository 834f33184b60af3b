//! What people do to services, as the audit logs of the clouds and of the cluster tell it.
//!
//! **Invariant:** the id told for an event is made of the values that are written, by the rules that
//! its source's documentation gives, and of nothing else.

use super::body::{Body, Scene};
use super::template::Template;
use super::text;
use super::world::one_of;
use crate::dice::Dice;

/// The shapes of their records.
#[derive(Debug)]
pub(super) struct Audits {
    cloudtrail: Template<10>,
    azure: Template<9>,
    gcp: Template<10>,
    kubernetes: Template<7>,
}

const CALLS: [(&str, &str); 5] = [
    ("ec2", "StartInstances"),
    ("ec2", "ModifyInstanceAttribute"),
    ("ssm", "StartSession"),
    ("sts", "AssumeRole"),
    ("iam", "CreateAccessKey"),
];
const OPERATIONS: [&str; 3] = ["RESTART", "START", "RUNCOMMAND"];
const RESULTS: [&str; 3] = ["Success", "Start", "Accept"];
const METHODS: [&str; 3] = ["start", "reset", "setMetadata"];
const VERBS: [&str; 4] = ["get", "delete", "patch", "update"];

impl Audits {
    pub(super) fn new() -> anyhow::Result<Self> {
        let cloudtrail = [
            "id", "time", "service", "action", "region", "account", "person", "address", "request",
            "instance",
        ];
        let azure = [
            "time",
            "resource",
            "operation",
            "result",
            "address",
            "correlation",
            "person",
            "region",
            "milliseconds",
        ];
        let gcp = [
            "id", "log", "time", "project", "instance", "region", "person", "address", "method",
            "host",
        ];
        let kubernetes = ["id", "stage", "pod", "verb", "person", "address", "time"];
        Ok(Self {
            cloudtrail: Template::new(include_str!("templates/cloudtrail.json"), cloudtrail)?,
            azure: Template::new(include_str!("templates/azure-activity.json"), azure)?,
            gcp: Template::new(include_str!("templates/gcp-audit.json"), gcp)?,
            kubernetes: Template::new(include_str!("templates/k8s-audit.json"), kubernetes)?,
        })
    }

    /// A call in an account of AWS. `eventID` is the same by every path.
    pub(super) fn cloudtrail(&self, scene: &Scene<'_>, dice: &mut Dice) -> Body {
        let Scene { service, host, person, time_ms } = *scene;
        let (api, action) = *one_of(&CALLS, dice);
        let (id, request) = (text::uuid(dice), text::uuid(dice));
        let time = text::time_in_seconds(time_ms);
        let (region, account, address) = (service.region, &*service.account, &*person.address);
        Body {
            format: "aws-cloudtrail",
            text: self.cloudtrail.fill([
                &id,
                &time,
                api,
                action,
                region,
                account,
                person.login,
                address,
                &request,
                &host.id,
            ]),
            source: "aws.cloudtrail",
            native_id: id,
            time_ms,
            ..Body::default()
        }
    }

    /// An operation on a machine of Azure. Start, acceptance and end share a correlation id, so the
    /// id has all that tells one record from the others, in lower case as Azure compares.
    pub(super) fn azure(&self, scene: &Scene<'_>, dice: &mut Dice) -> Body {
        let Scene { service, host, person, time_ms } = *scene;
        let operation =
            format!("MICROSOFT.COMPUTE/VIRTUALMACHINES/{}/ACTION", one_of(&OPERATIONS, dice));
        let (result, correlation) = (one_of(&RESULTS, dice), text::uuid(dice));
        let took_ms = dice.below(9_000).to_string();
        // Azure writes ticks of 100 ns.
        let time = text::time(time_ms).replace('Z', "0000Z");
        let native_id = format!("{correlation}/{operation}/{result}/{time_ms}/{}", host.id);
        let (login, address) = (person.login, &*person.address);
        Body {
            format: "azure-activity",
            text: self.azure.fill([
                &time,
                &host.id,
                &operation,
                result,
                address,
                &correlation,
                login,
                service.region,
                &took_ms,
            ]),
            source: "azure.activity",
            native_id: native_id.to_ascii_lowercase(),
            time_ms,
            ..Body::default()
        }
    }

    /// A call in a project of Google. `insertId` is unique only with the time and the log.
    pub(super) fn gcp(&self, scene: &Scene<'_>, dice: &mut Dice) -> Body {
        let Scene { service, host, person, time_ms } = *scene;
        let project = &*service.account;
        let log = format!("projects/{project}/logs/cloudaudit.googleapis.com%2Factivity");
        let id = format!("-{}", text::hex(dice, 12));
        // What is below a millisecond is cut off by everyone.
        let time = text::time(time_ms).replace('Z', "456789Z");
        let method = format!("v1.compute.instances.{}", one_of(&METHODS, dice));
        let (login, address) = (person.login, &*person.address);
        Body {
            format: "gcp-audit-log",
            text: self.gcp.fill([
                &id,
                &log,
                &time,
                project,
                &host.id,
                service.region,
                login,
                address,
                &method,
                &host.name,
            ]),
            source: "gcp.audit",
            native_id: format!("{id}/{time_ms}/{log}"),
            time_ms,
            ..Body::default()
        }
    }

    /// A request to the cluster that was answered. Its stages share an audit id.
    pub(super) fn kubernetes(&self, scene: &Scene<'_>, dice: &mut Dice) -> Body {
        let Scene { host, person, time_ms, .. } = *scene;
        let (id, verb) = (text::uuid(dice), one_of(&VERBS, dice));
        let time = text::time(time_ms).replace('Z', "789Z");
        let (login, address) = (person.login, &*person.address);
        Body {
            format: "k8s-audit",
            text: self.kubernetes.fill([&id, ANSWERED, &host.name, verb, login, address, &time]),
            source: "k8s.audit",
            native_id: format!("{id}/{ANSWERED}"),
            time_ms,
            ..Body::default()
        }
    }
}

/// The stage in which a request has its outcome.
pub(super) const ANSWERED: &str = "ResponseComplete";
