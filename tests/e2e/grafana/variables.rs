//! The variables of a dashboard and how their values get into a query.
//!
//! **Invariant:** the text is gone through once, so a value that looks like a variable stays what it is.

#![allow(
    clippy::string_slice,
    reason = "each cut lies beside an ASCII letter that was found, and a panic is how a test fails"
)]

use std::collections::BTreeMap;

/// What is chosen, by variable.
#[derive(Debug, Clone, Default)]
pub(super) struct Values(BTreeMap<String, Chosen>);

#[derive(Debug, Clone)]
struct Chosen {
    values: Vec<String>,
    /// Whether several may be chosen: then values stand in quotes even without a format.
    several: bool,
}

/// `$name`, `${name}`, `${name:format}`, `[[name]]`, `[[name:format]]` at the start of a text.
struct Place<'a> {
    text: &'a str,
    name: &'a str,
    format: Option<&'a str>,
}

impl Values {
    pub(super) fn set(&mut self, name: &str, values: &[&str], several: bool) {
        let values = values.iter().map(ToString::to_string).collect();
        self.0.insert(name.to_owned(), Chosen { values, several });
    }

    /// Gives every variable other values, but for those in `kept`.
    pub(super) fn set_all_but(&mut self, kept: &[&str], values: &[&str]) {
        for (name, chosen) in &mut self.0 {
            if !kept.contains(&name.as_str()) {
                // Grafana has an empty text where one value is to be chosen and there is none.
                let one = [values.first().copied().unwrap_or_default()];
                let some = if chosen.several { values } else { &one };
                chosen.values = some.iter().map(ToString::to_string).collect();
            }
        }
    }

    /// The first that is chosen of each.
    pub(super) fn first_of(&self, name: &str) -> Self {
        let mut one = self.clone();
        if let Some(chosen) = one.0.get_mut(name) {
            chosen.values.truncate(1);
        }
        one
    }

    pub(super) fn put_into(&self, sql: &str) -> Result<String, String> {
        let (mut out, mut rest) = (String::new(), sql);
        while let Some(at) = rest.find(['$', '[']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let place = Place::at_start(rest);
            let text = match &place {
                Some(place) => self.0.get(place.name).map(|c| c.text(place.format)).transpose()?,
                None => None,
            };
            let length = text.as_ref().and(place).map_or(1, |place| place.text.len());
            out.push_str(text.as_deref().unwrap_or(&rest[..1]));
            rest = &rest[length..];
        }
        Ok(out + rest)
    }
}

impl<'a> Place<'a> {
    fn at_start(text: &'a str) -> Option<Self> {
        for (open, close) in [("${", "}"), ("[[", "]]")] {
            if let Some(inner) = text.strip_prefix(open) {
                let (inner, _) = inner.split_once(close)?;
                let (name, format) =
                    inner.split_once(':').map_or((inner, None), |(n, f)| (n, Some(f)));
                return Some(Self {
                    text: &text[..open.len() + inner.len() + close.len()],
                    name,
                    format,
                });
            }
        }
        let inner = text.strip_prefix('$')?;
        let end = inner.find(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric());
        let name = &inner[..end.unwrap_or(inner.len())];
        Some(Self { text: &text[..=name.len()], name, format: None })
    }
}

impl Chosen {
    fn text(&self, format: Option<&str>) -> Result<String, String> {
        let joined = |each: &dyn Fn(&str) -> String| {
            self.values.iter().map(|value| each(value)).collect::<Vec<_>>().join(",")
        };
        Ok(match format {
            Some("sqlstring") => {
                joined(&|value| format!("'{}'", escape(value).replace('"', "\\\"")))
            }
            Some("csv" | "raw") => joined(&ToString::to_string),
            None if self.several => joined(&|value| format!("'{}'", escape(value))),
            None => joined(&escape),
            Some(other) => Err(format!("a format that no dashboard should need in SQL: {other}"))?,
        })
    }
}

fn escape(value: &str) -> String {
    value.replace('\'', "''")
}
