//! What a change of a schema breaks, for readers of before or after it.
//!
//! Within a major version each reader reads each record, older or newer. So no field may be
//! removed or become required (newer readers would miss it in older records) or stop being
//! required (older readers would miss it in newer ones), and no value may change its type.

use std::collections::BTreeSet;

use serde_json::Value;

/// Words for people, and what is compared on its own below.
const NOT_RULES: [&str; 17] = [
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "definitions",
    "description",
    "enum",
    "items",
    "oneOf",
    "properties",
    "required",
    "title",
    "type",
    schemas::schema::VERSION_KEY,
];

/// One sentence for each thing that is broken.
pub(crate) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(Node::new(old, old), Node::new(new, new), "", &mut found);
    found
}

/// A schema within its document, references and nulls taken off.
#[derive(Clone, Copy)]
struct Node<'a> {
    root: &'a Value,
    schema: &'a Value,
    nullable: bool,
}

impl<'a> Node<'a> {
    fn new(root: &'a Value, schema: &'a Value) -> Self {
        if let Some(reference) = schema["$ref"].as_str() {
            return Self::new(root, root.pointer(reference.trim_start_matches('#')).unwrap());
        }
        for list in ["allOf", "anyOf"] {
            if let Some(choices) = schema[list].as_array() {
                let null = |choice: &&Value| choice["type"] == "null";
                let choice = choices.iter().find(|choice| !null(choice)).unwrap();
                let nullable = choices.iter().any(|choice| null(&choice));
                assert_eq!(choices.len(), 1 + usize::from(nullable), "cannot compare {schema}");
                return Self { nullable, ..Self::new(root, choice) };
            }
        }
        Self { root, schema, nullable: values(&schema["type"]).contains("\"null\"") }
    }

    fn child(self, schema: &'a Value) -> Self {
        Self::new(self.root, schema)
    }

    fn types(self) -> BTreeSet<String> {
        let mut types = values(&self.schema["type"]);
        types.remove("\"null\"");
        types
    }

    /// The values of an enumeration, in whichever way the schema lists them.
    fn enumeration(self) -> BTreeSet<String> {
        let mut listed = values(&self.schema["const"]);
        listed.extend(values(&self.schema["enum"]));
        for choice in self.schema["oneOf"].as_array().into_iter().flatten() {
            listed.extend(self.child(choice).enumeration());
        }
        listed
    }

    fn properties(self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.schema["properties"].as_object().into_iter().flatten()
    }
}

/// The members of a list, or the one value that stands for a list of one.
fn values(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Null => BTreeSet::new(),
        Value::Array(items) => items.iter().map(Value::to_string).collect(),
        one => BTreeSet::from([one.to_string()]),
    }
}

fn compare(old: Node<'_>, new: Node<'_>, path: &str, found: &mut Vec<String>) {
    if old.types() != new.types() || old.nullable != new.nullable {
        return found.push(format!("{path} has another type"));
    }
    let removed: Vec<_> = old.enumeration().difference(&new.enumeration()).cloned().collect();
    if !removed.is_empty() || old.enumeration().is_empty() != new.enumeration().is_empty() {
        found.push(format!("{path} may no longer be {}", removed.join(", ")));
    }
    compare_rules(old, new, path, found);
    compare_required(old, new, path, found);
    compare_properties(old, new, path, found);
    for part in ["items", "additionalProperties"] {
        let (before, after) = (&old.schema[part], &new.schema[part]);
        let path = format!("{path}/{part}");
        if before.is_object() && after.is_object() {
            compare(old.child(before), new.child(after), &path, found);
        } else if before != after {
            found.push(format!("{path} has another rule"));
        }
    }
}

fn compare_rules(old: Node<'_>, new: Node<'_>, path: &str, found: &mut Vec<String>) {
    let rules = |node: Node<'_>| {
        let mut rules = node.schema.as_object().cloned().unwrap_or_default();
        rules.retain(|name, _| !NOT_RULES.contains(&name.as_str()));
        rules
    };
    if rules(old) != rules(new) {
        found.push(format!("{path} has another rule"));
    }
}

fn compare_required(old: Node<'_>, new: Node<'_>, path: &str, found: &mut Vec<String>) {
    let (before, after) = (values(&old.schema["required"]), values(&new.schema["required"]));
    found.extend(after.difference(&before).map(|name| format!("{path}/{name} is now required")));
    found.extend(
        before.difference(&after).map(|name| format!("{path}/{name} is no longer required")),
    );
}

fn compare_properties(old: Node<'_>, new: Node<'_>, path: &str, found: &mut Vec<String>) {
    for (name, property) in old.properties() {
        let path = format!("{path}/{name}");
        match new.schema["properties"].get(name) {
            Some(after) => compare(old.child(property), new.child(after), &path, found),
            None => found.push(format!("{path} is gone")),
        }
    }
    for (name, _) in new.properties() {
        let added = old.schema["properties"].get(name).is_none();
        if added && old.schema["additionalProperties"] == Value::Bool(false) {
            found.push(format!("{path}/{name} is new where older readers refuse it"));
        }
    }
}
