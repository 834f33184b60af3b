//! The `AsyncAPI` 3 document: topics, their records and who writes them, for subscribers and
//! producers. It refers to the JSON Schemas that lie beside it.

use serde_json::{Map, Value, json};

use crate::metric;
use crate::schema::{self, RecordSchema};
use crate::time::Time;
use crate::topic::{self, Cleanup, Topic};

/// The document.
#[must_use]
pub fn document() -> Value {
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Isobar topics",
            "version": "1.0.0",
            "description": "Records are CloudEvents 1.0 in structured JSON, except batches of \
                points, which are Arrow IPC streams. Fields may be added in minor versions: \
                ignore those you do not know.",
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": topic::ALL.iter().map(channel).collect::<Map<_, _>>(),
        "operations": topic::ALL.iter().map(operation).collect::<Map<_, _>>(),
        "components": { "messages": messages() },
    })
}

/// Names in references may hold no dots, so channels and messages are named without `isobar.`.
fn short(name: &str) -> String {
    name.strip_prefix("isobar.").unwrap_or(name).replace('.', "-")
}

fn channel(topic: &Topic) -> (String, Value) {
    let names = if topic.payloads.is_empty() { &["foreign"][..] } else { topic.payloads };
    let reference = |name: &&str| {
        let name = short(name);
        (name.clone(), json!({ "$ref": format!("#/components/messages/{name}") }))
    };
    let value = json!({
        "address": topic.name,
        "description": format!("{}; key: {}", topic.description, topic.key),
        "messages": names.iter().map(reference).collect::<Map<_, _>>(),
        "bindings": { "kafka": {
            "topic": topic.name,
            "partitions": topic.partitions,
            "topicConfiguration": configuration(topic),
            "bindingVersion": "0.5.0",
        } },
    });
    (short(topic.name), value)
}

fn configuration(topic: &Topic) -> Value {
    let limit = topic.message_bytes_max;
    match topic.cleanup {
        Cleanup::Compact => json!({ "cleanup.policy": ["compact"], "max.message.bytes": limit }),
        Cleanup::Delete { retention_days } => json!({
            "cleanup.policy": ["delete"],
            "max.message.bytes": limit,
            "retention.ms": u64::from(retention_days) * 86_400_000,
        }),
    }
}

fn operation(topic: &Topic) -> (String, Value) {
    let (verb, action) =
        if topic.payloads.is_empty() { ("read", "receive") } else { ("write", "send") };
    let channel = short(topic.name);
    let value = json!({
        "action": action,
        "channel": { "$ref": format!("#/channels/{channel}") },
        "description": format!("written by {}", topic.writers.join(", ")),
    });
    (format!("{verb}-{channel}"), value)
}

fn messages() -> Map<String, Value> {
    let records = schema::all().into_iter().map(|record| (record.name().to_owned(), json(&record)));
    let others = [("metric-batch".to_owned(), metric_batch()), ("foreign".to_owned(), foreign())];
    records.chain(others).collect()
}

fn json(record: &RecordSchema) -> Value {
    json!({
        "name": record.payload,
        "title": format!("{} {}", record.payload, record.version),
        "contentType": "application/cloudevents+json",
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-07",
            "schema": { "$ref": format!("./{}.schema.json", record.name()) },
        },
    })
}

fn foreign() -> Value {
    json!({
        "name": "foreign",
        "title": "What a producer sends",
        "description": "Any of the formats that the processors read; what they cannot read goes \
            to isobar.dead-letter.",
    })
}

fn metric_batch() -> Value {
    json!({
        "name": metric::TYPE,
        "title": format!("{} {}", metric::TYPE, metric::VERSION),
        "contentType": "application/vnd.apache.arrow.stream",
        "payload": {
            "schemaFormat": "application/vnd.apache.arrow.stream",
            "schema": arrow_columns(),
        },
    })
}

/// The Arrow schema of a batch in words; the baseline freezes it as it does the JSON Schemas.
#[must_use]
pub fn arrow_columns() -> Value {
    let schema = metric::arrow_schema(Time::MIN);
    let column = |field: &arrow_schema::FieldRef| {
        json!({
            "name": field.name(),
            "type": field.data_type().to_string(),
            "nullable": field.is_nullable(),
        })
    };
    json!({
        "columns": schema.fields().iter().map(column).collect::<Vec<_>>(),
        "metadata": schema.metadata().keys().collect::<Vec<_>>(),
    })
}
