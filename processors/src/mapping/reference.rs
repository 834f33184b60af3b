//! A place in a value: `issue.fields.0.name`, `commits.*.id`, `^.receiver`, `header:x-github-event`.

use std::borrow::Cow;
use std::str::FromStr;

use serde_json::Value;

use crate::input::Input;

/// What a mapping is applied to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    /// The event's own JSON.
    pub(super) here: &'a Value,
    /// The whole value; the same, where an event is the whole value.
    pub(super) whole: &'a Value,
    /// The record.
    pub(super) input: &'a Input<'a>,
}

/// A place, and what is made of what stands there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    root: Root,
    steps: Vec<Step>,
    filter: Option<Filter>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Root {
    Here,
    Whole,
    Header(String),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// A field of an object, or a place in a list.
    Named(String),
    /// Every element of a list, every value of an object.
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Filter {
    Count,
    Lower,
    FirstLine,
}

impl Reference {
    /// What stands there: nothing, one, or, by way of `*`, several.
    pub(super) fn values<'a>(&self, scope: Scope<'a>) -> Vec<&'a Value> {
        let mut found = match self.root {
            Root::Here => vec![scope.here],
            Root::Whole => vec![scope.whole],
            Root::Header(_) => Vec::new(),
        };
        for step in &self.steps {
            found = found.into_iter().flat_map(|value| step.from(value)).collect();
        }
        found.retain(|value| !is_nothing(value));
        found
    }

    /// The same as text; several are joined.
    pub(super) fn text<'a>(&self, scope: Scope<'a>) -> Option<Cow<'a, str>> {
        let found = match &self.root {
            Root::Header(name) => {
                scope.input.header(name).filter(|text| !text.is_empty()).map(Cow::Borrowed)
            }
            _ if self.filter == Some(Filter::Count) => {
                self.count(scope).map(|count| Cow::Owned(count.to_string()))
            }
            _ => joined(&self.values(scope)),
        }?;
        Some(match self.filter {
            Some(Filter::Lower) => Cow::Owned(found.to_lowercase()),
            Some(Filter::FirstLine) => first_line(found),
            Some(Filter::Count) | None => found,
        })
    }

    /// The same as JSON, of its own type.
    pub(super) fn json(&self, scope: Scope<'_>) -> Option<Value> {
        match (&self.root, self.filter) {
            (Root::Header(_), _) | (_, Some(Filter::Lower | Filter::FirstLine)) => {
                self.text(scope).map(|text| Value::from(text.into_owned()))
            }
            (_, Some(Filter::Count)) => self.count(scope).map(Value::from),
            (_, None) if self.is_many() => {
                let found: Vec<Value> = self.values(scope).into_iter().cloned().collect();
                (!found.is_empty()).then_some(Value::Array(found))
            }
            (_, None) => self.values(scope).first().map(|value| (*value).clone()),
        }
    }

    /// Everything that stands there, each as text: the elements of a list one by one.
    pub(super) fn texts<'a>(&self, scope: Scope<'a>) -> Vec<Cow<'a, str>> {
        if matches!(self.root, Root::Header(_)) || self.filter.is_some() {
            return self.text(scope).into_iter().collect();
        }
        let elements = |value: &'a Value| match value {
            Value::Array(elements) => elements.iter().collect(),
            value => vec![value],
        };
        self.values(scope).into_iter().flat_map(elements).filter_map(scalar).collect()
    }

    /// The names by which a list of the value is reached.
    ///
    /// # Errors
    /// When it is reached in another way.
    pub(super) fn into_names(self) -> Result<Vec<String>, String> {
        let named = |step| match step {
            Step::Named(name) => Ok(name),
            Step::All => Err("a list is named by its fields alone, without `*`".to_owned()),
        };
        match (self.root, self.filter) {
            (Root::Here, None) => self.steps.into_iter().map(named).collect(),
            _ => Err("a list is named by its fields alone".to_owned()),
        }
    }

    fn is_many(&self) -> bool {
        self.steps.contains(&Step::All)
    }

    /// How many: elements of one list, or everything that `*` found.
    fn count(&self, scope: Scope<'_>) -> Option<usize> {
        match (self.is_many(), &*self.values(scope)) {
            (false, []) => None,
            (false, [Value::Array(elements)]) => Some(elements.len()),
            (_, found) => Some(found.len()),
        }
    }
}

impl Step {
    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Self::Named(name), Value::Object(fields)) => fields.get(name).into_iter().collect(),
            (Self::Named(place), Value::Array(elements)) => {
                place.parse().ok().and_then(|at: usize| elements.get(at)).into_iter().collect()
            }
            (Self::All, Value::Array(elements)) => elements.iter().collect(),
            (Self::All, Value::Object(fields)) => fields.values().collect(),
            _ => Vec::new(),
        }
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn joined<'a>(found: &[&'a Value]) -> Option<Cow<'a, str>> {
    if let [value] = found {
        return scalar(value);
    }
    let texts: Vec<_> = found.iter().filter_map(|value| scalar(value)).collect();
    (!texts.is_empty()).then(|| Cow::Owned(texts.join(", ")))
}

/// Objects have no text; a list has that of its elements.
fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        Value::Array(elements) => {
            let plain = elements.iter().filter(|element| !element.is_array());
            let texts: Vec<_> = plain.filter_map(scalar).collect();
            (!texts.is_empty()).then(|| Cow::Owned(texts.join(", ")))
        }
        Value::Null | Value::Object(_) => None,
    }
}

fn first_line(text: Cow<'_, str>) -> Cow<'_, str> {
    let of = |text: &str| text.lines().next().unwrap_or_default().len();
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.lines().next().unwrap_or_default()),
        Cow::Owned(mut text) => {
            text.truncate(of(&text));
            Cow::Owned(text)
        }
    }
}

impl FromStr for Reference {
    type Err = String;

    /// Reads a reference as it stands behind `$`.
    fn from_str(written: &str) -> Result<Self, String> {
        let (place, filter) = match written.split_once('|') {
            Some((place, name)) => (place.trim(), Some(filter(name.trim())?)),
            None => (written.trim(), None),
        };
        if let Some(name) = place.strip_prefix("header:") {
            let root = Root::Header(name.to_owned());
            return Ok(Self { root, steps: Vec::new(), filter });
        }
        let mut steps = steps(place)?.into_iter().peekable();
        let is_whole = steps.next_if_eq(&Step::Named("^".to_owned())).is_some();
        let root = if is_whole { Root::Whole } else { Root::Here };
        Ok(Self { root, steps: steps.collect(), filter })
    }
}

fn filter(name: &str) -> Result<Filter, String> {
    match name {
        "count" => Ok(Filter::Count),
        "lower" => Ok(Filter::Lower),
        "first_line" => Ok(Filter::FirstLine),
        _ => Err(format!("there is no filter `{name}`; there are count, lower and first_line")),
    }
}

/// `a.b["c.d"].*`, taken apart.
fn steps(place: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    let mut rest = place;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let (name, after) = quoted
                .split_once("\"]")
                .ok_or_else(|| format!("`{place}` has a `[\"` without its `\"]`"))?;
            steps.push(Step::Named(name.to_owned()));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (name, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            steps.push(step(name, place)?);
            rest = after;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    if steps.is_empty() || place.ends_with('.') {
        return Err(format!("`{place}` names no field"));
    }
    Ok(steps)
}

fn step(name: &str, place: &str) -> Result<Step, String> {
    match name {
        "*" => Ok(Step::All),
        "" => Err(format!("`{place}` has a dot too many")),
        _ if name.contains(char::is_whitespace) => {
            Err(format!("`{place}` holds a space; write such a name as [\"{name}\"]"))
        }
        _ => Ok(Step::Named(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use schemas::time::Time;
    use serde_json::json;

    use super::*;

    fn text(reference: &str) -> Option<String> {
        let value = json!({
            "a": {"b": [{"c": "x"}, {"c": "Y\nz"}], "d.e": 7, "no": null, "list": ["p", "q"]},
        });
        let headers = [("X-Kind".to_owned(), b"push".to_vec())];
        let input = Input { headers: &headers, ..Input::new(b"", Time::from_millis(0).unwrap()) };
        let scope = Scope { here: &value["a"], whole: &value, input: &input };
        reference.parse::<Reference>().unwrap().text(scope).map(Cow::into_owned)
    }

    #[test]
    fn places_are_found() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(text("b.0.c"), some("x"));
        assert_eq!(text("b.*.c"), some("x, Y\nz"));
        assert_eq!(text("[\"d.e\"]"), some("7"));
        assert_eq!(text("^.a[\"d.e\"]"), some("7"));
        assert_eq!(text("header:x-kind"), some("push"));
        assert_eq!(text("b.1.c|lower"), some("y\nz"));
        assert_eq!(text("b.1.c | first_line"), some("Y"));
        assert_eq!(text("b|count"), some("2"));
        assert_eq!(text("list"), some("p, q"));
        for nothing in ["no", "b.9.c", "b", "other.c", "header:other", "no|count"] {
            assert_eq!(text(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for wrong in ["", "a..b", "a.", "a b", "[\"a", "a|upper"] {
            assert!(wrong.parse::<Reference>().is_err(), "{wrong}");
        }
    }
}
