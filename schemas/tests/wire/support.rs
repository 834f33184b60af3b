//! Golden samples, and a walk through a sample along its schema.

use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value};

/// The samples of a type: their versions and what they hold.
pub(crate) fn samples(name: &str) -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut samples: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| {
            let version = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (version, serde_json::from_slice(&fs::read(&path).unwrap()).unwrap())
        })
        .collect();
    samples.sort_by(|(a, _), (b, _)| a.cmp(b));
    samples
}

/// An object's schema, and where the object stands.
pub(crate) struct Place<'a> {
    pub(crate) path: String,
    schema: &'a Map<String, Value>,
}

impl Place<'_> {
    /// Whether the object may hold fields that the schema does not name.
    pub(crate) fn is_open(&self) -> bool {
        self.schema.get("additionalProperties") == Some(&Value::Bool(true))
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &String> {
        self.schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys)
    }
}

type Visit<'v> = &'v mut dyn FnMut(&Place<'_>, &mut Map<String, Value>);

/// Calls `visit` for each object of the sample that the schema describes field by field.
pub(crate) fn visit_objects(root: &Value, sample: &mut Value, visit: Visit<'_>) {
    walk(root, root, sample, "/".into(), visit);
}

fn walk(root: &Value, schema: &Value, value: &mut Value, path: String, visit: Visit<'_>) {
    let schema = resolve(root, schema);
    match value {
        Value::Array(items) => {
            for item in items {
                walk(root, &schema["items"], item, path.clone(), visit);
            }
        }
        Value::Object(object) => {
            let Some(properties) = schema["properties"].as_object() else { return };
            for (name, value) in object.iter_mut() {
                if let Some(property) = properties.get(name) {
                    walk(root, property, value, format!("{path}{name}/"), visit);
                }
            }
            visit(&Place { path, schema: schema.as_object().unwrap() }, object);
        }
        _ => {}
    }
}

/// Follows references, and of several possibilities takes the one that is no null.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolve(root, root.pointer(reference.trim_start_matches('#')).unwrap());
    }
    for list in ["allOf", "anyOf"] {
        if let Some(choice) = schema[list].as_array() {
            let choice = choice.iter().find(|choice| choice["type"] != "null").unwrap();
            return resolve(root, choice);
        }
    }
    schema
}
