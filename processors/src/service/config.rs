//! The settings of the service.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemas::source_class::SourceClass;
use stream::Library;

use super::hits::Asked;
use super::signals::Routes;
use crate::catalog::{Catalog, Known};
use crate::tenant::Tenants;

/// What is read, and how patiently.
#[derive(Clone, Debug)]
pub struct ProcessorsConfig {
    /// Topics whose format is known; others are looked at.
    pub formats: BTreeMap<String, Known>,
    /// The formats that are known.
    pub catalog: &'static Catalog,
    /// Topics that belong to one tenant.
    pub tenant_of_topic: BTreeMap<String, String>,
    /// Whose events the others are.
    pub tenants: Tenants,
    /// Which events go where.
    pub routes: Routes,
    /// The rules that events are asked about, if there are any.
    pub rules: Option<Arc<Asked>>,
    /// What reads editions of the rules that come in a partition; without it they are refused.
    pub library: Option<Arc<dyn Library<Asked>>>,
    /// An event may be this far ahead of its arrival; beyond that its clock is not believed.
    pub future_ms: i64,
    /// How old an event may be and still be known for a duplicate; by class.
    pub horizon_ms: BTreeMap<SourceClass, i64>,
    /// The same for the other classes.
    pub horizon_default_ms: i64,
    /// How many events a second are expected of all topics together: what memory is planned for.
    pub expected_events_per_second: u64,
}

/// What one remembered event takes, in memory and in images.
const ID_BYTES: u64 = 22;

impl ProcessorsConfig {
    /// What the ids of the longest horizon take at most, if no more events come than are expected.
    #[must_use]
    pub fn dedup_bytes(&self) -> u64 {
        let longest_ms = self.horizon_ms.values().copied().max().unwrap_or(0);
        let longest_ms = u64::try_from(longest_ms.max(self.horizon_default_ms)).unwrap_or(0);
        // An id is kept until its minute can no longer be told: up to a minute longer.
        let seconds = longest_ms / 1_000 + 60;
        self.expected_events_per_second.saturating_mul(seconds).saturating_mul(ID_BYTES)
    }
}

impl Default for ProcessorsConfig {
    fn default() -> Self {
        const MINUTE_MS: i64 = 60_000;
        // Two paths of one audit trail may lie a quarter of an hour apart, behind its own delay.
        let audit = (SourceClass::Audit, 30 * MINUTE_MS);
        Self {
            formats: BTreeMap::new(),
            catalog: Catalog::built_in(),
            tenant_of_topic: BTreeMap::new(),
            tenants: Tenants::default(),
            routes: Routes::default(),
            rules: None,
            library: None,
            future_ms: 5 * MINUTE_MS,
            horizon_ms: BTreeMap::from([audit]),
            horizon_default_ms: 10 * MINUTE_MS,
            expected_events_per_second: 5_000,
        }
    }
}
