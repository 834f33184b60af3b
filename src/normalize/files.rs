//! Files as Kafka values.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::{Path, PathBuf};

use anyhow::Context;
use flate2::read::MultiGzDecoder;

/// A value is not longer than this; brokers take far less.
const VALUE_BYTES_MAX: u64 = 256 << 20;
/// Beside samples and captures lie files that say where they are from.
const ABOUT: [&str; 4] = ["README", "LICENSE", "NOTICE", "PROVENANCE"];

/// One file, or the standard input.
pub(crate) struct Source {
    /// `None` for the standard input.
    path: Option<PathBuf>,
}

/// Takes a row from 0 and its value.
type Visit<'v> = dyn FnMut(u64, &[u8]) -> anyhow::Result<()> + 'v;

/// The files to read, in the order of their names.
pub(crate) fn under(path: &Path) -> anyhow::Result<Vec<Source>> {
    if path == Path::new("-") {
        return Ok(vec![Source { path: None }]);
    }
    let mut found = Vec::new();
    collect(path, &mut found)?;
    Ok(found.into_iter().map(|path| Source { path: Some(path) }).collect())
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let reading = || format!("cannot read {}", path.display());
    if !std::fs::metadata(path).with_context(reading)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).with_context(reading)?;
    let mut below: Vec<_> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    below.sort();
    below.iter().filter(|path| is_data(path)).try_for_each(|path| collect(path, found))
}

fn is_data(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && !ABOUT.iter().any(|about| name.starts_with(about))
}

impl Source {
    /// What it is called in dead letters.
    pub(crate) fn name(&self) -> String {
        self.path.as_ref().map_or_else(|| "-".to_owned(), |path| path.display().to_string())
    }

    /// The name of the folder it lies in.
    pub(crate) fn folder(&self) -> Option<&str> {
        self.path.as_ref()?.parent()?.file_name()?.to_str()
    }

    /// Gives each value in turn.
    pub(crate) fn visit(&self, visit: &mut Visit<'_>) -> anyhow::Result<()> {
        let Some(path) = &self.path else { return lines(stdin().lock(), visit) };
        let reading = || format!("cannot read {}", path.display());
        let file = File::open(path).with_context(reading)?;
        let name = path.to_string_lossy();
        let plain = name.strip_suffix(".gz");
        let is_lines = |name: &str| name.ends_with(".ndjson") || name.ends_with(".jsonl");
        match plain {
            Some(plain) if is_lines(plain) => {
                lines(BufReader::new(MultiGzDecoder::new(file)), visit).with_context(reading)
            }
            _ if is_lines(&name) => lines(BufReader::new(file), visit).with_context(reading),
            _ => {
                let mut value = Vec::new();
                file.take(VALUE_BYTES_MAX).read_to_end(&mut value).with_context(reading)?;
                visit(0, &value)
            }
        }
    }
}

fn lines(mut from: impl BufRead, visit: &mut Visit<'_>) -> anyhow::Result<()> {
    let mut value = Vec::new();
    for row in 0.. {
        value.clear();
        if from.by_ref().take(VALUE_BYTES_MAX).read_until(b'\n', &mut value)? == 0 {
            return Ok(());
        }
        let line = value.trim_ascii_end();
        if !line.is_empty() {
            visit(row, line)?;
        }
    }
    Ok(())
}
