//! `isobar normalize`: what the service does, offline, on files.
//!
//! **Invariant:** every value of every file is accounted for in the summary.

pub(crate) mod files;
mod write;

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use processors::Input;
use processors::balance::Balance;
use processors::normalize::normalize;
use processors::tenant::Tenants;
use processors::{Catalog, Known};
use schemas::time::Time;

use crate::mappings::{catalog, known};
use crate::offline::{Progress, open, write_summary};
use files::Source;
use write::Writer;

/// What was asked for.
#[derive(Args, Debug)]
#[command(after_help = format!("\
A *.ndjson or *.jsonl file, also .gz, holds one Kafka value a line; any other file is one Kafka value.
The format is the one given, else the one that the file's folder is named after, else it is found by
looking. Files called README, LICENSE, NOTICE or PROVENANCE are not read.

Formats:{}

Examples:
  isobar normalize --input events.ndjson.gz --output -
  isobar normalize --input samples/ --output all.ndjson --dead-letter dead.ndjson --summary sum.json
  kcat -C -t audit -e | isobar normalize --input - --format aws-cloudtrail --output -", listing()))]
pub(crate) struct NormalizeArgs {
    /// What to read: a file, a folder with all below it, or - for standard input (a value a line)
    #[arg(long, value_name = "PATH")]
    input: PathBuf,
    /// Where events and points go, one JSON value a line; - for standard output
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Read everything as this format
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// Mappings of your own: YAML files, or folders of them
    #[arg(long, value_name = "PATH")]
    mappings: Vec<PathBuf>,
    /// Where values go that cannot be read, with the reason
    #[arg(long, value_name = "FILE")]
    dead_letter: Option<PathBuf>,
    /// Where the balance goes, as JSON
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

fn listing() -> String {
    Catalog::built_in().names().map(|name| format!("\n  {name}")).collect()
}

/// Reads everything; `arrival` counts as the time at which it all arrived.
pub(crate) fn run(arguments: &NormalizeArgs, arrival: Time) -> anyhow::Result<()> {
    let catalog = catalog(&arguments.mappings)?;
    let named = arguments.format.as_deref().map(|name| known(catalog, name)).transpose()?;
    let mut work = Work {
        named,
        arrival,
        tenants: Tenants::default(),
        writer: Writer::new(open(&arguments.output)?, arguments.dead_letter.as_deref().map(open)),
        balance: Balance::default(),
        progress: Progress::new(),
        catalog,
    };
    work.writer.check()?;
    for source in files::under(&arguments.input)? {
        work.read(&source)?;
    }
    work.writer.flush()?;
    write_summary(arguments.summary.as_deref(), &work.balance)?;
    work.progress.end(&Line(&work.balance));
    Ok(())
}

struct Work {
    named: Option<Known>,
    arrival: Time,
    tenants: Tenants,
    writer: Writer,
    balance: Balance,
    progress: Progress,
    catalog: &'static Catalog,
}

impl Work {
    fn read(&mut self, source: &Source) -> anyhow::Result<()> {
        let folder = || source.folder().and_then(|name| self.catalog.named(name));
        let named = self.named.or_else(folder);
        let name = source.name();
        source.visit(&mut |row, value| {
            let input = Input { catalog: self.catalog, ..Input::new(value, self.arrival) };
            let record = format!("{name}/0/{row}");
            self.writer.at(&name, row);
            let (format, tally) =
                normalize(&input, &record, named, &self.tenants, &mut self.writer);
            self.writer.letters(format, &input, &self.tenants)?;
            self.balance.add(format, &tally);
            self.progress.tell(&Line(&self.balance));
            Ok(())
        })
    }
}

/// The balance in a line.
struct Line<'b>(&'b Balance);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.0.total;
        write!(
            f,
            "{} values: {} events, {} points, {} filtered, {} dead letters",
            total.read, total.events, total.points, total.filtered, total.dead_letter
        )
    }
}
