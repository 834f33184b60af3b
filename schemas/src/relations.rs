//! What a resource's attributes say of things and of how they depend on one another.
//!
//! **Invariant:** the same attributes give the same things and relations in the same order. A thing that
//! attributes name twice is named once, and nothing is related to itself.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::envelope::Extra;
use crate::resource::Entity;
use crate::signal::{Relation, RelationKind};

/// Attributes and the kinds of things that they name, the narrowest first. Containers are not among them:
/// their names tell them apart within one pod only.
const NAMES: [(&str, &str); 15] = [
    ("k8s.pod.name", "pod"),
    ("service.name", "service"),
    ("db.namespace", "database"),
    ("messaging.destination.name", "queue"),
    ("k8s.deployment.name", "deployment"),
    ("k8s.statefulset.name", "statefulset"),
    ("k8s.daemonset.name", "daemonset"),
    ("k8s.cronjob.name", "cronjob"),
    ("k8s.job.name", "job"),
    ("k8s.replicaset.name", "replicaset"),
    ("k8s.node.name", "node"),
    ("host.name", "host"),
    ("cicd.pipeline.name", "pipeline"),
    ("vcs.repository.name", "repository"),
    ("aws.iam.role", "role"),
];

/// Kinds of things that pods are part of, the one that is deployed first.
const WORKLOADS: [&str; 6] =
    ["deployment", "statefulset", "daemonset", "cronjob", "job", "replicaset"];

/// The thing of a kind and a name.
#[must_use]
pub fn thing(kind: &str, name: &str) -> Entity {
    Entity { kind: kind.to_owned(), value: name.to_owned(), extra: Extra::new() }
}

/// That one thing depends on another.
#[must_use]
pub fn relation(from: Entity, how: RelationKind, to: Entity) -> Relation {
    Relation { from, how, to, extra: Extra::new() }
}

/// The things that these attributes name, the narrowest first.
#[must_use]
pub fn things_of(attributes: &BTreeMap<String, String>) -> Vec<Entity> {
    let named = NAMES.iter().filter_map(|(attribute, kind)| {
        let name = attributes.get(*attribute).filter(|name| !name.trim().is_empty())?;
        Some(thing(kind, name))
    });
    named.collect()
}

/// How the things that these attributes name depend on one another.
#[must_use]
pub fn relations_of(attributes: &BTreeMap<String, String>) -> Vec<Relation> {
    use RelationKind::{DeployedBy, PartOf, RunsOn};
    let things = things_of(attributes);
    let of = |kind: &str| things.iter().find(|thing| thing.kind == kind);
    let (service, pod) = (of("service"), of("pod"));
    let workload = WORKLOADS.iter().find_map(|kind| of(kind));
    // Within a pod the host is called like the pod.
    let host = of("host").filter(|host| pod.is_none_or(|pod| pod.value != host.value));
    let machine = of("node").or(host);
    let pairs = [
        (service, RunsOn, workload.or(pod).or(machine)),
        (pod, PartOf, workload),
        (of("replicaset"), PartOf, of("deployment")),
        (of("job"), PartOf, of("cronjob")),
        (pod, RunsOn, machine),
        (service, DeployedBy, of("pipeline")),
        (service, DeployedBy, of("repository")),
    ];
    let known = pairs
        .into_iter()
        .filter_map(|(from, how, to)| Some(relation(from?.clone(), how, to?.clone())));
    known.collect()
}

/// What a span of a client or a producer says that it asks: a service, a database, a queue.
///
/// `attribute` gives the attributes of the span, by the names that `OpenTelemetry` gives and gave them.
#[must_use]
pub fn peer_of<'a>(attribute: &dyn Fn(&str) -> Option<&'a str>) -> Option<Entity> {
    let first = |names: &[&str]| {
        names.iter().filter_map(|name| attribute(name)).find(|value| !value.trim().is_empty())
    };
    let address = first(&["server.address", "net.peer.name"]);
    if let Some(peer) = first(&["peer.service", "service.peer.name"]) {
        return Some(thing("service", peer));
    }
    if first(&["db.system.name", "db.system"]).is_some() {
        return first(&["db.namespace", "db.name"]).or(address).map(|name| thing("database", name));
    }
    if let Some(queue) = first(&["messaging.destination.name", "messaging.destination"]) {
        return Some(thing("queue", queue));
    }
    address.and_then(at_address).or_else(|| {
        let service = first(&["rpc.service"])?.rsplit(['.', '/']).next()?;
        Some(thing("service", service))
    })
}

/// Within a cluster a service's name is its address; elsewhere an address is a host. Numbers name nothing
/// that lasts.
fn at_address(address: &str) -> Option<Entity> {
    let is_own = address == "localhost" || address.parse::<IpAddr>().is_ok();
    let (name, rest) = address.split_once('.').unwrap_or((address, ""));
    let in_cluster = rest.is_empty() || rest.split('.').nth(1) == Some("svc");
    let found = if in_cluster { thing("service", name) } else { thing("host", address) };
    (!is_own).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(attributes: &[(&str, &str)]) -> Vec<String> {
        let given =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let told = |Relation { from, how, to, .. }: &Relation| {
            let name = |thing: &Entity| format!("{}/{}", thing.kind, thing.value);
            format!("{} {how:?} {}", name(from), name(to))
        };
        relations_of(&given.collect()).iter().map(told).collect()
    }

    #[test]
    fn attributes_say_what_runs_where() {
        let pod = [
            ("service.name", "cart"),
            ("k8s.pod.name", "cart-1"),
            ("k8s.deployment.name", "cart"),
            ("k8s.node.name", "n1"),
            ("host.name", "cart-1"),
        ];
        let all = [
            "service/cart RunsOn deployment/cart",
            "pod/cart-1 PartOf deployment/cart",
            "pod/cart-1 RunsOn node/n1",
        ];
        assert_eq!(told(&pod), all);
        assert_eq!(told(&[pod[0], pod[1], pod[4]]), ["service/cart RunsOn pod/cart-1"]);
        assert_eq!(told(&[pod[0], ("host.name", "h1")]), ["service/cart RunsOn host/h1"]);
        let delivered = [pod[0], ("vcs.repository.name", "shop"), ("cicd.pipeline.name", "p")];
        let by = ["service/cart DeployedBy pipeline/p", "service/cart DeployedBy repository/shop"];
        assert_eq!(told(&delivered), by);
        assert_eq!(told(&[pod[0], ("host.name", " ")]), [""; 0]);
    }

    #[test]
    fn spans_say_whom_they_ask() {
        for (attributes, expected) in [
            (&[("peer.service", "cart"), ("server.address", "x.example")][..], "service/cart"),
            (&[("db.system", "postgresql"), ("db.namespace", "orders")], "database/orders"),
            (&[("db.system.name", "redis"), ("server.address", "cache-1")], "database/cache-1"),
            (&[("messaging.destination.name", "mail")], "queue/mail"),
            (&[("server.address", "cart.shop.svc.cluster.local")], "service/cart"),
            (&[("server.address", "cart")], "service/cart"),
            (&[("server.address", "api.example.com")], "host/api.example.com"),
            (
                &[("server.address", "192.0.2.1"), ("rpc.service", "demo.CartService")],
                "service/CartService",
            ),
            (&[("server.address", "2001:db8::1")], ""),
            (&[("db.system", "redis")], ""),
            (&[("server.address", "localhost")], ""),
        ] {
            let find = |name: &str| attributes.iter().find(|(known, _)| *known == name);
            let peer = peer_of(&|name| find(name).map(|(_, value)| *value));
            let peer = peer.map(|peer| format!("{}/{}", peer.kind, peer.value));
            assert_eq!(peer.unwrap_or_default(), expected, "{attributes:?}");
        }
    }
}
