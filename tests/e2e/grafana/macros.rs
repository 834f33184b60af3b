//! What a query becomes on its way from a dashboard to Postgres.
//!
//! **Invariant:** the same text as Grafana makes of it, in the same three steps: the browser puts in the
//! variables, the server the interval, then its Postgres data source expands the macros. An argument of
//! a macro ends at the first closing parenthesis, and a macro that is not known is an error. Intervals of
//! months and years, whose length depends on the day, are refused here; no dashboard has them.

#![allow(
    clippy::string_slice,
    reason = "each cut lies beside an ASCII letter that was found, and a panic is how a test fails"
)]

use schemas::time::Time;

use super::variables::Values;

/// What a query is asked with.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
    pub(super) interval_ms: i64,
    pub(super) values: Values,
}

/// The SQL that Postgres gets.
pub(super) fn expand(sql: &str, asked: &Asked) -> Result<String, String> {
    let (interval, interval_ms) = (interval_text(asked.interval_ms), asked.interval_ms.to_string());
    let mut values = asked.values.clone();
    values.set("__interval", &[&interval], false);
    values.set("__interval_ms", &[&interval_ms], false);
    let sql = values
        .put_into(sql)?
        .replace("$__interval_ms", &interval_ms)
        .replace("$__interval", &interval)
        .replace("$__unixEpochFrom()", &seconds(asked.from_ms).to_string())
        .replace("$__unixEpochTo()", &seconds(asked.to_ms).to_string());
    expand_macros(&sql, asked)
}

fn expand_macros(sql: &str, asked: &Asked) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), sql);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(call) = Call::at_start(rest) else {
            out.push('$');
            rest = &rest[1..];
            continue;
        };
        out.push_str(&call.expand(sql, asked)?);
        rest = &rest[call.text.len()..];
    }
    Ok(out + rest)
}

/// `$name(arguments)`.
struct Call<'a> {
    text: &'a str,
    name: &'a str,
    arguments: Vec<&'a str>,
}

impl<'a> Call<'a> {
    fn at_start(text: &'a str) -> Option<Self> {
        let open = text.find('(')?;
        let name = &text[1..open];
        let is_name = |letter: char| letter == '_' || letter.is_ascii_alphanumeric();
        if name.is_empty() || !name.chars().all(is_name) {
            return None;
        }
        let close = open + text[open..].find(')')?;
        let arguments = text[open + 1..close].split(',').map(|each| each.trim_matches(' '));
        Some(Self { text: &text[..=close], name, arguments: arguments.collect() })
    }

    /// An old form gave the column its name only where a comma follows. Grafana looks behind the first
    /// place of the whole text where the same call stands, and so do we.
    fn expand(&self, sql: &str, asked: &Asked) -> Result<String, String> {
        let behind = sql.find(self.text).map(|at| &sql[at + self.text.len()..]);
        let comma = behind.is_some_and(|behind| behind.starts_with(','));
        match self.name {
            "__timeGroup" if comma => self.evaluate("__timeGroupAlias", asked),
            name => self.evaluate(name, asked),
        }
    }

    fn evaluate(&self, name: &str, asked: &Asked) -> Result<String, String> {
        let column = self.arguments.first().copied().unwrap_or_default();
        let (from, to) = (asked.from_ms, asked.to_ms);
        Ok(match name {
            "__time" => format!("{column} AS \"time\""),
            "__timeEpoch" => format!("extract(epoch from {column}) as \"time\""),
            "__timeFilter" => {
                format!("{column} BETWEEN '{}' AND '{}'", rfc3339(from)?, rfc3339(to)?)
            }
            "__timeFrom" => format!("'{}'", rfc3339(from)?),
            "__timeTo" => format!("'{}'", rfc3339(to)?),
            "__timeGroup" => self.group(&format!("extract(epoch from {column})"))?,
            "__unixEpochGroup" => self.group(&format!("({column})"))?,
            "__timeGroupAlias" => self.evaluate("__timeGroup", asked)? + " AS \"time\"",
            "__unixEpochGroupAlias" => self.evaluate("__unixEpochGroup", asked)? + " AS \"time\"",
            "__unixEpochFilter" => between(column, seconds(from).into(), seconds(to).into()),
            "__unixEpochNanoFilter" => between(column, nanos(from), nanos(to)),
            "__unixEpochNanoFrom" => nanos(from).to_string(),
            "__unixEpochNanoTo" => nanos(to).to_string(),
            unknown => return Err(format!("unknown macro {unknown:?}")),
        })
    }

    fn group(&self, epoch: &str) -> Result<String, String> {
        let [_, interval, fill @ ..] = self.arguments.as_slice() else {
            return Err(format!("macro {} needs time column and interval", self.name));
        };
        let seconds = interval_seconds(interval.trim_matches('\''))
            .ok_or_else(|| format!("error parsing interval {interval}"))?;
        // What missing buckets are filled with does not change the query, but has to be legible.
        if let [fill] = fill
            && !["NULL", "previous"].contains(fill)
            && fill.parse::<f64>().is_err()
        {
            return Err(format!("error parsing fill value {fill}"));
        }
        Ok(format!("floor({epoch}/{seconds})*{seconds}"))
    }
}

fn between(column: &str, from: i128, to: i128) -> String {
    format!("{column} >= {from} AND {column} <= {to}")
}

fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}

fn nanos(ms: i64) -> i128 {
    i128::from(ms) * 1_000_000
}

/// Go writes no zeros at the end of a fraction, and no point without one.
fn rfc3339(ms: i64) -> Result<String, String> {
    let time = Time::from_millis(ms).map_err(|error| error.to_string())?.to_string();
    let fraction = time.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.');
    let whole = &time[..time.find('.').unwrap_or(time.len() - 1)];
    Ok(format!("{}Z", if fraction.len() > whole.len() { fraction } else { whole }))
}

/// `90s`, `1m30s`, `2d`: what Go reads as a duration, and days and weeks.
fn interval_seconds(text: &str) -> Option<f64> {
    let (mut total, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let (unit, unit_seconds) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit))?;
        rest = &rest[unit.len()..];
        total += number * unit_seconds;
    }
    (!text.is_empty()).then_some(total)
}

/// `ms` before `m`.
const UNITS: [(&str, f64); 6] =
    [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86400.0), ("w", 604_800.0)];

/// `$__interval` as text: in the greatest unit that divides it.
fn interval_text(ms: i64) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s")];
    let unit = units.iter().find(|(unit_ms, _)| ms % unit_ms == 0);
    unit.map_or(format!("{ms}ms"), |(unit_ms, unit)| format!("{}{unit}", ms / unit_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-01T12:00:00Z to ten seconds and a half later.
    fn expanded(sql: &str) -> Result<String, String> {
        let mut values = Values::default();
        values.set("one", &["it's"], false);
        values.set("many", &["a", "o'b"], true);
        let from_ms = 1_772_366_400_000;
        expand(sql, &Asked { from_ms, to_ms: from_ms + 10_500, interval_ms: 90_000, values })
    }

    fn is(sql: &str, expected: &str) {
        assert_eq!(expanded(sql).as_deref(), Ok(expected), "{sql}");
    }

    fn fails(sql: &str, expected: &str) {
        assert_eq!(expanded(sql), Err(expected.to_owned()), "{sql}");
    }

    #[test]
    fn macros_become_what_grafana_makes_of_them() {
        is("$__time(a.b), c", "a.b AS \"time\", c");
        is("$__timeEpoch(t)", "extract(epoch from t) as \"time\"");
        is("$__timeFilter(t)", "t BETWEEN '2026-03-01T12:00:00Z' AND '2026-03-01T12:00:10.5Z'");
        is("$__timeFrom()/$__timeTo()", "'2026-03-01T12:00:00Z'/'2026-03-01T12:00:10.5Z'");
        is("$__unixEpochFilter(t)", "t >= 1772366400 AND t <= 1772366410");
        is("$__unixEpochNanoTo()", "1772366410500000000");
        is("$__unixEpochFrom()", "1772366400");
        is("$__unixEpochGroupAlias(t, '5m')", "floor((t)/300)*300 AS \"time\"");
    }

    #[test]
    fn a_group_is_named_where_a_comma_follows_its_first_place() {
        is("$__timeGroup(t,'5m')", "floor(extract(epoch from t)/300)*300");
        is("$__timeGroup(t,'5m'),", "floor(extract(epoch from t)/300)*300 AS \"time\",");
        is("$__timeGroup(t, 250ms, NULL) x", "floor(extract(epoch from t)/0.25)*0.25 x");
        is("$__timeGroupAlias(t,$__interval,0)", "floor(extract(epoch from t)/90)*90 AS \"time\"");
        let group = "floor(extract(epoch from t)/60)*60";
        let both = format!("{group} AS \"time\",{group} AS \"time\")");
        is("$__timeGroup(t,1m),$__timeGroup(t,1m))", &both);
    }

    #[test]
    fn arguments_end_at_the_first_parenthesis_and_unknown_macros_are_errors() {
        is("$__time(now())", "now( AS \"time\")");
        is("$1 $__x $ (", "$1 $__x $ (");
        fails("$__nothing(t)", "unknown macro \"__nothing\"");
        fails("$__timeGroup(t)", "macro __timeGroup needs time column and interval");
        fails("$__timeGroup(t,soon)", "error parsing interval soon");
        fails("$__timeGroup(t,1m,much)", "error parsing fill value much");
    }

    #[test]
    fn variables_come_first() {
        is("$__interval $__interval_ms ${__interval_ms}", "90s 90000 90000");
        is("'$one' ${one:sqlstring} ${one:raw}", "'it''s' 'it''s' it's");
        is("[[one]] [[many]] $many", "it''s 'a','o''b' 'a','o''b'");
        is("${many:sqlstring}|${many:csv}|$ones", "'a','o''b'|a,o'b|$ones");
        fails("${one:json}", "a format that no dashboard should need in SQL: json");
    }
}
