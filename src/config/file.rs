//! The configuration file: YAML, settings by name, and one section for the Kafka client.

use std::path::Path;

use serde_yaml_ng::Value;

use super::Environment;
use crate::settings::{self, CLIENT, SECTIONS};

/// One field of the file.
#[derive(Debug)]
pub(crate) struct Field {
    /// The section it stands in.
    pub(super) section: Option<&'static str>,
    /// Its name.
    pub(super) name: String,
    /// File and line.
    pub(super) place: String,
    value: Value,
}

/// The fields of a file, and what is wrong with the rest.
pub(super) fn read(path: &Path) -> (Vec<Field>, Vec<String>) {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&name, &text),
        Err(error) => {
            (Vec::new(), vec![format!("cannot read the configuration file {name}: {error}")])
        }
    }
}

pub(super) fn parse(name: &str, text: &str) -> (Vec<Field>, Vec<String>) {
    let root = match serde_yaml_ng::from_str(text) {
        Ok(Value::Null) => return (Vec::new(), Vec::new()),
        Ok(Value::Mapping(root)) => root,
        Ok(_) => return (Vec::new(), vec![format!("{name}:1: give settings, `name: value`")]),
        Err(error) => return (Vec::new(), vec![unreadable(name, &error)]),
    };
    let file = File { name, lines: text.lines().collect() };
    let (mut fields, mut problems) = (Vec::new(), Vec::new());
    for (key, value) in root {
        match (file.field(None, &key, value), key.as_str()) {
            (Field { value: Value::Mapping(client), .. }, Some(CLIENT)) => {
                let client = client.into_iter();
                fields.extend(client.map(|(key, value)| file.field(Some(CLIENT), &key, value)));
            }
            (field, Some(CLIENT)) => {
                problems.push(format!("{}: {CLIENT} is no section; give it fields", field.place));
            }
            // It is read by its own form, which knows its lines.
            (_, Some(section)) if SECTIONS.contains(&section) => {}
            (field, _) => fields.push(field),
        }
    }
    (fields, problems)
}

fn unreadable(name: &str, error: &serde_yaml_ng::Error) -> String {
    let line = error.location().map_or(1, |at| at.line());
    format!("{name}:{line}: this is no YAML: {error}")
}

struct File<'t> {
    name: &'t str,
    lines: Vec<&'t str>,
}

impl File<'_> {
    fn field(&self, section: Option<&'static str>, key: &Value, value: Value) -> Field {
        let name = plain(key).unwrap_or_else(|| "(not a name)".to_owned());
        let place = format!("{}:{}", self.name, self.line_of(section, &name));
        Field { section, name, place, value }
    }

    /// The line of a field, from 1; that of its section where it stands in braces.
    fn line_of(&self, section: Option<&str>, name: &str) -> usize {
        let above = section.map_or(0, |section| self.line_of(None, section));
        let is_it = |line: &&str| {
            let indented = line.starts_with([' ', '\t']);
            indented == section.is_some() && key_of(line) == Some(name)
        };
        let index = self.lines.iter().skip(above).position(is_it);
        index.map_or(above.max(1), |index| above + index + 1)
    }
}

fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.trim_start().split_once(':')?;
    Some(key.trim_end().trim_matches(['"', '\'']))
}

/// A value as text, where it is a word or a number.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}

impl Field {
    /// Its text, with variables of the environment put in.
    pub(super) fn text(&self, environment: Environment<'_>) -> Result<String, String> {
        let what =
            || format!("{}: {} has no plain value; give a word or a number", self.place, self.name);
        let text = plain(&self.value).ok_or_else(what)?;
        expand(&text, environment).map_err(|why| format!("{}: {}: {why}", self.place, self.name))
    }

    /// The same for a secret, which may also stand in a file of its own: `{file: PATH}`.
    pub(super) fn secret(&self, environment: Environment<'_>) -> Result<String, String> {
        let Value::Mapping(fields) = &self.value else { return self.text(environment) };
        let wrong = |why: &str| format!("{}: {}: {why}", self.place, self.name);
        let path = fields.get("file").and_then(plain).filter(|_| fields.len() == 1);
        let path = path.ok_or_else(|| wrong("give a word, a number or {file: PATH}"))?;
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| wrong(&format!("cannot read {path}: {error}")))?;
        // Editors and `kubectl create secret` leave a line end that is not meant.
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Why a field that is no setting is refused.
    pub(super) fn unknown(&self) -> String {
        let instead = if self.name.contains('.') {
            format!("settings of the Kafka client stand under `{CLIENT}:`")
        } else {
            nearest(&self.name).map_or_else(
                || {
                    format!(
                        "known are {CLIENT}, {}, {}",
                        SECTIONS.join(", "),
                        known().collect::<Vec<_>>().join(", ")
                    )
                },
                |near| format!("did you mean {near}?"),
            )
        };
        format!("{}: there is no setting {}; {instead}", self.place, self.name)
    }
}

fn known() -> impl Iterator<Item = &'static str> {
    settings::all().map(|setting| setting.name)
}

fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase().replace('-', "_");
    let distance = |known: &'static str| (strsim::osa_distance(&name, known), known);
    let near = known().chain([CLIENT]).chain(SECTIONS).map(distance).min()?;
    (near.0 <= 1 + name.len() / 4).then_some(near.1)
}

/// Puts variables of the environment in: `${NAME}`, and `$${` for a `${` that is meant as such.
pub(super) fn expand(text: &str, environment: Environment<'_>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            expanded.extend([before, "${"]);
            rest = after;
            continue;
        }
        let (name, after) = after.split_once('}').ok_or("a `${` has no `}`")?;
        let value = environment(name);
        let value =
            value.ok_or_else(|| format!("the environment has no variable {name}; set it"))?;
        expanded.extend([before, &value]);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}
