//! Record keys. What is keyed alike is in order and in one task.
//!
//! **Invariant:** two different pairs never have one key: what follows the tenant has a fixed
//! length. Series, alerts and incidents are keyed by the text of their ids.

use crate::id::ResourceId;

/// The key on `isobar.events`, and what decides the partition on `isobar.metrics`.
#[must_use]
pub fn resource(tenant: &str, resource: ResourceId) -> String {
    format!("{tenant}/{resource}")
}

/// The key on `isobar.signals`: the correlation domain, by default the tenant.
#[must_use]
pub fn domain(tenant: &str) -> String {
    tenant.to_owned()
}
