//! What a turn says to people, in one sentence with its figures.

use super::place::Called;
use super::rule::{Limit, Reference, Rule, Side};
use super::watch::{Turn, What, Why};
use crate::windows::{MINUTE_MS, Minute, time_of};

/// What a resource is called by in a sentence, the best first.
const NAMES: [&str; 7] = [
    "service.name",
    "k8s.pod.name",
    "host.name",
    "service.instance.id",
    "cloud.resource_id",
    "host.id",
    "cloud.account.id",
];
const DAY_MINUTES: i64 = 1_440;
const HOUR_MINUTES: i64 = 60;

/// What a rule has to say of a series.
pub(super) fn of(rule: &Rule, called: &Called, turn: &Turn) -> String {
    let (name, since) = (figure(rule, called), clock(turn.since));
    let lasted = length(turn.at - turn.since);
    let beyond = match rule.when.side {
        Side::Above => "above",
        Side::Below => "below",
    };
    match (turn.what, turn.why) {
        (What::Fires, Why::Value(value, limit)) => {
            let limit = limit_text(rule, rule.when.limit, limit);
            format!("{name} was {}, {beyond} {limit} for {lasted}, since {since}", short(value))
        }
        (What::Fires, _) => {
            format!("nothing came of {} for {lasted}, since {since}", series(called))
        }
        (What::Lasts, _) => format!("{name}: it still holds, for {lasted}, since {since}"),
        (What::Ends, why) => {
            let why = ending(rule, &name, beyond, why);
            format!("{why}; over after {lasted}, begun {since}")
        }
    }
}

/// Where the rule is gone nobody knows any more what it looked at.
pub(super) fn of_gone(title: &str, called: &Called, turn: &Turn) -> String {
    let (lasted, since) = (length(turn.at - turn.since), clock(turn.since));
    let (series, held) = (series(called), format!("over after {lasted}, begun {since}"));
    format!("{title}: the rule does not watch {series} any more; {held}")
}

fn ending(rule: &Rule, name: &str, beyond: &str, why: Why) -> String {
    match why {
        Why::Value(value, limit) => {
            format!("{name} was {}, not {beyond} {}", short(value), short(limit))
        }
        Why::TooFew => format!("{name} had fewer than {} values", rule.when.count_min),
        Why::Back => format!("{name} came again"),
        Why::Silence => format!("nothing came of {name} for {}", length(rule.when.silence.after)),
        _ => format!("nothing came of {name} for so long that it is forgotten"),
    }
}

/// Such as `p99 of http.server.duration [s] of checkout (route /pay)`.
fn figure(rule: &Rule, called: &Called) -> String {
    format!("{} of {}", rule.when.statistic.name(), series(called))
}

pub(super) fn series(called: &Called) -> String {
    let mut name = called.measure.to_string();
    if let Some(unit) = &called.unit {
        name.push_str(&format!(" [{unit}]"));
    }
    let is_group = called.resource.is_none();
    let of = NAMES.iter().find_map(|name| called.attributes.get(*name)).filter(|_| !is_group);
    if let Some(of) = of {
        name.push_str(&format!(" of {of}"));
    }
    let labels = if is_group { &called.attributes } else { &called.labels }.iter();
    // The id of a resource is of no use to people, and the class of a source says how long it is waited for.
    let told = labels.filter(|(name, value)| {
        !value.is_empty() && !["resource", "source_class"].contains(&name.as_str())
    });
    let told: Vec<String> = told.map(|(name, value)| format!("{name} {value}")).collect();
    if !told.is_empty() {
        name.push_str(&format!(" ({})", told.join(", ")));
    }
    name
}

fn limit_text(rule: &Rule, limit: Limit, value: f64) -> String {
    let Some(reference) = limit.reference() else { return short(value) };
    let was = match reference {
        Reference::Previous => format!("the {} before", length(rule.when.window)),
        Reference::MeanOf(minutes) => format!("the mean of the {} before", length(minutes)),
        Reference::Ago(DAY_MINUTES) => "the same time yesterday".to_owned(),
        Reference::Ago(minutes) => format!("the same time {} before", length(minutes)),
    };
    let (value, factor) = (short(value), limit.factor());
    match limit {
        Limit::Plus(..) if factor < 0.0 => format!("{value} ({} less than {was})", short(-factor)),
        Limit::Plus(..) => format!("{value} ({} more than {was})", short(factor)),
        _ => format!("{value} ({} times {was})", short(factor)),
    }
}

/// Minutes, as people write them.
pub(super) fn length(minutes: Minute) -> String {
    match minutes {
        _ if minutes > 0 && minutes % DAY_MINUTES == 0 => format!("{} d", minutes / DAY_MINUTES),
        _ if minutes > 0 && minutes % HOUR_MINUTES == 0 => format!("{} h", minutes / HOUR_MINUTES),
        HOUR_MINUTES.. => format!("{} h {} min", minutes / HOUR_MINUTES, minutes % HOUR_MINUTES),
        _ => format!("{minutes} min"),
    }
}

fn clock(minute: Minute) -> String {
    let text = time_of(minute.saturating_mul(MINUTE_MS)).to_string().replace('T', " ");
    format!("{} UTC", text.get(..16).unwrap_or(&text))
}

/// Four figures that count.
pub(super) fn short(value: f64) -> String {
    let size = value.abs().log10().floor();
    if value == 0.0 || !(-4.0..15.0).contains(&size) {
        return if value == 0.0 { "0".to_owned() } else { format!("{value:.3e}") };
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 7")]
    let decimals = (3.0 - size).clamp(0.0, 7.0) as usize;
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_and_lengths_are_short() {
        for (value, text) in
            [(1234.567, "1235"), (0.012_345, "0.01235"), (-2.5, "-2.5"), (0.0, "0")]
        {
            assert_eq!(short(value), text);
        }
        for (minutes, text) in [(5, "5 min"), (60, "1 h"), (95, "1 h 35 min"), (2_880, "2 d")] {
            assert_eq!(length(minutes), text);
        }
    }
}
