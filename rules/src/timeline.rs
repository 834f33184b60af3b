//! Timelines: what is sent when, and what stateful rules say of it. They stand beside such rules in
//! `NAME.test.yaml`, in two lists; `events` names messages, whose `$words` each sending fills in.
//!
//! ```yaml
//! events:
//!   login: {eventSource: signin.amazonaws.com, eventName: ConsoleLogin, eventID: $id, eventTime: $time, sourceIPAddress: $from}
//! fires:
//!   - name: three within five minutes
//!     events:
//!       - {at: 0s, send: login, from: 192.0.2.1}
//!       - {at: 60s, send: login, from: 192.0.2.1}
//!       - {at: 4m, send: login, from: 192.0.2.1, arrives: 6m}
//!     fires: [{at: 4m, of: {sourceIPAddress: 192.0.2.1}}]   # left out: at least one rule of the file
//! quiet:
//!   - name: …
//! ```
//!
//! **Invariant:** a timeline is the same messages at the same times whenever it is read: all begin at
//! [`START_MS`], and what nobody names is counted through.

use std::collections::BTreeMap;

use rsigma_parser::Timespan;
use schemas::time::Time;
use serde_yaml_ng::{Mapping, Value};

use crate::check::Check;
use crate::near::did_you_mean;

/// When all timelines begin.
pub const START_MS: i64 = 1_790_000_000_000;
/// Whose an event is, unless it says otherwise.
pub const TENANT: &str = "acme";
/// What a sending says of itself; all else fills in words of its message.
const OF_SENDING: [&str; 5] = ["at", "arrives", "send", "tenant", "id"];

/// What is sent when, and what is said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// What it shows.
    pub name: String,
    /// What sort of timeline it is, where it says so.
    pub kind: String,
    /// What is sent, in the order in which it arrives.
    pub sent: Vec<Sent>,
    /// What is said; `None` when something is, and the file does not say what.
    pub fires: Option<Vec<Expected>>,
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// When it happens.
    pub at_ms: i64,
    /// When it arrives.
    pub arrives_ms: i64,
    /// Whose it is.
    pub tenant: String,
    /// The message, as JSON.
    pub json: String,
}

/// What a stateful rule is to say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// The time of the last hit.
    pub at_ms: i64,
    /// Whose hits.
    pub tenant: String,
    /// The title of the rule, where the file has several.
    pub rule: Option<String>,
    /// What the hits have in common.
    pub of: BTreeMap<String, String>,
}

/// Reads the timelines of a list; those of a `quiet` one say nothing.
pub(crate) fn read(
    list: &str,
    fields: &Mapping,
    is_quiet: bool,
    check: &mut Check<'_>,
) -> Vec<Timeline> {
    let given = fields.get(list).and_then(Value::as_sequence).map_or(&[][..], Vec::as_slice);
    let messages = fields.get("events").and_then(Value::as_mapping).cloned().unwrap_or_default();
    let lines = check.document.items_of(list);
    let mut found = Vec::new();
    for (place, of) in given.iter().enumerate() {
        let line = lines.get(place).copied().unwrap_or(1);
        match timeline(of, place, &messages, is_quiet) {
            Ok(timeline) => found.push(Timeline { line, ..timeline }),
            Err(what) => check.error_at(line, what),
        }
    }
    found
}

fn timeline(
    of: &Value,
    place: usize,
    messages: &Mapping,
    is_quiet: bool,
) -> Result<Timeline, String> {
    let of = of.as_mapping().ok_or("a timeline holds `name` and `events`")?;
    only(of, &["name", "kind", "events", "fires"])?;
    let text = |name: &str| of.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let events = of.get("events").and_then(Value::as_sequence).filter(|of| !of.is_empty());
    let events = events.ok_or("a timeline without `events` shows nothing")?;
    let sent: Result<Vec<Sent>, String> = events
        .iter()
        .enumerate()
        .map(|(number, event)| sent(event, &format!("{place}-{number}"), messages))
        .collect();
    let mut sent = sent?;
    sent.sort_by_key(|sent| sent.arrives_ms);
    let fires = match of.get("fires").and_then(Value::as_sequence) {
        _ if is_quiet => Some(Vec::new()),
        None => None,
        Some(all) => Some(all.iter().map(expected).collect::<Result<_, _>>()?),
    };
    Ok(Timeline { line: 0, name: text("name"), kind: text("kind"), sent, fires })
}

fn sent(event: &Value, number: &str, messages: &Mapping) -> Result<Sent, String> {
    let event = event.as_mapping().ok_or("an event says when it happens and what is sent")?;
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let at_ms = time(event, "at")?.ok_or("an event without `at`: when does it happen?")?;
    let name = text("send").ok_or("an event says what is sent: `send: …`, a name of `events`")?;
    let message = messages.get(name).ok_or_else(|| {
        let near = did_you_mean(name, messages.keys().filter_map(Value::as_str));
        format!("no message is called `{name}` in `events`{near}")
    })?;
    let own = event.iter().filter_map(|(key, value)| Some((key.as_str()?, value)));
    let mut words: BTreeMap<&str, Value> =
        own.filter(|(key, _)| !OF_SENDING.contains(key)).map(|(k, v)| (k, v.clone())).collect();
    let at = Time::from_millis(at_ms).map_err(|error| error.to_string())?;
    words.insert("time", at.to_string().into());
    words.insert("time_ms", at_ms.into());
    words.insert("time_s", (at_ms / 1_000).into());
    words.insert("id", text("id").unwrap_or(number).into());
    Ok(Sent {
        at_ms,
        arrives_ms: time(event, "arrives")?.unwrap_or(at_ms),
        tenant: text("tenant").unwrap_or(TENANT).to_owned(),
        json: serde_json::to_string(&filled(message, &words)?)
            .map_err(|error| error.to_string())?,
    })
}

/// A message with its words filled in. A word nobody fills in leaves its field out.
fn filled(message: &Value, words: &BTreeMap<&str, Value>) -> Result<Value, String> {
    Ok(match message {
        Value::String(text) => match text.strip_prefix('$') {
            Some(word) if !word.starts_with('{') => words.get(word).cloned().unwrap_or(Value::Null),
            _ => embedded(text, words)?.into(),
        },
        Value::Sequence(items) => {
            let items: Result<_, String> = items.iter().map(|item| filled(item, words)).collect();
            Value::Sequence(items?)
        }
        Value::Mapping(fields) => {
            let mut all = Mapping::new();
            for (key, value) in fields {
                let value = filled(value, words)?;
                if !value.is_null() {
                    all.insert(key.clone(), value);
                }
            }
            Value::Mapping(all)
        }
        other => other.clone(),
    })
}

/// A text with `${words}` in it.
fn embedded(text: &str, words: &BTreeMap<&str, Value>) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let (word, after) =
            after.split_once('}').ok_or_else(|| format!("`{text}` lacks a `}}`"))?;
        let value = words.get(word).ok_or_else(|| format!("nothing is given for `${{{word}}}`"))?;
        out.push_str(before);
        match value.as_str() {
            Some(value) => out.push_str(value),
            None => out.push_str(&serde_json::to_string(value).unwrap_or_default()),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn expected(of: &Value) -> Result<Expected, String> {
    let of = of.as_mapping().ok_or("what fires is `{at: 5m, of: {…}}`")?;
    only(of, &["at", "tenant", "rule", "of"])?;
    let text = |name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let group = of.get("of").and_then(Value::as_mapping).cloned().unwrap_or_default();
    let pair = |(name, value): (&Value, &Value)| {
        let value = value.as_str().map(str::to_owned);
        Some((name.as_str()?.to_owned(), value?))
    };
    Ok(Expected {
        at_ms: time(of, "at")?.ok_or("what fires says when its last hit happens: `at: 5m`")?,
        tenant: text("tenant").unwrap_or_else(|| TENANT.to_owned()),
        rule: text("rule"),
        of: group.iter().filter_map(pair).collect(),
    })
}

/// A time after the beginning.
fn time(of: &Mapping, name: &str) -> Result<Option<i64>, String> {
    let Some(given) = of.get(name) else { return Ok(None) };
    let span = given.as_str().and_then(|text| Timespan::parse(text).ok());
    let seconds = span.and_then(|span| i64::try_from(span.seconds).ok());
    let seconds = seconds.filter(|seconds| *seconds < 1_000_000_000);
    let time_ms = seconds.map(|seconds| START_MS + seconds * 1_000);
    time_ms.map(Some).ok_or_else(|| format!("`{name}` is a time such as `90s` or `5m`"))
}

fn only(of: &Mapping, fields: &[&str]) -> Result<(), String> {
    let unknown = of.keys().filter_map(Value::as_str).find(|key| !fields.contains(key));
    unknown.map_or(Ok(()), |key| {
        let near = did_you_mean(key, fields.iter().copied());
        Err(format!("unknown field `{key}`{near}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_filled_in_and_those_nobody_gives_leave_their_field_out() {
        let words = BTreeMap::from([("n", Value::from(7)), ("who", "ann".into())]);
        let message: Value = serde_yaml_ng::from_str(
            "{a: $n, b: [$who, x], c: $nobody, d: 'by ${who}, ${n}', e: '5 $'}",
        )
        .unwrap();
        let json = serde_json::to_string(&filled(&message, &words).unwrap()).unwrap();
        assert_eq!(json, r#"{"a":7,"b":["ann","x"],"d":"by ann, 7","e":"5 $"}"#);
        let open: Value = "by ${nobody}".into();
        assert_eq!(filled(&open, &words).unwrap_err(), "nothing is given for `${nobody}`");
    }
}
