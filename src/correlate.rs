//! `isobar correlate`: which incidents the values of a file are part of, through the code of the service.
//!
//! **Invariant:** a row is read exactly as a message of that content would be, and the engine sees rows
//! in their order only. Every row has one line among the assignments, also one that cannot be read.

pub(crate) mod assign;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use processors::normalize::normalize;
use processors::tenant::Tenants;
use processors::{Catalog, Input, Known};
use schemas::codec;
use schemas::time::Time;

use crate::mappings::{catalog, known};
use crate::offline::{Progress, one_file, open, unwritable, write_summary};
use assign::Assignments;

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
    let source = one_file(&arguments.input)?;
    let (mut rows, mut out) = (open(&arguments.assignments)?, open(&arguments.output)?);
    let tenants = Tenants::default();
    let assignments = Assignments::new(arrival);
    let progress = Progress::new();
    let mut work = Work { catalog, named, arrival, tenants, assignments, progress };
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
    write_summary(arguments.summary.as_deref(), &work.assignments.summary)?;
    work.progress.end(&work.assignments.summary);
    Ok(())
}

struct Work {
    catalog: &'static Catalog,
    named: Option<Known>,
    arrival: Time,
    tenants: Tenants,
    assignments: Assignments,
    progress: Progress,
}

impl Work {
    fn row(&mut self, name: &str, row: u64, value: &[u8]) -> anyhow::Result<()> {
        let input = Input { catalog: self.catalog, ..Input::new(value, self.arrival) };
        let record = format!("{name}/0/{row}");
        self.assignments.begin_row(row);
        normalize(&input, &record, self.named, &self.tenants, &mut self.assignments);
        for reason in self.assignments.end_row() {
            self.progress.unread(self.assignments.summary.unread, row, &reason);
        }
        self.progress.tell(&self.assignments.summary);
        Ok(())
    }
}

#[cfg(test)]
#[path = "correlate/tests.rs"]
mod tests;
