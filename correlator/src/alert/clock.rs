//! The time of tenants, from records and progress marks alone.
//!
//! **Invariant:** a record moves the time of its own tenant only, and no further than its arrival, nor
//! further than [`AHEAD_MS`] beyond what the stage above says the time is. Marks move every tenant's.

use stream::upstream::{Upstream, UpstreamRead};
use stream::{EventTime, Store};

use super::state::Tenant;

/// How far records may be ahead of the marks: a broker whose clock jumps takes nobody further.
const AHEAD_MS: i64 = 60_000;

#[derive(Debug, Default)]
pub(super) struct Clock {
    upstream: Upstream,
}

impl Clock {
    pub(super) fn stores(&mut self) -> [&mut dyn Store; 2] {
        self.upstream.stores()
    }

    /// Takes a mark; whether it moved anything.
    pub(super) fn mark(&mut self, reads: &[UpstreamRead]) -> bool {
        let before = (self.upstream.least(), self.upstream.greatest());
        self.upstream.mark(reads);
        before != (self.upstream.least(), self.upstream.greatest())
    }

    /// The time of a record, within its bounds.
    pub(super) fn bounded(&self, time_ms: i64, arrival_ms: i64) -> i64 {
        let ahead = self.upstream.greatest().map_or(i64::MAX, |now| now.plus_ms(AHEAD_MS).0);
        time_ms.min(arrival_ms).min(ahead)
    }

    /// A tenant's foremost time.
    pub(super) fn now_ms(&self, tenant: &Tenant) -> i64 {
        self.upstream.greatest().map_or(tenant.now_ms, |EventTime(now)| now.max(tenant.now_ms))
    }

    /// Up to when everything of a tenant has come through. Where nobody marks, records are all that
    /// tells time; where a mark promises more partitions than were heard of, nothing has.
    pub(super) fn settled_ms(&self, tenant: &Tenant) -> i64 {
        match (self.upstream.least(), self.upstream.greatest()) {
            (Some(EventTime(least)), _) => least,
            (None, Some(_)) => i64::MIN,
            (None, None) => tenant.now_ms,
        }
    }
}
