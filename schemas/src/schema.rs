//! JSON Schemas of all records, generated from the types that read them.
//!
//! They are of draft 7, the one that every `AsyncAPI` tool must understand.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::aggregate::Aggregate;
use crate::alert::Alert;
use crate::balance::Balance;
use crate::dead_letter::DeadLetter;
use crate::envelope::{Payload, Wire};
use crate::event::Event;
use crate::finding::Finding;
use crate::incident::Incident;
use crate::late::Late;
use crate::mark;
use crate::notification::Notification;
use crate::partial::Partial;
use crate::rule_edition::RuleEdition;
use crate::series::SeriesDefinition;
use crate::signal::Signal;
use crate::version::Version;

/// The keyword under which a schema says its version.
pub const VERSION_KEY: &str = "x-schemaversion";

/// The schema of one type of record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordSchema {
    /// The type of the record: `isobar.event`.
    pub payload: &'static str,
    /// The version that the schema describes.
    pub version: Version,
    /// The longest record of this type.
    pub bytes_max: usize,
    /// The JSON Schema.
    pub schema: Value,
}

impl RecordSchema {
    /// The name of its files: the type without `isobar.`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.payload.strip_prefix("isobar.").unwrap_or(self.payload)
    }
}

/// The schemas of all JSON records.
#[must_use]
pub fn all() -> Vec<RecordSchema> {
    vec![
        of_payload::<Event>(),
        of_payload::<SeriesDefinition>(),
        of_record::<mark::Wire>(mark::TYPE, mark::VERSION, mark::BYTES_MAX),
        of_payload::<Signal>(),
        of_payload::<Finding>(),
        of_payload::<Partial>(),
        of_payload::<Aggregate>(),
        of_payload::<Alert>(),
        of_payload::<Incident>(),
        of_payload::<Notification>(),
        of_payload::<Late>(),
        of_payload::<DeadLetter>(),
        of_payload::<Balance>(),
        of_payload::<RuleEdition>(),
    ]
}

fn of_payload<T: Payload>() -> RecordSchema {
    of_record::<Wire<T>>(T::TYPE, T::VERSION, T::BYTES_MAX)
}

fn of_record<R: JsonSchema>(
    payload: &'static str,
    version: Version,
    bytes_max: usize,
) -> RecordSchema {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<R>();
    schema.insert("title".into(), payload.into());
    schema.insert("description".into(), json!(format!("{payload}, schema version {version}")));
    schema.insert(VERSION_KEY.into(), version.to_string().into());
    narrow(&mut schema, "type", json!({ "const": payload }));
    let pattern = format!(r"^{}\.(0|[1-9]\d*)$", version.major);
    narrow(&mut schema, "schemaversion", json!({ "pattern": pattern }));
    RecordSchema { payload, version, bytes_max, schema: schema.to_value() }
}

/// Says of an attribute what only this record knows of it.
fn narrow(schema: &mut schemars::Schema, attribute: &str, rule: Value) {
    let place = schema.pointer_mut(&format!("/properties/{attribute}"));
    if let (Some(Value::Object(place)), Value::Object(rule)) = (place, rule) {
        place.extend(rule);
    }
}
