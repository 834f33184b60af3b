//! `isobar correlate`: which incidents the values of a file are part of, through the code of the service.
//!
//! **Invariant:** a row is read exactly as a message of that content would be, and the engine sees rows
//! in their order only. Every row has one line among the assignments, also one that cannot be read.

pub(crate) mod assign;

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write, stderr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use clap::Args;
use processors::normalize::normalize;
use processors::tenant::Tenants;
use processors::{Catalog, Input, Known};
use schemas::codec;
use schemas::time::Time;

use crate::mappings::{catalog, known};
use crate::normalize::files::{self, Source};
use assign::Assignments;

/// So many rows that cannot be read are told one by one; all are counted.
const TOLD_MAX: u64 = 20;

/// What was asked for.
#[derive(Args, Debug)]
#[command(after_help = "\
Every event of the file is weighed against the incidents that are open when it comes: by what it names,
by rule and place, by order, and by what belongs together. What joins is told with reasons.

The assignments have a line for each row: the row from 0, a tab, the id of its incident. - stands for
none: nothing else belongs to the row, or it cannot be read. A row that holds several events has the
incident of the first. Ids are the same in every run over the same rows.

The output has a line of JSON for each incident, as on the topic isobar.incidents: what it is called, its
alerts, why they are together, what they name in common.

The file is read as `isobar normalize` reads it: a value a line when it is called *.ndjson or *.jsonl,
also .gz. Memory is bounded, but for 32 bytes a row.

Examples:
  isobar correlate --input alerts.ndjson.gz --assignments rows.tsv --output incidents.ndjson
  isobar correlate --input - --format aws-cloudtrail --assignments rows.tsv --output - | jq .data.title")]
pub(crate) struct CorrelateArgs {
    /// What to read: a file, or - for standard input (a value a line)
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Where the incident of each row goes; - for standard output
    #[arg(long, value_name = "FILE")]
    assignments: PathBuf,
    /// Where incidents go; - for standard output
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Read everything as this format
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// Mappings of your own: YAML files, or folders of them
    #[arg(long, value_name = "PATH")]
    mappings: Vec<PathBuf>,
    /// Where the counts go, as JSON
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

/// Reads and correlates everything; `arrival` counts as the time at which it all arrived.
pub(crate) fn run(arguments: &CorrelateArgs, arrival: Time) -> anyhow::Result<()> {
    let catalog = catalog(&arguments.mappings)?;
    let named = arguments.format.as_deref().map(|name| known(catalog, name)).transpose()?;
    let source = input(&arguments.input)?;
    let (mut rows, mut out) = (open(&arguments.assignments)?, open(&arguments.output)?);
    let tenants = Tenants::default();
    let assignments = Assignments::new(arrival);
    let mut work = Work { catalog, named, arrival, tenants, assignments, told: Instant::now() };
    let name = source.name();
    source.visit(&mut |row, value| work.row(&name, row, value))?;
    work.assignments.end();
    work.assignments.write_rows(&mut rows).with_context(|| unwritable(&arguments.assignments))?;
    for incident in work.assignments.incidents() {
        let line = codec::encode(incident)?;
        out.write_all(&line).with_context(|| unwritable(&arguments.output))?;
        out.write_all(b"\n").with_context(|| unwritable(&arguments.output))?;
    }
    out.flush().with_context(|| unwritable(&arguments.output))?;
    if let Some(path) = &arguments.summary {
        let mut out = open(path)?;
        serde_json::to_writer_pretty(&mut out, &work.assignments.summary)?;
        writeln!(out).and_then(|()| out.flush()).with_context(|| unwritable(path))?;
    }
    tell(&format!("{}{}", over(), work.assignments.summary));
    Ok(())
}

/// Rows are numbered within one file, so there is one.
fn input(path: &Path) -> anyhow::Result<Source> {
    if path.is_dir() {
        bail!("{} is a folder; rows are numbered within one file, so give one", path.display());
    }
    files::under(path)?.pop().with_context(|| format!("cannot read {}", path.display()))
}

fn unwritable(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

fn open(path: &Path) -> anyhow::Result<Box<dyn Write>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::new(std::io::stdout())));
    }
    let file = File::create(path).with_context(|| unwritable(path))?;
    Ok(Box::new(BufWriter::with_capacity(1 << 20, file)))
}

struct Work {
    catalog: &'static Catalog,
    named: Option<Known>,
    arrival: Time,
    tenants: Tenants,
    assignments: Assignments,
    told: Instant,
}

impl Work {
    fn row(&mut self, name: &str, row: u64, value: &[u8]) -> anyhow::Result<()> {
        let input = Input { catalog: self.catalog, ..Input::new(value, self.arrival) };
        let record = format!("{name}/0/{row}");
        self.assignments.begin_row(row);
        normalize(&input, &record, self.named, &self.tenants, &mut self.assignments);
        for reason in self.assignments.end_row() {
            self.unread(row, &reason);
        }
        self.progress();
        Ok(())
    }

    fn unread(&self, row: u64, reason: &str) {
        match self.assignments.summary.unread {
            number if number <= TOLD_MAX => {
                tell(&format!("{}row {row} cannot be read: {reason}", over()));
            }
            number if number == TOLD_MAX + 1 => tell("further such rows are only counted"),
            _ => {}
        }
    }

    /// A line that is written over, on a terminal.
    fn progress(&mut self) {
        if stderr().is_terminal() && self.told.elapsed().as_millis() > 200 {
            self.told = Instant::now();
            drop(write!(stderr(), "\r{}", self.assignments.summary));
        }
    }
}

fn over() -> &'static str {
    if stderr().is_terminal() { "\r" } else { "" }
}

fn tell(text: &str) {
    drop(writeln!(stderr(), "{text}"));
}

#[cfg(test)]
#[path = "correlate/tests.rs"]
mod tests;
