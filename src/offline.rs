//! What commands that work on files have in common: where results go, and what people are told meanwhile.
//!
//! **Invariant:** results go where they were asked for, everything else to the standard error output.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufWriter, IsTerminal, Write, stderr};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Serialize;

use crate::normalize::files::{self, Source};

/// So many rows that cannot be read are told one by one; all are counted.
const TOLD_MAX: u64 = 20;
/// The line of progress is written over this often.
const PACE: Duration = Duration::from_millis(200);

/// A file, or the standard output for `-`.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn open(path: &Path) -> anyhow::Result<Box<dyn Write>> {
    if path == Path::new("-") {
        return Ok(Box::new(BufWriter::new(std::io::stdout())));
    }
    let file = File::create(path).with_context(|| unwritable(path))?;
    Ok(Box::new(BufWriter::with_capacity(1 << 20, file)))
}

/// Why a result is not where it should be.
pub(crate) fn unwritable(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

/// Writes counts as JSON, where they are asked for.
///
/// # Errors
/// When they cannot be written.
pub(crate) fn write_summary(path: Option<&Path>, counts: &impl Serialize) -> anyhow::Result<()> {
    let Some(path) = path else { return Ok(()) };
    let mut out = open(path)?;
    serde_json::to_writer_pretty(&mut out, counts)?;
    writeln!(out).and_then(|()| out.flush()).with_context(|| unwritable(path))
}

/// Where rows are numbered there is one file, since they are numbered within it.
///
/// # Errors
/// When it is a folder, or cannot be read.
pub(crate) fn one_file(path: &Path) -> anyhow::Result<Source> {
    if path.is_dir() {
        bail!("{} is a folder; rows are numbered within one file, so give one", path.display());
    }
    files::under(path)?.pop().with_context(|| format!("cannot read {}", path.display()))
}

/// Tells people a line. Nobody is left to tell when even this fails.
pub(crate) fn tell(text: &str) {
    drop(writeln!(stderr(), "{text}"));
}

/// A line that is written over, on a terminal.
pub(crate) struct Progress {
    is_terminal: bool,
    told: Instant,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self { is_terminal: stderr().is_terminal(), told: Instant::now() }
    }

    /// How far it has come.
    pub(crate) fn tell(&mut self, counts: &impl Display) {
        if self.is_terminal && self.told.elapsed() > PACE {
            self.told = Instant::now();
            drop(write!(stderr(), "\r{counts}"));
        }
    }

    /// A row that cannot be read, the `number`th of its kind.
    pub(crate) fn unread(&self, number: u64, row: u64, reason: &str) {
        if number <= TOLD_MAX {
            tell(&format!("{}row {row} cannot be read: {reason}", self.over()));
        } else if number == TOLD_MAX + 1 {
            tell("further such rows are only counted");
        }
    }

    /// What it has come to.
    pub(crate) fn end(&self, counts: &impl Display) {
        tell(&format!("{}{counts}", self.over()));
    }

    fn over(&self) -> &'static str {
        if self.is_terminal { "\r" } else { "" }
    }
}
