//! Everything a record names, and how: asked for, answered, or only who asked.
//!
//! **Invariant:** of who asks only what was given out for a time counts (a temporary credential, an
//! assumed role): the others are in all they do, and link nothing.

use std::collections::BTreeMap;

use schemas::event::Event;
use serde_json::Value;

use crate::{Kind, Way, value};

/// What is deeper is left out.
const DEPTH_MAX: usize = 24;
/// What is beyond this in one record is left out.
const NAMED_MAX: usize = 256;
/// Fields of a record as a whole: ids of its own, and what all records of an account have.
const OF_RECORD: [&str; 20] = [
    "id",
    "source",
    "type",
    "subject",
    "time",
    "specversion",
    "eventid",
    "eventname",
    "eventsource",
    "requestid",
    "sharedeventid",
    "vpcendpointid",
    "recipientaccountid",
    "awsregion",
    "useragent",
    "sourceipaddress",
    "tlsdetails",
    "additionaleventdata",
    "rule",
    "signature",
];
/// Fields that differ from call to call, or are the same in all calls.
const OF_NOTHING: [&str; 10] = [
    "requestid",
    "ownerid",
    "accountid",
    "clienttoken",
    "sessiontoken",
    "nexttoken",
    "paginationtoken",
    "principalid",
    // The commit before a push is about an earlier one.
    "before",
    "tree_id",
];
/// Who asked stands below these.
const WHO: [&str; 5] = ["useridentity", "actor", "principal", "impersonateduser", "user"];
/// What was answered stands below fields that begin with these.
const ANSWERS: [&str; 3] = ["response", "result", "output"];
/// Fields of lists and texts, which are called by the field above.
const INNER: [&str; 6] = ["item", "items", "content", "member", "value", "values"];

fn asked_or_answered(field: &str, way: Way) -> Way {
    let answer = ANSWERS.iter().any(|start| field.starts_with(start));
    if answer { Way::Given } else { way }
}

pub(crate) struct Walk<'a> {
    named: &'a mut BTreeMap<(Kind, String), Way>,
    /// What a call is about, from its name: `CreateVpc` is about a `vpc`.
    noun: String,
    own: Vec<String>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(data: &Event, named: &'a mut BTreeMap<(Kind, String), Way>) -> Self {
        let verb = data.action.find(|letter: char| !letter.is_ascii_uppercase()).unwrap_or(0);
        let rest = data.action.get(verb..).unwrap_or_default();
        let noun =
            rest.find(|letter: char| letter.is_ascii_uppercase()).and_then(|at| rest.get(at..));
        let noun = noun.unwrap_or_default().trim_end_matches('s').to_ascii_lowercase();
        let actor = data.actor.as_ref();
        let names = actor.into_iter().flat_map(|actor| [Some(&actor.id), actor.name.as_ref()]);
        let own =
            names.flatten().map(|name| name.rsplit(['/', ':']).next().unwrap_or(name).to_owned());
        Self { named, noun, own: own.collect() }
    }

    /// Reads a whole record.
    pub(crate) fn record(&mut self, raw: &Value) {
        let Value::Object(fields) = raw else { return };
        for (name, value) in fields {
            let field = name.to_ascii_lowercase();
            if OF_RECORD.contains(&field.as_str()) {
                continue;
            }
            if WHO.contains(&field.as_str()) {
                self.who(value, &field, 0);
            } else {
                self.below(value, &field, asked_or_answered(&field, Way::Used), 0);
            }
        }
    }

    fn below(&mut self, value: &Value, field: &str, way: Way, depth: usize) {
        if depth > DEPTH_MAX || self.named.len() >= NAMED_MAX {
            return;
        }
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                let name = name.to_ascii_lowercase();
                let way = if depth < 2 { asked_or_answered(&name, way) } else { way };
                let name = if INNER.contains(&name.as_str()) { field } else { &name };
                self.below(value, name, way, depth + 1);
            }),
            Value::Array(values) => {
                values.iter().for_each(|value| self.below(value, field, way, depth + 1));
            }
            Value::String(text) => self.text(text, field, way),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, field: &str, way: Way) {
        if OF_NOTHING.contains(&field) {
            return;
        }
        let made = way == Way::Given && !self.noun.is_empty() && field.starts_with(&self.noun);
        let way = if made { Way::Made } else { way };
        let Self { named, own, .. } = self;
        value::named(field, text, &mut |kind, name| {
            if !own.iter().any(|own| own == name) {
                let known = named.entry((kind, name.to_owned())).or_insert(way);
                *known = way.max(*known);
            }
        });
    }

    /// Of who asks: credentials that are given out for a time, and roles that were assumed.
    fn who(&mut self, value: &Value, field: &str, depth: usize) {
        match value {
            Value::Object(fields) if depth < DEPTH_MAX => {
                fields.iter().for_each(|(name, value)| {
                    self.who(value, &name.to_ascii_lowercase(), depth + 1);
                })
            }
            Value::String(text) if text.contains(":assumed-role/") || text.starts_with("ASIA") => {
                self.of_who(field, text, Way::Used);
            }
            Value::String(text) if text.starts_with("AKIA") => {
                self.of_who(field, text, Way::Carried)
            }
            _ => {}
        }
    }

    fn of_who(&mut self, field: &str, text: &str, way: Way) {
        value::named(field, text, &mut |kind, name| {
            self.named.insert((kind, name.to_owned()), way);
        });
    }
}
