//! What every JSON record on our topics has in common: the attributes of `CloudEvents` 1.0 in
//! structured form, and the payload as `data`.
//!
//! **Invariant:** a record begins with `specversion`, `type` and `schemaversion`, in this order
//! and without white space, so that the first bytes tell what it is ([`crate::codec::peek`]).
//! `dataschema` and `datacontenttype` are left out: `type` and `schemaversion` name the schema,
//! and the content type of JSON data is JSON.

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::id::RecordId;
use crate::source_class::SourceClass;
use crate::time::Time;
use crate::version::Version;

/// Fields that this version does not know, kept as they came and written again.
pub type Extra = Map<String, Value>;

/// A type that can be the `data` of a record.
pub trait Payload: Serialize + DeserializeOwned + JsonSchema {
    /// The `CloudEvents` type: `isobar.` and the name of the files of its schema.
    const TYPE: &'static str;
    /// The version this program writes, and whose major version it reads.
    const VERSION: Version;
    /// The longest record of this type, in bytes. A longer one is neither written nor read. With
    /// its key and Kafka's framing it fits what brokers take by default, 1,048,588 bytes.
    const BYTES_MAX: usize = 1_000_000;

    /// About how long it will be in JSON, so that room is made once.
    fn bytes_hint(&self) -> usize {
        1_024
    }
}

/// One record: who and when, and what.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope<T> {
    /// Where the record comes from and when.
    pub attributes: Attributes,
    /// The schema version of `data`: that of the writer, also after the record was read here.
    pub version: Version,
    /// The payload.
    pub data: T,
    /// Attributes that this version does not know.
    pub extra: Extra,
}

/// Where a record comes from and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// Unique within `source`; equal when a record is sent again.
    pub id: RecordId,
    /// Who says so: a source of events like `aws.cloudtrail`, or one of our services.
    pub source: String,
    /// What it is about, in words people know it by.
    pub subject: Option<String>,
    /// When it happened.
    pub time: Time,
    /// When its first message reached one of our topics (`LogAppendTime`).
    pub arrival_time: Time,
    /// Whose it is.
    pub tenant: String,
    /// How its source behaves in time; watermarks are kept by this class.
    pub source_class: SourceClass,
    /// The W3C trace context of the work that produced it.
    pub traceparent: Option<String>,
}

impl<T: Payload> Envelope<T> {
    /// A record in the version this program writes.
    #[must_use]
    pub fn new(attributes: Attributes, data: T) -> Self {
        Self { attributes, version: T::VERSION, data, extra: Extra::new() }
    }
}

/// The version of `CloudEvents`; there is one.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub(crate) enum SpecVersion {
    #[serde(rename = "1.0")]
    V1,
}

/// The record as it is read, from which its schema is generated too.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Wire<T> {
    #[serde(rename = "specversion")]
    _specversion: SpecVersion,
    /// The type of `data`.
    #[serde(rename = "type")]
    #[schemars(with = "String")]
    _type: IgnoredAny,
    /// The version of the schema of `data`: `major.minor`.
    schemaversion: Version,
    /// Unique within `source`; equal when a record is sent again.
    id: RecordId,
    /// Who says so: a source of events like `aws.cloudtrail`, or a service like `isobar.analytics`.
    source: String,
    /// What it is about, in words people know it by.
    #[serde(default)]
    subject: Option<String>,
    /// When it happened.
    time: Time,
    /// When its first message reached one of our topics.
    arrivaltime: Time,
    /// Whose it is.
    tenant: String,
    /// How its source behaves in time.
    sourceclass: SourceClass,
    /// The W3C trace context of the work that produced it.
    #[serde(default)]
    traceparent: Option<String>,
    /// What `type` and `schemaversion` say it is.
    data: T,
    #[serde(flatten)]
    extra: Extra,
}

impl<T> From<Wire<T>> for Envelope<T> {
    fn from(wire: Wire<T>) -> Self {
        let attributes = Attributes {
            id: wire.id,
            source: wire.source,
            subject: wire.subject,
            time: wire.time,
            arrival_time: wire.arrivaltime,
            tenant: wire.tenant,
            source_class: wire.sourceclass,
            traceparent: wire.traceparent,
        };
        Self { attributes, version: wire.schemaversion, data: wire.data, extra: wire.extra }
    }
}

/// The record as it is written.
pub(crate) struct WireRef<'a, T>(pub(crate) &'a Envelope<T>);

impl<T: Payload> Serialize for WireRef<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Envelope { attributes, version, data, extra } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("specversion", &SpecVersion::V1)?;
        map.serialize_entry("type", T::TYPE)?;
        map.serialize_entry("schemaversion", version)?;
        map.serialize_entry("id", &attributes.id)?;
        map.serialize_entry("source", &attributes.source)?;
        if let Some(subject) = &attributes.subject {
            map.serialize_entry("subject", subject)?;
        }
        map.serialize_entry("time", &attributes.time)?;
        map.serialize_entry("arrivaltime", &attributes.arrival_time)?;
        map.serialize_entry("tenant", &attributes.tenant)?;
        map.serialize_entry("sourceclass", &attributes.source_class)?;
        if let Some(traceparent) = &attributes.traceparent {
            map.serialize_entry("traceparent", traceparent)?;
        }
        map.serialize_entry("data", data)?;
        for (name, value) in extra {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
