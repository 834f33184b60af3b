//! What is measured, and on what.

use schemas::envelope::Envelope;
use schemas::series::SeriesDefinition;

use super::{json, name, text, word};
use crate::copy::Copy;
use crate::fold::Row;

/// The definition of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesRow {
    id: i64,
    tenant: String,
    measure: String,
    unit: Option<String>,
    temporality: String,
    source_class: String,
    resource: u128,
    labels: String,
    defined_at_ms: i64,
}

impl SeriesRow {
    pub(super) fn of(record: &Envelope<SeriesDefinition>) -> Result<Self, String> {
        let Envelope { attributes, data, .. } = record;
        Ok(Self {
            id: data.series.as_u64().cast_signed(),
            tenant: name("tenant", &attributes.tenant)?,
            measure: name("metric", &data.metric)?,
            unit: data.unit.as_deref().map(text),
            temporality: word(&data.temporality),
            source_class: word(&attributes.source_class),
            resource: data.resource.id.0.as_u128(),
            labels: json(&data.labels)?,
            defined_at_ms: attributes.time.millis(),
        })
    }
}

impl Row for SeriesRow {
    type Key = i64;
    const FIELDS: i16 = 9;

    fn key(&self) -> i64 {
        self.id
    }

    fn supersedes(&self, earlier: &Self) -> bool {
        let same = Self { defined_at_ms: earlier.defined_at_ms, ..self.clone() } == *earlier;
        self.defined_at_ms >= earlier.defined_at_ms && !same
    }

    fn write(&self, to: &mut Copy) {
        to.big(self.id).text(&self.tenant).text(&self.measure).maybe_text(self.unit.as_deref());
        to.text(&self.temporality).text(&self.source_class).uuid(self.resource);
        to.json(&self.labels).instant(self.defined_at_ms);
    }
}

/// A resource, as a series told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceRow {
    id: u128,
    tenant: String,
    attributes: String,
}

impl ResourceRow {
    pub(super) fn of(record: &Envelope<SeriesDefinition>) -> Result<Self, String> {
        Ok(Self {
            id: record.data.resource.id.0.as_u128(),
            tenant: name("tenant", &record.attributes.tenant)?,
            attributes: json(&record.data.resource.attributes)?,
        })
    }
}

impl Row for ResourceRow {
    type Key = u128;
    const FIELDS: i16 = 3;

    fn key(&self) -> u128 {
        self.id
    }

    fn supersedes(&self, earlier: &Self) -> bool {
        self != earlier
    }

    fn write(&self, to: &mut Copy) {
        to.uuid(self.id).text(&self.tenant).json(&self.attributes);
    }
}
