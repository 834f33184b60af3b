//! Tables of samples.
//!
//! **Invariant:** a row is a sample, a missing value or an error with its line; none is skipped.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, anyhow, bail};
use csv::StringRecord;
use incidents::rank::{Samples, Series};
use schemas::time::Time;

const HEADER: [&str; 5] = ["timestamp", "node", "metric", "statistic", "value"];

/// Reads a table.
pub(super) fn read(path: &Path) -> anyhow::Result<Samples> {
    let mut reader =
        csv::Reader::from_path(path).with_context(|| format!("cannot read {}", path.display()))?;
    let header = reader.headers().with_context(|| format!("cannot read {}", path.display()))?;
    if header.iter().ne(HEADER) {
        bail!("{} line 1: the table must begin with {}", path.display(), HEADER.join(","));
    }
    let mut samples = Samples::default();
    let mut row = StringRecord::new();
    // The errors of the table's reader name the line themselves.
    while reader.read_record(&mut row).with_context(|| path.display().to_string())? {
        let line = row.position().map_or(0, csv::Position::line);
        add(&mut samples, &row).with_context(|| format!("{} line {line}", path.display()))?;
    }
    Ok(samples)
}

fn add(samples: &mut Samples, row: &StringRecord) -> anyhow::Result<()> {
    let field = |place: usize| row.get(place).unwrap_or_default();
    let at_ms = timestamp(field(0))?;
    let value = field(4).trim();
    if value.is_empty() {
        return Ok(());
    }
    let value = value
        .parse()
        .map_err(|_| anyhow!("`{value}` is no number; leave a missing value empty"))?;
    let series = Series {
        node: field(1).to_owned(),
        metric: field(2).to_owned(),
        statistic: field(3).to_owned(),
    };
    samples.add(&series, at_ms, value);
    Ok(())
}

/// Unix seconds, or RFC 3339.
fn timestamp(text: &str) -> anyhow::Result<i64> {
    let Ok(seconds) = f64::from_str(text) else { return Ok(Time::from_str(text)?.millis()) };
    let millis = (seconds * 1000.0).round();
    let (first, last) = (Time::MIN.millis() as f64, Time::MAX.millis() as f64);
    if !(first..=last).contains(&millis) {
        bail!("`{text}` are not unix seconds between the years 0000 and 9999");
    }
    #[expect(clippy::cast_possible_truncation, reason = "within the years just checked")]
    Ok(millis as i64)
}
