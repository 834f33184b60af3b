//! When a rule fires, as it was written: its windows, its limit, what silence means.
//!
//! **Invariant:** what is given out can be judged: its windows exist, its memory is bounded, and it is over on the
//! calm side of its limit.

use std::collections::BTreeMap;

use serde_yaml_ng::Value;

use crate::thresholds::form::{Form, did_you_mean, minutes_of, plain, unknown_of};
use crate::thresholds::glob::Glob;
use crate::thresholds::rule::{Limit, Means, Reference, Side, Silence, When};
use crate::thresholds::statistic::STATISTICS;

/// Windows that a rule remembers of a series, to compare the next with: 2.8 kB.
const REMEMBERED_MAX: i64 = 700;
/// Without another word, nothing for so long, or for two windows, is silence.
const SILENCE_MINUTES: i64 = 5;

const WINDOWS: [(&str, i64); 5] = [("1m", 1), ("5m", 5), ("15m", 15), ("1h", 60), ("1d", 1_440)];
const MEANS: [(&str, Means); 3] =
    [("keep", Means::Keep), ("firing", Means::Firing), ("over", Means::Over)];
const DAY: i64 = 1_440;
const REFERENCES: [(&str, Reference); 3] = [
    ("previous_window", Reference::Previous),
    ("same_time_yesterday", Reference::Ago(DAY)),
    ("same_time_last_week", Reference::Ago(7 * DAY)),
];

pub(super) fn when_of(form: &mut Form<'_>) -> Option<When> {
    let measure = form.required("measure", "the name of a metric, or of a measure of events");
    let names = "one of the figures of a window: mean, max, count, rate, p99 …";
    let statistic = form.required("statistic", names);
    let statistic = statistic.and_then(|text| form.one_of("statistic", &text, &STATISTICS));
    let window = form.text("window").unwrap_or_else(|| "1m".to_owned());
    let window = form.one_of("window", &window, &WINDOWS);
    let by = by_of(form);
    let only = only_of(form);
    let limit = side_of(form);
    let count_min = count_of(form);
    let holds_for = form.minutes("for").unwrap_or_default();
    let keeps_for = form.minutes("keep_firing_for").unwrap_or_default();
    let (window, (side, limit)) = (window?, limit?);
    check_memory(form, side, limit, window);
    let clear = clear_of(form, side, limit);
    let silence = silence_of(form, window)?;
    let measure = Glob(measure?);
    let statistic = statistic?;
    Some(When {
        measure,
        statistic,
        window,
        by,
        only,
        side,
        limit,
        clear,
        count_min,
        holds_for,
        keeps_for,
        silence,
    })
}

fn by_of(form: &mut Form<'_>) -> Option<Vec<String>> {
    let value = form.get("by")?;
    let names = value.as_sequence().map(|names| names.iter().filter_map(plain).collect::<Vec<_>>());
    let names = names.filter(|names| !names.is_empty());
    if names.is_none() {
        form.problem(
            "by",
            "`by` is a list of names, those of the group-by of the group that is meant",
        );
    }
    names
}

fn only_of(form: &mut Form<'_>) -> BTreeMap<String, Vec<Glob>> {
    let Some(value) = form.get("where") else { return BTreeMap::new() };
    let globs = |value: &Value| match value {
        Value::Sequence(all) if !all.is_empty() => all.iter().map(plain).collect(),
        value => plain(value).map(|text| vec![text]),
    };
    let pair = |(name, value): (&Value, &Value)| {
        let globs: Vec<String> = globs(value)?;
        Some((name.as_str()?.to_owned(), globs.into_iter().map(Glob).collect()))
    };
    let all = value.as_mapping().and_then(|of| of.iter().map(pair).collect::<Option<_>>());
    if all.is_none() {
        form.problem(
            "where",
            "`where` is names with a pattern or a list of them: `{service.name: shop-*}`",
        );
    }
    all.unwrap_or_default()
}

fn side_of(form: &mut Form<'_>) -> Option<(Side, Limit)> {
    let (above, below) = (form.get("above").cloned(), form.get("below").cloned());
    match (above, below) {
        (Some(_), Some(_)) => {
            form.problem("below", "a rule holds `above` or `below` a limit; write two rules");
            None
        }
        (Some(value), None) => limit_of(form, "above", &value).map(|limit| (Side::Above, limit)),
        (None, Some(value)) => limit_of(form, "below", &value).map(|limit| (Side::Below, limit)),
        (None, None) => {
            form.problem("above", "there is no limit: give `above:` or `below:`");
            None
        }
    }
}

fn limit_of(form: &mut Form<'_>, key: &str, value: &Value) -> Option<Limit> {
    if let Some(number) = value.as_f64() {
        return finite(form, key, number).map(Limit::Static);
    }
    let Some(fields) = value.as_mapping() else {
        let how =
            "a number, `{times: 3, of: same_time_yesterday}` or `{plus: 5, of: {mean_of: 1h}}`";
        form.problem(key, format!("`{key}` is {how}"));
        return None;
    };
    for (name, what) in unknown_of(fields, &["times", "plus", "of"]) {
        form.problem(&name, what);
    }
    let number = |name: &str| fields.get(name).and_then(Value::as_f64);
    let reference = reference_of(form, key, fields.get("of"))?;
    match (number("times"), number("plus")) {
        (Some(times), None) if times > 0.0 => {
            finite(form, key, times).map(|times| Limit::Times(times, reference))
        }
        (None, Some(plus)) => finite(form, key, plus).map(|plus| Limit::Plus(plus, reference)),
        _ => {
            form.problem(
                key,
                format!("`{key}` has `times`, a number above 0, or `plus`, a number"),
            );
            None
        }
    }
}

fn finite(form: &mut Form<'_>, key: &str, number: f64) -> Option<f64> {
    if !number.is_finite() {
        form.problem(key, format!("`{key}` is a finite number"));
    }
    Some(number).filter(|number| number.is_finite())
}

fn reference_of(form: &mut Form<'_>, key: &str, value: Option<&Value>) -> Option<Reference> {
    let mean = value.and_then(Value::as_mapping).and_then(|of| of.get("mean_of"));
    if let Some(minutes) = mean.and_then(plain).and_then(|text| minutes_of(&text)) {
        return Some(Reference::MeanOf(minutes));
    }
    let text = value.and_then(Value::as_str).unwrap_or_default();
    let found = REFERENCES.iter().find(|(name, _)| *name == text).map(|(_, of)| *of);
    if found.is_none() {
        let names = REFERENCES.map(|(name, _)| name);
        let near = did_you_mean(text, names);
        let names = names.join(", ");
        form.problem(key, format!("`of` is one of {names}, or {{mean_of: 1h}}{near}"));
    }
    found
}

/// What has to be remembered is bounded, and made of whole windows.
fn check_memory(form: &mut Form<'_>, side: Side, limit: Limit, window: i64) {
    let key = key_of(side);
    let Some(reference) = limit.reference() else { return };
    let kept = reference.windows(window);
    let (Reference::MeanOf(minutes) | Reference::Ago(minutes)) = reference else { return };
    if kept < 1 || minutes % window != 0 {
        form.problem(key, "the time to compare with is no whole number of windows of this size");
    } else if kept > REMEMBERED_MAX {
        let what = format!(
            "{kept} windows of each series would have to be remembered, and {REMEMBERED_MAX} may be; take a \
             longer window"
        );
        form.problem(key, what);
    }
}

fn key_of(side: Side) -> &'static str {
    match side {
        Side::Above => "above",
        Side::Below => "below",
    }
}

/// Where it is over again; the limit itself, where nothing else is said.
fn clear_of(form: &mut Form<'_>, side: Side, limit: Limit) -> f64 {
    let Some(value) = form.get("clear").cloned() else { return limit.factor() };
    let clear = value.as_f64().filter(|clear| clear.is_finite()).filter(|clear| match side {
        Side::Above => *clear <= limit.factor(),
        Side::Below => *clear >= limit.factor(),
    });
    let is_factor = matches!(limit, Limit::Times(..));
    let clear = clear.filter(|clear| !is_factor || *clear > 0.0);
    if clear.is_none() {
        let (key, limit) = (key_of(side), limit.factor());
        let than = if side == Side::Above { "at most" } else { "at least" };
        let what = format!(
            "`clear` is a number like that of `{key}`, {than} {limit}: else it would be over while it holds"
        );
        form.problem("clear", what);
    }
    clear.unwrap_or_default()
}

fn count_of(form: &mut Form<'_>) -> u64 {
    let Some(value) = form.get("min_count").cloned() else { return 0 };
    let count = value.as_u64();
    if count.is_none() {
        form.problem("min_count", "`min_count` is a whole number of values, 0 or more");
    }
    count.unwrap_or_default()
}

fn silence_of(form: &mut Form<'_>, window: i64) -> Option<Silence> {
    let after = SILENCE_MINUTES.max(2 * window);
    let value = form.get("no_data").cloned().unwrap_or_else(|| "over".into());
    let Some(fields) = value.as_mapping() else {
        let text = plain(&value).unwrap_or_default();
        return form.one_of("no_data", &text, &MEANS).map(|means| Silence { means, after });
    };
    for (name, what) in unknown_of(fields, &["then", "after"]) {
        form.problem(&name, what);
    }
    let Some(then) = fields.get("then").and_then(plain) else {
        form.problem("no_data", "`then` is missing; it is keep, firing or over");
        return None;
    };
    let means = form.one_of("no_data", &then, &MEANS)?;
    let Some(given) = fields.get("after").and_then(plain) else {
        return Some(Silence { means, after });
    };
    let minutes = minutes_of(&given).filter(|minutes| *minutes >= window);
    if minutes.is_none() {
        form.problem(
            "after",
            format!("`after` is whole minutes, no fewer than the window, not `{given}`"),
        );
    }
    minutes.map(|after| Silence { means, after })
}
