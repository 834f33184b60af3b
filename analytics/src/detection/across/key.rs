//! Who is compared with whom: the metrics of a resource, and peers.
//!
//! **Invariant:** the tenant is part of every key, so tenants never meet.

use std::collections::BTreeMap;

use schemas::id::Hash128;

use crate::detection::finding::NAMES;
use crate::windows::Series;

/// What peers have in common, where it is said.
const COMMON: [&str; 7] = [
    "service.namespace",
    "service.name",
    "k8s.cluster.name",
    "k8s.namespace.name",
    "k8s.deployment.name",
    "k8s.statefulset.name",
    "k8s.daemonset.name",
];

fn key(kind: &str, parts: &[&str]) -> Option<u64> {
    u64::try_from(Hash128::of(kind, parts).as_u128() >> 64).ok()
}

/// Of a resource; classes of sources close their minutes at different times.
pub(super) fn of_resource(series: &Series) -> Option<u64> {
    let resource = series.resource?.to_string();
    let parts = [&*series.tenant, &resource, series.class.as_str()];
    key("relations", &parts)
}

/// Of the same metric with the same labels, on resources of the same kind: named by the same attributes,
/// and with the same of what peers have in common. A resource without a name has no peers.
pub(super) fn of_peers(
    series: &Series,
    attributes: &BTreeMap<String, String>,
    labels: &BTreeMap<String, String>,
) -> Option<u64> {
    series.resource?;
    let is_named = |name: &&&str| attributes.contains_key(**name);
    let named: Vec<&str> = NAMES.iter().filter(is_named).copied().collect();
    // A service is no peer of itself.
    let by = *named.first()?;
    let common = COMMON.iter().filter(|name| **name != by);
    let common = common.map(|name| attributes.get(*name).map_or("", |value| value));
    let kind = named.join(" ");
    let mut parts = vec![&*series.tenant, series.class.as_str(), &*series.measure, &*kind];
    parts.extend(common);
    // The id of the resource tells it apart, and nothing else.
    let labels = labels.iter().filter(|(name, _)| *name != "resource");
    parts.extend(labels.flat_map(|(name, value)| [&**name, &**value]));
    key("peers", &parts)
}
