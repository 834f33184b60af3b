//! `isobar normalize`: what the service does, offline, on files.
//!
//! **Invariant:** every value of every file is accounted for in the summary.

pub(crate) mod files;
mod write;

use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write, stderr};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use processors::Input;
use processors::balance::Balance;
use processors::normalize::normalize;
use processors::tenant::Tenants;
use processors::{Catalog, Known};
use schemas::time::Time;

use crate::mappings::{catalog, known};
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
    if let Some(path) = &arguments.summary {
        let mut out = open(path)?;
        serde_json::to_writer_pretty(&mut out, &work.balance)?;
        writeln!(out).and_then(|()| out.flush()).with_context(|| unwritable(path))?;
    }
    work.progress.end(&work.balance);
    Ok(())
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
            self.progress.tell(&self.balance);
            Ok(())
        })
    }
}

/// A line that is written over, on a terminal.
struct Progress {
    terminal: bool,
    told: Instant,
}

impl Progress {
    fn new() -> Self {
        Self { terminal: stderr().is_terminal(), told: Instant::now() }
    }

    fn tell(&mut self, balance: &Balance) {
        if self.terminal && self.told.elapsed().as_millis() > 200 {
            self.told = Instant::now();
            drop(write!(stderr(), "\r{}", line(balance)));
        }
    }

    fn end(&self, balance: &Balance) {
        let over = if self.terminal { "\r" } else { "" };
        drop(writeln!(stderr(), "{over}{}", line(balance)));
    }
}

fn line(balance: &Balance) -> String {
    let total = balance.total;
    format!(
        "{} values: {} events, {} points, {} filtered, {} dead letters",
        total.read, total.events, total.points, total.filtered, total.dead_letter
    )
}
