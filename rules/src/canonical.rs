//! One text for what means the same: the hash of it is a rule's version, which comments, white space
//! and the order of keys do not change.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

/// The text of a value: JSON, the keys of mappings in order.
pub(crate) fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(&bool.to_string()),
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::String(string) => out.push_str(&quoted(string)),
        Value::Sequence(items) => {
            out.push('[');
            items.iter().for_each(|item| separated(item, out));
            out.push(']');
        }
        Value::Mapping(mapping) => {
            let sorted: BTreeMap<String, &Value> =
                mapping.iter().map(|(key, value)| (text(key), value)).collect();
            out.push('{');
            for (key, value) in sorted {
                out.push_str(&key);
                out.push(':');
                separated(value, out);
            }
            out.push('}');
        }
        Value::Tagged(tagged) => {
            out.push_str(&tagged.tag.to_string());
            write(&tagged.value, out);
        }
    }
}

fn separated(value: &Value, out: &mut String) {
    write(value, out);
    out.push(',');
}

fn quoted(string: &str) -> String {
    serde_json::Value::from(string).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(yaml: &str) -> String {
        text(&serde_yaml_ng::from_str(yaml).unwrap())
    }

    #[test]
    fn order_and_comments_do_not_count_and_values_do() {
        assert_eq!(of("b: [1, x] # why\na: 'y'"), of("a: y\nb:\n  - 1\n  - x"));
        assert_ne!(of("a: 1"), of("a: '1'"));
        assert_ne!(of("a: [b, c]"), of("a: [c, b]"));
        assert_ne!(of("a: [[b], c]"), of("a: [[b, c]]"));
    }
}
