//! The types are compatible with `baseline/`, the schemas of the last release.
//!
//! A change that these tests refuse needs a new major version. A change that they accept needs a
//! new minor version, once between two releases. With a release the baseline moves on:
//! `cp generated/*.schema.json generated/*.arrow.json baseline/`.

use std::fs;
use std::path::PathBuf;

use schemas::version::Version;
use schemas::{asyncapi, schema};
use serde_json::{Value, json};

use crate::breaks::breaks;

fn baseline(file: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("baseline").join(file);
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

fn version(schema: &Value) -> Version {
    schema[schema::VERSION_KEY].as_str().unwrap().parse().unwrap()
}

#[test]
fn no_type_breaks_its_readers() {
    for record in schema::all() {
        let old = baseline(&format!("{}.schema.json", record.name()));
        if version(&old).major == record.version.major {
            let found = breaks(&old, &record.schema);
            assert!(found.is_empty(), "{}: {found:#?}\nraise its major version", record.payload);
        }
    }
}

#[test]
fn a_changed_type_has_a_greater_version() {
    for record in schema::all() {
        let old = baseline(&format!("{}.schema.json", record.name()));
        if without_words(&old) != without_words(&record.schema) {
            let (before, now) = (version(&old), record.version);
            assert!(now > before, "{} has changed: raise its version {now}", record.payload);
        }
    }
}

#[test]
fn no_type_has_disappeared() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/baseline");
    let known: Vec<_> = schema::all().iter().map(|r| format!("{}.schema.json", r.name())).collect();
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&file) || file == "metric-batch.arrow.json", "{file}");
    }
}

/// Readers take the columns by their place, and later ones may follow.
#[test]
fn the_columns_of_a_batch_stay_where_they_are() {
    let (old, new) = (baseline("metric-batch.arrow.json"), asyncapi::arrow_columns());
    for part in ["columns", "metadata"] {
        let (before, after) = (old[part].as_array().unwrap(), new[part].as_array().unwrap());
        let kept = before.iter().zip(after).filter(|(before, after)| before == after).count();
        assert_eq!(kept, before.len(), "{part}: {after:?}");
    }
}

fn without_words(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let rules = fields.iter().filter(|(name, value)| {
                // A property may have the name of a keyword; its value is then a schema.
                value.is_object() || !["description", "title"].contains(&name.as_str())
            });
            rules.map(|(name, value)| (name.clone(), without_words(value))).collect()
        }
        Value::Array(items) => items.iter().map(without_words).collect(),
        other => other.clone(),
    }
}

/// A schema with one of everything that the types use.
fn sample() -> Value {
    json!({
        "type": "object",
        "required": ["id", "state", "resource"],
        "additionalProperties": true,
        "properties": {
            "id": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
            "state": { "$ref": "#/definitions/State" },
            "count": { "type": ["integer", "null"], "format": "int64" },
            "level": { "anyOf": [{ "$ref": "#/definitions/State" }, { "type": "null" }] },
            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
            "items": { "type": "array", "items": { "type": "string" } },
            "resource": { "allOf": [{ "$ref": "#/definitions/Resource" }], "description": "x" },
        },
        "definitions": {
            "State": { "oneOf": [{ "const": "on" }, { "enum": ["off", "unknown"] }] },
            "Resource": {
                "type": "object",
                "additionalProperties": false,
                "required": ["name"],
                "properties": { "name": { "type": "string" } },
            },
        },
    })
}

/// Puts a value at a place of the sample, or takes away what is there, and says what breaks.
#[track_caller]
fn check(place: &str, change: Option<Value>, expected: &[&str]) {
    let mut new = sample();
    let (parent, name) = place.rsplit_once('/').unwrap();
    let parent = new.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match change {
        Some(value) => drop(parent.insert(name.to_owned(), value)),
        None => drop(parent.remove(name).unwrap()),
    }
    assert_eq!(breaks(&sample(), &new), expected, "{place}");
}

#[test]
fn a_field_is_not_removed() {
    check("/properties/count", None, &["/count is gone"]);
    check("/properties/id", None, &["/id is gone"]);
    let resource = json!({ "type": "object", "required": ["name"], "additionalProperties": false });
    check("/definitions/Resource", Some(resource), &["/resource/name is gone"]);
}

#[test]
fn a_value_keeps_its_type() {
    let number = || Some(json!({ "type": "number" }));
    check("/properties/items", number(), &["/items has another type"]);
    check("/properties/items/items", number(), &["/items/items has another type"]);
    check(
        "/properties/labels/additionalProperties",
        number(),
        &["/labels/additionalProperties has another type"],
    );
    check("/properties/count/type", Some(json!("integer")), &["/count has another type"]);
    check(
        "/properties/level",
        Some(json!({ "$ref": "#/definitions/State" })),
        &["/level has another type"],
    );
}

#[test]
fn a_value_keeps_its_rules() {
    check("/properties/count/format", Some(json!("int32")), &["/count has another rule"]);
    check("/properties/count/minimum", Some(json!(0)), &["/count has another rule"]);
    check("/properties/id/pattern", None, &["/id has another rule"]);
    check("/additionalProperties", Some(json!(false)), &["/additionalProperties has another rule"]);
}

#[test]
fn a_field_does_not_become_required_nor_optional() {
    let required = |names: &[&str]| Some(json!(names));
    check(
        "/required",
        required(&["id", "state", "resource", "count"]),
        &["/\"count\" is now required"],
    );
    check("/required", required(&["id", "state"]), &["/\"resource\" is no longer required"]);
}

#[test]
fn a_value_of_an_enumeration_is_not_removed() {
    let fewer = json!({ "enum": ["off", "on"] });
    check(
        "/definitions/State",
        Some(fewer),
        &["/level may no longer be \"unknown\"", "/state may no longer be \"unknown\""],
    );
}

#[test]
fn a_closed_object_gets_no_field() {
    let closed = "/definitions/Resource/properties/owner";
    let expected = ["/resource/owner is new where older readers refuse it"];
    check(closed, Some(json!({ "type": "string" })), &expected);
}

#[test]
fn what_older_readers_can_ignore_may_be_added() {
    check("/properties/owner", Some(json!({ "type": ["string", "null"] })), &[]);
    check("/definitions/State", Some(json!({ "enum": ["off", "on", "unknown", "half"] })), &[]);
    check("/properties/id/description", Some(json!("Other words.")), &[]);
    check("/definitions/Other", Some(json!({ "type": "string" })), &[]);
}

/// The rules hold for a type as it is derived, not only for a schema written for the test.
#[test]
fn changes_of_a_real_type_are_seen() {
    let event = schema::all().into_iter().find(|record| record.name() == "event").unwrap().schema;
    let changes: [fn(&mut Value); 4] = [
        |new| {
            drop(new["definitions"]["Event"]["properties"].as_object_mut().unwrap().remove("text"))
        },
        |new| new["definitions"]["Event"]["properties"]["action"]["type"] = "integer".into(),
        |new| new["definitions"]["Event"]["required"].as_array_mut().unwrap().push("text".into()),
        |new| drop(new["definitions"]["Outcome"]["oneOf"].as_array_mut().unwrap().pop()),
    ];
    for change in changes {
        let mut new = event.clone();
        change(&mut new);
        assert_eq!(breaks(&event, &new).len(), 1);
    }
    assert!(breaks(&event, &event).is_empty());
}
