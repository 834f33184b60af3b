//! What analytics found.

use schemas::envelope::Envelope;
use schemas::finding::Finding;

use super::{json, text};
use crate::copy::Copy;
use crate::fold::Row;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    id: u128,
    tenant: String,
    time_ms: i64,
    series: Option<i64>,
    resource: u128,
    record: String,
}

impl FindingRow {
    pub(super) fn of(record: &Envelope<Finding>) -> Result<Self, String> {
        let Envelope { attributes, data, .. } = record;
        Ok(Self {
            id: attributes.id.0.as_u128(),
            tenant: text(&attributes.tenant),
            time_ms: attributes.time.millis(),
            series: data.series.map(|series| series.as_u64().cast_signed()),
            resource: data.resource.id.0.as_u128(),
            record: json(data)?,
        })
    }
}

impl Row for FindingRow {
    type Key = u128;
    const FIELDS: i16 = 6;

    fn key(&self) -> u128 {
        self.id
    }

    /// A record sent twice has one id.
    fn supersedes(&self, _: &Self) -> bool {
        false
    }

    fn write(&self, to: &mut Copy) {
        to.uuid(self.id).text(&self.tenant).instant(self.time_ms).maybe_big(self.series);
        to.maybe_uuid(Some(self.resource)).json(&self.record);
    }
}
