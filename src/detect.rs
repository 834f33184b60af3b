//! `isobar detect`: the anomalies of series in CSV files, through the code of the service.
//!
//! **Invariant:** a row of output for each row of input, in its order, judged by the rows before it
//! only; `alarm` is 1 exactly where `anomaly_score` is 1 or more.

mod plot;
mod rows;
mod summary;
mod tree;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use ::detect::{Detector, Series, Setting, Verdict};
use anyhow::{Context, anyhow};
use clap::Args;
use schemas::time::Time;

use crate::offline::{Progress, unwritable, write_summary};
use plot::Plot;
use rows::{Columns, Row};
use summary::Summary;
use tree::Pair;

/// What was asked for.
#[derive(Args, Debug)]
#[command(after_help = "\
A file has a header line with the columns timestamp and value; others are not read. Times are epoch
seconds, milliseconds, microseconds or nanoseconds, or texts like 2014-02-14 14:30:00, with or without T,
fraction and zone; without a zone they are UTC. An empty value is a missing one. *.csv.gz is read and
written compressed. A folder is read with all below it, and written under the same names.

The output has timestamp and value as they were read, and
  anomaly_score  how strange the row is beside all rows before it; 1 and more is an alarm
  alarm          1 where it is, else 0
  reason         for an alarm: what was expected, how unlikely it is, who says so, since when

All series are judged alike and nothing has to be set: each row by what came before it in its own series,
so the same file gives the same output. Seasons of a day and of a week are found by themselves. An alarm
makes the next one harder for some hours, and every alarm of a fortnight a little.

Detectors that may be chosen: forecast, residual, drift, level-shift, neighbour (these five unless others
are chosen), weekly-profile, z-score, iqr, isolation-forest, change-point, rate-of-change, counts. Runs of
equal and of missing rows are always told.

Examples:
  isobar detect --input cpu.csv --output -
  isobar detect --input metrics/ --output found/ --plot --summary found.json
  isobar detect --input cpu.csv --output out.csv --detectors z-score,iqr,isolation-forest,change-point")]
pub(crate) struct DetectArgs {
    /// What to read: a CSV file, or a folder of them
    #[arg(long, value_name = "PATH")]
    input: PathBuf,
    /// Where the judged rows go: a file or - for one file, a folder for a folder
    #[arg(long, value_name = "PATH")]
    output: PathBuf,
    /// How readily findings are told: 2 twice as readily, 0.5 half
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    sensitivity: f64,
    /// Who votes, instead of the usual six
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = detector)]
    detectors: Vec<Detector>,
    /// Draw each series as OUTPUT.svg, with what was expected and what was found
    #[arg(long)]
    plot: bool,
    /// Where the counts go, as JSON
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

fn detector(name: &str) -> Result<Detector, String> {
    let names = || Detector::ALL.map(Detector::name).join(", ");
    Detector::ALL
        .into_iter()
        .find(|detector| detector.name() == name)
        .ok_or_else(|| format!("there is no detector {name}; there are {}", names()))
}

/// Judges every file.
pub(crate) fn run(arguments: &DetectArgs) -> anyhow::Result<()> {
    let setting = Setting::new(arguments.sensitivity, &arguments.detectors)?;
    let pairs = tree::pairs(&arguments.input, &arguments.output)?;
    if arguments.plot && arguments.output == Path::new("-") {
        return Err(anyhow!("a picture needs a file beside it: give --output FILE with --plot"));
    }
    let mut work = Work {
        setting,
        with_plot: arguments.plot,
        summary: Summary::default(),
        progress: Progress::new(),
    };
    for pair in &pairs {
        work.file(pair).with_context(|| format!("{}", pair.input.display()))?;
    }
    write_summary(arguments.summary.as_deref(), &work.summary)?;
    work.progress.end(&work.summary);
    Ok(())
}

struct Work {
    setting: Setting,
    with_plot: bool,
    summary: Summary,
    progress: Progress,
}

impl Work {
    fn file(&mut self, pair: &Pair) -> anyhow::Result<()> {
        let mut lines = tree::reader(&pair.input)?;
        let mut header = String::new();
        lines.read_line(&mut header).context("line 1")?;
        let columns = Columns::of(&header).context("line 1")?;
        let mut out = tree::writer(&pair.output)?;
        let unwritable = || unwritable(&pair.output);
        writeln!(out, "timestamp,value,anomaly_score,alarm,reason").with_context(unwritable)?;
        let (mut series, mut plot) = (Series::new(&self.setting), Plot::default());
        self.summary.file();
        for (number, line) in (2_u64..).zip(lines.lines()) {
            let line = line.with_context(|| format!("line {number}"))?;
            if line.trim().is_empty() {
                continue;
            }
            let row = columns.row(&line).with_context(|| format!("line {number}"))?;
            let verdict = series.step(row.time_ms, row.value);
            write_row(&mut out, &row, &verdict).with_context(unwritable)?;
            self.summary.row(&row, &verdict);
            if self.with_plot {
                plot.row(&row, &verdict, reason(&row, &verdict));
            }
            self.progress.tell(&self.summary);
        }
        out.finish().with_context(unwritable)?;
        if self.with_plot { plot.write(&pair.output) } else { Ok(()) }
    }
}

fn write_row(out: &mut dyn Write, row: &Row<'_>, verdict: &Verdict) -> std::io::Result<()> {
    let (score, alarm) = (verdict.score, u8::from(verdict.alarm));
    write!(out, "{},{},{score},{alarm},", row.time, row.written)?;
    match reason(row, verdict) {
        Some(reason) => writeln!(out, "\"{}\"", reason.replace('"', "'")),
        None => writeln!(out),
    }
}

/// Why a row is an alarm, or was not judged.
fn reason(row: &Row<'_>, verdict: &Verdict) -> Option<String> {
    let skipped = verdict.skipped.map(|skipped| match skipped {
        ::detect::Skipped::Duplicate => "not judged: a row of this time was there before",
        ::detect::Skipped::Late => "not judged: a later row was there before",
    });
    skipped.map(str::to_owned).or_else(|| verdict.reason(row.value, written))
}

fn written(time_ms: i64) -> String {
    Time::from_millis(time_ms).map_or_else(|_| format!("{time_ms} ms"), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A quiet series with a jump in row 900.
    fn series() -> String {
        let row = |number: u32| {
            let value = f64::from(number * 7919 % 13) + if number == 900 { 500.0 } else { 0.0 };
            format!("{},{value}\n", 1_700_000_000 + number * 60)
        };
        format!("timestamp,value\n{}", (0..1000).map(row).collect::<String>())
    }

    fn detect_with(input: &Path, output: &Path, plot: bool) -> anyhow::Result<()> {
        let summary = Some(output.with_extension("json"));
        let (input, output) = (input.to_owned(), output.to_owned());
        run(&DetectArgs { input, output, sensitivity: 1.0, detectors: vec![], plot, summary })
    }

    #[test]
    fn a_folder_keeps_its_names_and_every_row_has_one() {
        let dir = tempfile::tempdir().unwrap();
        let (input, output) = (dir.path().join("in"), dir.path().join("out"));
        std::fs::create_dir_all(input.join("a/b")).unwrap();
        std::fs::write(input.join("a/b/one.csv"), series()).unwrap();
        std::fs::write(input.join("two.csv"), "value,timestamp\n1,2014-02-14 14:30:00\n").unwrap();
        detect_with(&input, &output, true).unwrap();
        let found = std::fs::read_to_string(output.join("a/b/one.csv")).unwrap();
        let rows: Vec<_> = found.lines().collect();
        assert_eq!(rows.len(), 1001);
        assert!(rows[901].contains(",1,\"") && rows[901].contains("was expected"), "{}", rows[901]);
        for row in &rows[1..] {
            let fields: Vec<_> = row.splitn(5, ',').collect();
            let score: f64 = fields[2].parse().unwrap();
            assert_eq!(fields[3] == "1", score >= 1.0, "{row}");
        }
        let picture = std::fs::read_to_string(output.join("a/b/one.csv.svg")).unwrap();
        assert!(picture.starts_with("<svg") && picture.contains("was expected"));
        let two = std::fs::read_to_string(output.join("two.csv")).unwrap();
        assert_eq!(two.lines().nth(1), Some("2014-02-14 14:30:00,1,0,0,"));
        let summary = std::fs::read_to_string(output.with_extension("json")).unwrap();
        let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
        assert_eq!((&summary["files"], &summary["rows"]), (&2.into(), &1001.into()));
    }

    #[test]
    fn errors_say_file_and_line() {
        let dir = tempfile::tempdir().unwrap();
        let (input, output) = (dir.path().join("in.csv"), dir.path().join("out.csv"));
        for (text, told) in [
            ("timestamp,value\n1,2\n2,many\n", "line 3: `many` is not a number"),
            ("timestamp,value\nyesterday,2\n", "line 2: `yesterday` is not a time"),
            ("time,value\n1,2\n", "line 1: there is no column timestamp"),
            ("timestamp,value\n1\n", "line 2: the row has 1 columns"),
        ] {
            std::fs::write(&input, text).unwrap();
            let error = format!("{:#}", detect_with(&input, &output, false).unwrap_err());
            assert!(error.contains("in.csv") && error.contains(told), "{error}");
        }
    }

    #[test]
    fn a_compressed_file_gives_what_the_plain_one_gives() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("in.csv"), series()).unwrap();
        let mut packed = tree::writer(&path("in.csv.gz")).unwrap();
        packed.write_all(series().as_bytes()).unwrap();
        packed.finish().unwrap();
        detect_with(&path("in.csv"), &path("out.csv"), false).unwrap();
        detect_with(&path("in.csv.gz"), &path("out.csv.gz"), false).unwrap();
        let unpacked: Vec<String> =
            tree::reader(&path("out.csv.gz")).unwrap().lines().map(Result::unwrap).collect();
        let plain = std::fs::read_to_string(path("out.csv")).unwrap();
        assert!(plain.lines().eq(unpacked.iter().map(String::as_str)));
    }
}
