//! A JSON text with holes: written once for people, filled many times a second.
//!
//! **Invariant:** every hole has a name that is asked for, and every name asked for has a hole;
//! a mistake is told when the company is made.

use anyhow::Context as _;

/// A text with `N` kinds of holes.
#[derive(Debug)]
pub(super) struct Template<const N: usize> {
    /// A text, and which hole follows it.
    parts: Vec<(String, usize)>,
    end: String,
}

impl<const N: usize> Template<N> {
    /// Takes JSON apart at holes: `"a <name> b"` inside of a text, `"<#name#>"` for what is no text.
    /// Spaces between its parts are for readers only and are dropped.
    pub(super) fn new(json: &str, names: [&str; N]) -> anyhow::Result<Self> {
        serde_json::from_str::<serde::de::IgnoredAny>(json)?;
        let compact = without_spaces(json).replace("\"<#", "<#").replace("#>\"", "#>");
        let (mut parts, mut rest) = (Vec::new(), compact.as_str());
        while let Some((before, after)) = rest.split_once('<') {
            let (name, after) = after.split_once('>').context("a hole that does not end")?;
            let name = name.trim_matches('#');
            let number = names.iter().position(|known| *known == name);
            parts.push((before.to_owned(), number.with_context(|| format!("no value: {name}"))?));
            rest = after;
        }
        let unused = (0..N).find(|name| !parts.iter().any(|(_, hole)| hole == name));
        anyhow::ensure!(unused.is_none(), "no hole for value {unused:?} of {names:?}");
        Ok(Self { end: rest.to_owned(), parts })
    }

    /// The text with values in its holes, in the order of the names.
    pub(super) fn fill(&self, values: [&str; N]) -> String {
        let mut text = String::with_capacity(1_024);
        for (part, hole) in &self.parts {
            text.push_str(part);
            text.push_str(values.get(*hole).copied().unwrap_or_default());
        }
        text.push_str(&self.end);
        text
    }
}

/// Leaves out what stands between the parts of JSON.
fn without_spaces(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |letter: &char| {
        let ends = *letter == '"' && !escaped;
        escaped = *letter == '\\' && !escaped;
        inside ^= ends;
        inside || !letter.is_whitespace()
    };
    json.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_filled_and_spaces_between_parts_are_gone() {
        let json =
            "{\n  \"a b\": \"x <one> \\\" y\", \"n\": \"<#two#>\",\n  \"again\": \"<one>\" }";
        let template = Template::new(json, ["one", "two"]).unwrap();
        let filled = template.fill(["1", "2"]);
        assert_eq!(filled, r#"{"a b":"x 1 \" y","n":2,"again":"1"}"#);
    }

    #[test]
    fn mistakes_are_told() {
        assert!(Template::new(r#"{"a": "<b>"}"#, ["c"]).is_err());
        assert!(Template::new(r#"{"a": "<b>"}"#, ["b", "c"]).is_err());
        assert!(Template::new(r#"{"a": "<b"}"#, ["b"]).is_err());
        assert!(Template::new(r#"{"a""#, []).is_err());
    }
}
