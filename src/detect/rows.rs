//! Rows of a CSV file as times and values.
//!
//! **Invariant:** what is written is kept as it was read.

use anyhow::{anyhow, bail};
use schemas::time::Time;

/// Where a file has its columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    time: usize,
    value: usize,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'l> {
    /// The time as it was written.
    pub(super) time: &'l str,
    /// The value as it was written.
    pub(super) written: &'l str,
    pub(super) time_ms: i64,
    /// None is a missing one.
    pub(super) value: Option<f64>,
}

impl Columns {
    /// The columns of a header line.
    pub(super) fn of(header: &str) -> anyhow::Result<Self> {
        let header = header.trim_start_matches('\u{feff}');
        let at = |name: &str| {
            let place = header.split(',').position(|column| plain(column) == name);
            place.ok_or_else(|| {
                anyhow!(
                    "there is no column {name} in `{}`: name the columns timestamp,value",
                    header.trim()
                )
            })
        };
        Ok(Self { time: at("timestamp")?, value: at("value")? })
    }

    /// A line as a row.
    pub(super) fn row<'l>(&self, line: &'l str) -> anyhow::Result<Row<'l>> {
        let column = |place: usize| line.split(',').nth(place).map(plain);
        let (Some(time), Some(written)) = (column(self.time), column(self.value)) else {
            bail!("the row has {} columns, and the header more", line.split(',').count());
        };
        let time_ms = time_ms(time).ok_or_else(|| {
            anyhow!("`{time}` is not a time: write epoch seconds, or 2026-03-01T12:00:00Z")
        })?;
        Ok(Row { time, written, time_ms, value: value(written)? })
    }
}

fn plain(column: &str) -> &str {
    column.trim().trim_matches('"')
}

fn value(text: &str) -> anyhow::Result<Option<f64>> {
    if text.is_empty()
        || ["null", "none", "nan", "na"].contains(&text.to_ascii_lowercase().as_str())
    {
        return Ok(None);
    }
    let value: f64 = text
        .parse()
        .map_err(|_| anyhow!("`{text}` is not a number: leave a missing value empty"))?;
    Ok(value.is_finite().then_some(value))
}

/// Epoch seconds, milliseconds, microseconds or nanoseconds by their size, or a text.
fn time_ms(text: &str) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(match number.unsigned_abs() {
            0..100_000_000_000 => number * 1000,
            100_000_000_000..100_000_000_000_000 => number,
            100_000_000_000_000..100_000_000_000_000_000 => number.div_euclid(1000),
            _ => number.div_euclid(1_000_000),
        });
    }
    if let Ok(seconds) = text.parse::<f64>() {
        #[allow(clippy::cast_possible_truncation, reason = "within the range that was asked for")]
        return (seconds.abs() < 1e11).then(|| (seconds * 1000.0).round() as i64);
    }
    written_ms(text)
}

fn written_ms(text: &str) -> Option<i64> {
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        _ => text.to_owned(),
    };
    let parsed = full.parse::<Time>().or_else(|_| format!("{full}Z").parse::<Time>());
    parsed.ok().map(Time::millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_instant_in_every_form() {
        let forms = [
            "1392388200",
            "1392388200.0",
            "1392388200000",
            "1392388200000000",
            "1392388200000000000",
            "2014-02-14 14:30:00",
            "2014-02-14 14:30",
            "2014-02-14T14:30:00",
            "2014-02-14T14:30:00Z",
            "2014-02-14 14:30:00.000",
            "2014-02-14T15:30:00+01:00",
        ];
        for form in forms {
            assert_eq!(time_ms(form), Some(1_392_388_200_000), "{form}");
        }
        assert_eq!(time_ms("2014-02-14"), Some(1_392_336_000_000));
        assert_eq!(time_ms("soon"), None);
    }

    #[test]
    fn what_is_missing_and_what_is_wrong_are_told_apart() {
        for missing in ["", "NaN", "null", "inf"] {
            assert_eq!(value(missing).unwrap(), None, "{missing}");
        }
        assert_eq!(value("-1.5e3").unwrap(), Some(-1500.0));
        assert!(value("1,5").is_err() && value("x").is_err());
    }
}
