//! Open windows, and the byte order that keeps them in the order they close in.
//!
//! An address is: class, length of the tenant, tenant, window start, key. Starts are written so
//! that bytes order like numbers; the tenant's length keeps one tenant's windows out of another's.

use std::ops::Bound;

use schemas::id::ResourceId;
use serde::{Deserialize, Serialize};
use stream::watermark::Source;
use stream::{EventTime, KeyedStore, Offset};

const START_BYTES: usize = 8;

/// All windows of one source.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    source: Source,
    prefix: Vec<u8>,
}

impl Scope {
    pub(super) fn new(source: &Source) -> Self {
        let tenant = source.tenant().as_bytes();
        let length = u16::try_from(tenant.len()).unwrap_or(u16::MAX);
        let mut prefix = Vec::with_capacity(3 + tenant.len() + START_BYTES);
        prefix.push(source.class().0);
        prefix.extend_from_slice(&length.to_be_bytes());
        prefix.extend_from_slice(tenant);
        Self { source: source.clone(), prefix }
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// What the addresses of one window begin with.
    pub(super) fn window(&self, start: EventTime) -> Vec<u8> {
        // Flipping the sign bit makes two's complement order like unsigned bytes.
        let start = (start.0.cast_unsigned() ^ (1 << 63)).to_be_bytes();
        [&self.prefix[..], &start].concat()
    }

    pub(super) fn address(&self, start: EventTime, key: &[u8]) -> Address {
        Address { bytes: [&self.window(start)[..], key].concat() }
    }
}

/// One window of one key.
#[derive(Clone, Debug)]
pub(super) struct Address {
    bytes: Vec<u8>,
}

impl Address {
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec() }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What all keys of this window share.
    pub(super) fn window(&self) -> &[u8] {
        self.bytes.get(..self.key_at()).unwrap_or_default()
    }

    fn tenant_length(&self) -> usize {
        let length = self.bytes.get(1..3).and_then(<[u8]>::first_chunk);
        usize::from(u16::from_be_bytes(length.copied().unwrap_or_default()))
    }

    fn key_at(&self) -> usize {
        3 + self.tenant_length() + START_BYTES
    }

    pub(super) fn class(&self) -> u8 {
        self.bytes.first().copied().unwrap_or_default()
    }

    pub(super) fn tenant(&self) -> &str {
        let tenant = self.bytes.get(3..3 + self.tenant_length()).unwrap_or_default();
        std::str::from_utf8(tenant).unwrap_or_default()
    }

    pub(super) fn start(&self) -> EventTime {
        let start = self.window().last_chunk::<START_BYTES>().copied().unwrap_or_default();
        EventTime((u64::from_be_bytes(start) ^ (1 << 63)).cast_signed())
    }

    pub(super) fn key(&self) -> &[u8] {
        self.bytes.get(self.key_at()..).unwrap_or_default()
    }
}

/// Addresses of one source from `from` on (all its windows where that is empty), of windows that
/// start before `to`, at most `max`.
pub(super) fn between(
    panes: &KeyedStore<Vec<u8>, Pane>,
    scope: &Scope,
    from: &[u8],
    to: EventTime,
    max: usize,
) -> Vec<Vec<u8>> {
    let from = if from.is_empty() { &scope.prefix } else { from };
    let to = scope.window(to);
    // A watermark that has not moved far enough asks for nothing, and the map would panic at that.
    if *from >= to[..] {
        return Vec::new();
    }
    let found = panes.range::<[u8]>(Bound::Included(from), Bound::Excluded(&to[..]));
    found.take(max).map(|(bytes, _)| bytes.clone()).collect()
}

/// One key's events in one window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Pane {
    resource: ResourceId,
    count: u64,
    /// The revision that the next record of this window gets.
    revision: u32,
    last_offset: Offset,
    last_arrival_ms: i64,
}

/// A window as it is emitted.
#[derive(Clone, Debug)]
pub(super) struct Closing {
    pub(super) resource: ResourceId,
    pub(super) count: u64,
    pub(super) revision: u32,
    pub(super) last_offset: Offset,
    pub(super) last_arrival_ms: i64,
}

impl Pane {
    pub(super) fn new(resource: ResourceId) -> Self {
        Self { resource, count: 0, revision: 0, last_offset: Offset(0), last_arrival_ms: i64::MIN }
    }

    pub(super) fn add(&mut self, offset: Offset, arrival_ms: i64) {
        self.count += 1;
        self.last_offset = offset;
        self.last_arrival_ms = self.last_arrival_ms.max(arrival_ms);
    }

    pub(super) fn is_emitted(&self) -> bool {
        self.revision > 0
    }

    /// What to emit now; the next emission has the next revision.
    pub(super) fn close(&mut self) -> Closing {
        let revision = self.revision;
        self.revision += 1;
        Closing {
            resource: self.resource,
            count: self.count,
            revision,
            last_offset: self.last_offset,
            last_arrival_ms: self.last_arrival_ms,
        }
    }
}

/// How far the windows of a source are closed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Sweep {
    /// Windows before this address are closed; empty before the first.
    pub(super) closed: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use stream::SourceClass;

    use super::*;

    #[test]
    fn an_address_reads_back_and_orders_by_time_within_a_source() {
        let scope = Scope::new(&Source::new(SourceClass(5), "acme"));
        let address = scope.address(EventTime(-60_000), b"acme/42");
        let read = Address::read(address.as_bytes());
        assert_eq!((read.class(), read.tenant()), (5, "acme"));
        assert_eq!((read.start(), read.key()), (EventTime(-60_000), &b"acme/42"[..]));
        let later = scope.address(EventTime(0), b"a");
        assert!(address.as_bytes() < later.as_bytes());
    }

    #[test]
    fn one_tenants_windows_do_not_lie_among_anothers() {
        let scope = |tenant| Scope::new(&Source::new(SourceClass(1), tenant));
        let mut panes = KeyedStore::default();
        for tenant in ["a", "a\u{0}", "ab", "b"] {
            let address = scope(tenant).address(EventTime(0), b"k");
            panes.insert(address.as_bytes(), Pane::new(ResourceId::of("", "")));
        }
        for tenant in ["a", "a\u{0}", "ab", "b"] {
            let found = between(&panes, &scope(tenant), &[], EventTime(1), 9);
            let tenants: Vec<_> =
                found.iter().map(|bytes| Address::read(bytes).tenant().to_owned()).collect();
            assert_eq!(tenants, [tenant]);
        }
    }
}
