//! Timelines beside thresholds: values window by window, and when a rule has to say something of them.
//!
//! ```yaml
//! fires:
//!   - name: five slow minutes
//!     of: {service.name: checkout}
//!     values: 1x3 2.5x5 _ 1          # a window each; 2.5x5 is five, _ none, 0.5:100 one of a hundred values
//!     told: [{firing: 8m}, {over: 10m}]
//! quiet:
//!   - name: …
//! ```
//!
//! **Invariant:** a timeline is about one rule, and says everything that this rule is to say of it.

use std::collections::BTreeMap;

use serde_yaml_ng::{Mapping, Value};

use super::form::{Form, Problem, minutes_of, plain, unknown_of};
use super::lines::Piece;
use super::rule::Rule;

/// Windows of one series in a timeline.
const WINDOWS_MAX: usize = 20_000;
/// Whose a series is, unless it says otherwise.
const TENANT: &str = "acme";

/// The timelines of a file.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    /// In the order of the file.
    pub timelines: Vec<Timeline>,
}

/// What comes when, and what is to be said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// What it shows.
    pub name: String,
    /// The rule that it is about, by its id.
    pub rule: String,
    pub(super) series: Vec<Given>,
    pub(super) told: Vec<Expected>,
}

/// A series of a timeline.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Given {
    pub(super) tenant: String,
    pub(super) of: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
    /// A window each: its value and how many it is of, where anything came.
    pub(super) values: Vec<Option<(f64, u64)>>,
}

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) is_firing: bool,
    /// Minutes from the beginning.
    pub(super) at: i64,
    /// What the series is called, as far as it is said.
    pub(super) of: BTreeMap<String, String>,
    pub(super) tenant: Option<String>,
}

/// Reads the timelines of a file, which stands beside these rules.
///
/// # Errors
/// All that is wrong with it.
pub fn examples(file: &str, text: &str, rules: &[&Rule]) -> Result<Examples, Vec<Problem>> {
    let piece = Piece::of(text);
    let wrong = |line, what| vec![Problem { file: file.to_owned(), line, what }];
    let fields = piece.fields().map_err(|(line, what)| wrong(line, what))?;
    let mut problems = Vec::new();
    let mut form = Form { file, piece: &piece, fields: &fields, problems: &mut problems };
    form.only(&["about", "fires", "quiet"]);
    let mut timelines = list("fires", rules, &mut form);
    timelines.append(&mut list("quiet", rules, &mut form));
    for rule in rules {
        for (list, fires) in [("fires", true), ("quiet", false)] {
            let is_one = |of: &Timeline| of.rule == rule.id && fires != of.told.is_empty();
            if form.problems.is_empty() && !timelines.iter().any(is_one) {
                let what = format!(
                    "there is no timeline of `{}` in `{list}`; give at least one",
                    rule.title
                );
                form.problem(list, what);
            }
        }
    }
    if problems.is_empty() { Ok(Examples { timelines }) } else { Err(problems) }
}

fn list(key: &str, rules: &[&Rule], form: &mut Form<'_>) -> Vec<Timeline> {
    let given = form.get(key).and_then(Value::as_sequence).cloned().unwrap_or_default();
    let lines = form.piece.items_of(key);
    let mut found = Vec::new();
    for (place, of) in given.iter().enumerate() {
        let line = lines.get(place).copied().unwrap_or_else(|| form.piece.line_of(key));
        match timeline(of, rules, key == "fires") {
            Ok(timeline) => found.push(Timeline { line, ..timeline }),
            Err(what) => form.problems.push(Problem { file: form.file.to_owned(), line, what }),
        }
    }
    found
}

fn timeline(of: &Value, rules: &[&Rule], fires: bool) -> Result<Timeline, String> {
    let of = of.as_mapping().ok_or("a timeline holds `name` and `values`")?;
    only(of, &["name", "rule", "of", "labels", "tenant", "values", "series", "told"])?;
    let rule = rule_of(of, rules)?;
    let series = match of.get("series").and_then(Value::as_sequence) {
        None => vec![given(of)?],
        Some(all) => all.iter().map(series).collect::<Result<_, _>>()?,
    };
    let told = match of.get("told").and_then(Value::as_sequence) {
        None if fires => Err("what is said of it? give `told: [{firing: 5m}, {over: 9m}]`")?,
        Some(_) if !fires => Err("nothing is said of a quiet timeline; leave `told` out")?,
        None => Vec::new(),
        Some(all) => all.iter().map(expected).collect::<Result<_, _>>()?,
    };
    if fires && told.is_empty() {
        return Err("`told` is empty; this timeline belongs into `quiet`".to_owned());
    }
    Ok(Timeline { line: 0, name: word(of, "name").unwrap_or_default(), rule, series, told })
}

fn rule_of(of: &Mapping, rules: &[&Rule]) -> Result<String, String> {
    let Some(name) = word(of, "rule") else {
        return match rules {
            [rule] => Ok(rule.id.clone()),
            _ => Err("there are several rules in the file; say which: `rule: NAME`".to_owned()),
        };
    };
    let is_it = |rule: &&&Rule| {
        [Some(&rule.title), Some(&rule.id), rule.name.as_ref()].contains(&Some(&name))
    };
    let found = rules.iter().find(is_it);
    found.map(|rule| rule.id.clone()).ok_or_else(|| {
        let titles: Vec<&str> = rules.iter().map(|rule| rule.title.as_str()).collect();
        format!("no rule is called `{name}`; there are {}", titles.join(", "))
    })
}

fn series(of: &Value) -> Result<Given, String> {
    let of = of.as_mapping().ok_or("a series holds `of` and `values`")?;
    only(of, &["of", "labels", "tenant", "values"])?;
    given(of)
}

fn given(of: &Mapping) -> Result<Given, String> {
    let values = word(of, "values").ok_or("there are no `values`: `values: 1x3 2.5x5`")?;
    Ok(Given {
        tenant: word(of, "tenant").unwrap_or_else(|| TENANT.to_owned()),
        of: words(of, "of")?,
        labels: words(of, "labels")?,
        values: values_of(&values)?,
    })
}

fn expected(of: &Value) -> Result<Expected, String> {
    let of = of.as_mapping().ok_or("what is said is `{firing: 5m}` or `{over: 9m}`")?;
    only(of, &["firing", "over", "of", "tenant"])?;
    let (firing, over) = (word(of, "firing"), word(of, "over"));
    let is_firing = firing.is_some();
    let at = firing.xor(over).and_then(|text| minutes_of(&text));
    let at = at.ok_or(
        "what is said is `{firing: 5m}` or `{over: 9m}`, in whole minutes from the beginning",
    )?;
    Ok(Expected { is_firing, at, of: words(of, "of")?, tenant: word(of, "tenant") })
}

/// `1x3 _ 2.5:100`: values of windows, how many of them, and how many values each stands for.
fn values_of(text: &str) -> Result<Vec<Option<(f64, u64)>>, String> {
    let mut values = Vec::new();
    for word in text.split_whitespace() {
        let wrong = || format!("`{word}` is no window: give 2.5, 2.5x10, 2.5:100 or _");
        let (one, times) = word.split_once('x').unwrap_or((word, "1"));
        let times: usize = times.parse().map_err(|_| wrong())?;
        let (value, count) = one.split_once(':').unwrap_or((one, "1000"));
        let count: u64 = count.parse().map_err(|_| wrong())?;
        let value = match value {
            "_" => None,
            value => Some((
                value.parse::<f64>().ok().filter(|of| of.is_finite()).ok_or_else(wrong)?,
                count,
            )),
        };
        if times > WINDOWS_MAX - values.len() {
            return Err(format!("a timeline has at most {WINDOWS_MAX} windows"));
        }
        values.extend(std::iter::repeat_n(value, times));
    }
    Ok(values)
}

fn word(of: &Mapping, name: &str) -> Option<String> {
    of.get(name).and_then(plain)
}

fn words(of: &Mapping, name: &str) -> Result<BTreeMap<String, String>, String> {
    let Some(value) = of.get(name) else { return Ok(BTreeMap::new()) };
    let pair = |(name, value): (&Value, &Value)| Some((name.as_str()?.to_owned(), plain(value)?));
    let all = value.as_mapping().and_then(|of| of.iter().map(pair).collect());
    all.ok_or_else(|| format!("`{name}` is names and words: `{{service.name: checkout}}`"))
}

fn only(of: &Mapping, known: &[&str]) -> Result<(), String> {
    match unknown_of(of, known).into_iter().next() {
        Some((_, what)) => Err(what),
        None => Ok(()),
    }
}
