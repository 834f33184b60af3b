//! Knowledge: what a document was found to be about.
//!
//! **Invariant:** entities that the source extracted are counted as they came; only where it gave none
//! are they looked for in the text, and then each has its type.

use schemas::envelope::Extra;
use schemas::event::Event;
use serde_json::{Value, json};

use super::entities::found_in;
use super::given;
use super::text::beginning;

/// So much of a text is searched.
const TEXT_BYTES_MAX: usize = 65_536;

pub(super) fn apply(event: &mut Event) {
    let extra = &mut event.extra;
    if let Some(text) = event.text.as_deref().filter(|text| !text.is_empty()) {
        given::add(extra, "characters", Some(given::signed(text.chars().count())));
        search(extra, text);
    }
    if extra.get("entities").is_some_and(Value::is_array) {
        let count = given::list(extra, "entities").iter().filter(|entity| is_named(entity)).count();
        given::add(extra, "entity_count", Some(given::signed(count)));
    }
}

/// Adds also a count of 0: it was looked for.
fn search(extra: &mut Extra, text: &str) {
    if given::has(extra, "entities") {
        return;
    }
    let found = found_in(beginning(text, TEXT_BYTES_MAX));
    given::add(extra, "entity_count", Some(given::signed(found.len())));
    let typed = found.into_iter().map(|entity| json!({"type": entity.sort, "name": entity.name}));
    given::add_list(extra, "entities", typed.collect());
}

/// A text, or an object that has a name.
fn is_named(entity: &Value) -> bool {
    let name = entity.as_str().or_else(|| entity.get("name")?.as_str());
    name.is_some_and(|name| !name.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use schemas::kind::Kind;

    use super::*;
    use crate::transform::testing::added;

    #[test]
    fn extractions() {
        let text = Some("Ask ana@example.com about SHOP-17, see https://example.com/a.");
        let rows = [
            added(
                Kind::Knowledge,
                &json!({"entities": ["a", {"name": "b", "type": "x"}, 3, ""]}),
                text,
            ),
            added(Kind::Knowledge, &json!({}), text),
            added(Kind::Knowledge, &json!({"entities": null}), Some("Nothing to find.")),
            added(Kind::Knowledge, &json!({"entities": "a, b"}), text),
            added(Kind::Knowledge, &json!({"entities": [], "entity_count": 9}), None),
            added(Kind::Knowledge, &json!({}), None),
        ];
        expect![[r#"
            {"characters":61,"entity_count":2}
            {"characters":61,"entities":[{"name":"ana@example.com","type":"email"},{"name":"SHOP-17","type":"ticket"},{"name":"https://example.com/a","type":"url"}],"entity_count":3}
            {"characters":16,"entity_count":0}
            {"characters":61}
            {}
            {}"#]].assert_eq(&rows.join("\n"));
    }
}
