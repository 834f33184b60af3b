//! Examples beside a rule: `NAME.test.yaml` beside `NAME.yaml`, with events that the rule has to match
//! and events that it has to ignore, as their source writes them.
//!
//! ```yaml
//! common: {eventVersion: '1.09', awsRegion: eu-west-1}   # what each event has unless it says otherwise
//! matches:
//!   - {eventSource: s3.amazonaws.com, eventName: DeleteBucket}
//! ignores:
//!   - {eventSource: s3.amazonaws.com, eventName: DeleteBucket, errorCode: AccessDenied}
//! ```
//!
//! Beside stateful rules it holds timelines, in the lists `fires` and `quiet` (see [`timeline`]).

use serde_yaml_ng::{Mapping, Value};

use crate::check::Check;
use crate::problem::Problem;
use crate::set::Text;
use crate::timeline::{self, Timeline};
use crate::yaml::{Document, documents};

const FIELDS: [&str; 8] =
    ["about", "common", "matches", "ignores", "events", "fires", "quiet", "timelines"];
/// Lists of timelines: those of which something is said, those of which nothing is, and those that say
/// which they are.
const TIMELINES: [&str; 3] = ["fires", "quiet", "timelines"];

/// What stands beside a rule.
#[derive(Debug, Default)]
pub struct Examples {
    /// Events it has to match.
    pub matches: Vec<Example>,
    /// Events it has to ignore.
    pub ignores: Vec<Example>,
    /// Timelines, for stateful rules.
    pub timelines: Vec<Timeline>,
}

/// One event.
#[derive(Debug)]
pub struct Example {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// The event, as JSON.
    pub json: String,
}

/// Reads the examples of a file.
///
/// # Errors
/// All that is wrong with it.
pub fn read(file: &Text) -> Result<Examples, Vec<Problem>> {
    let mut problems = Vec::new();
    let documents = documents(&file.file, &file.text);
    let empty = Document::of(&file.file, &file.text);
    let document = documents.first().unwrap_or(&empty);
    let value = document.parse().map_err(|problem| vec![problem])?;
    let mut check = Check::new(document, &mut problems);
    let Some(fields) = value.as_mapping() else {
        check.error(&[], "examples are two lists of events: `matches` and `ignores`");
        return Err(problems);
    };
    for key in fields.keys().filter_map(Value::as_str).filter(|key| !FIELDS.contains(key)) {
        let near = crate::near::did_you_mean(key, FIELDS);
        check.error(&[key], format!("unknown field `{key}`{near}"));
    }
    let common = fields.get("common").and_then(Value::as_mapping).cloned().unwrap_or_default();
    let has = |name: &str| fields.get(name).is_some_and(|list| !list.is_null());
    let are_timelines = TIMELINES.into_iter().any(has);
    let mut events = |name: &str| match are_timelines && !has(name) {
        true => Vec::new(),
        false => list(name, fields, &common, &mut check),
    };
    let (matches, ignores) = (events("matches"), events("ignores"));
    let timelines = timelines(fields, &mut check);
    if problems.is_empty() { Ok(Examples { matches, ignores, timelines }) } else { Err(problems) }
}

fn timelines(fields: &Mapping, check: &mut Check<'_>) -> Vec<Timeline> {
    let mut all = Vec::new();
    for list in TIMELINES {
        all.append(&mut timeline::read(list, fields, list == "quiet", check));
    }
    let says = |fires: bool| all.iter().any(|of| fires == (of.fires != Some(Vec::new())));
    for (list, fires) in [("fires", true), ("quiet", false)] {
        if !all.is_empty() && !says(fires) {
            check.error(&[list], format!("there is no timeline in `{list}`; give at least one"));
        }
    }
    all
}

fn list(name: &str, fields: &Mapping, common: &Mapping, check: &mut Check<'_>) -> Vec<Example> {
    let given = fields.get(name).and_then(Value::as_sequence).map_or(&[][..], Vec::as_slice);
    if given.is_empty() {
        check.error(&[name], format!("there is no event in `{name}`; give at least one"));
    }
    let lines = check.document.items_of(name);
    let example = |(place, event): (usize, &Value)| {
        let line = lines.get(place).copied().unwrap_or_else(|| check.document.line_of(&[name]));
        let mut all = common.clone();
        all.extend(event.as_mapping()?.clone());
        Some(Example { line, json: serde_json::to_string(&all).ok()? })
    };
    let read: Vec<Example> = given.iter().enumerate().filter_map(example).collect();
    if read.len() < given.len() {
        check.error(&[name], format!("`{name}` is a list of events: fields and values"));
    }
    read
}
