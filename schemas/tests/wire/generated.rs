//! The checked-in schemas are those of the types. After a change:
//! `UPDATE_EXPECT=1 cargo test -p schemas generated`, and look at the difference.

use expect_test::expect_file;
use schemas::{asyncapi, schema};
use serde_json::Value;

fn check(file: &str, document: &Value) {
    let text = format!("{}\n", serde_json::to_string_pretty(document).unwrap());
    expect_file![format!("../../generated/{file}")].assert_eq(&text);
}

#[test]
fn json_schemas() {
    for record in schema::all() {
        check(&format!("{}.schema.json", record.name()), &record.schema);
    }
}

#[test]
fn arrow_columns() {
    check("metric-batch.arrow.json", &asyncapi::arrow_columns());
}

#[test]
fn asyncapi_document() {
    check("asyncapi.json", &asyncapi::document());
}

#[test]
fn nothing_else_lies_there() {
    let mut expected: Vec<_> =
        schema::all().iter().map(|record| format!("{}.schema.json", record.name())).collect();
    expected.extend(["asyncapi.json", "metric-batch.arrow.json"].map(str::to_owned));
    expected.sort();
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/generated")).unwrap();
    let mut found: Vec<_> =
        folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, expected);
}

/// A reference to nothing would be seen by subscribers only.
#[test]
fn every_reference_of_the_asyncapi_document_leads_somewhere() {
    let document = asyncapi::document();
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 40);
    for reference in references {
        match reference.strip_prefix('#') {
            Some(pointer) => assert!(document.pointer(pointer).is_some(), "{reference}"),
            None => {
                let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/generated");
                assert!(std::path::Path::new(folder).join(&reference).exists(), "{reference}");
            }
        }
    }
}

fn collect_references(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().for_each(|item| collect_references(item, references));
        }
        Value::Object(fields) => {
            references.extend(fields.get("$ref").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|field| collect_references(field, references));
        }
        _ => {}
    }
}
