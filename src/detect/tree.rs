//! Which files are read, and where what is found in them goes.
//!
//! **Invariant:** below two folders the names are the same.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write, stdout};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// One file and where its rows go.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) input: PathBuf,
    pub(super) output: PathBuf,
}

/// The files to judge, in the order of their names.
pub(super) fn pairs(input: &Path, output: &Path) -> anyhow::Result<Vec<Pair>> {
    let about = std::fs::metadata(input).with_context(|| unreadable(input))?;
    if !about.is_dir() {
        return Ok(vec![Pair { input: input.to_owned(), output: output.to_owned() }]);
    }
    if output == Path::new("-") || output.is_file() {
        bail!("{} is a folder, so --output has to be one, too", input.display());
    }
    let mut found = Vec::new();
    collect(input, &mut found)?;
    if found.is_empty() {
        bail!("there is no *.csv and no *.csv.gz below {}", input.display());
    }
    let pair = |path: PathBuf| {
        let name = path.strip_prefix(input)?.to_owned();
        Ok(Pair { output: output.join(name), input: path })
    };
    found.into_iter().map(pair).collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| unreadable(folder))?;
    let mut below: Vec<_> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    below.sort();
    for path in below {
        if path.is_dir() {
            collect(&path, found)?;
        } else if is_series(&path) {
            found.push(path);
        }
    }
    Ok(())
}

fn is_series(path: &Path) -> bool {
    let name = path.to_string_lossy().to_ascii_lowercase();
    name.ends_with(".csv") || name.ends_with(".csv.gz")
}

fn unreadable(path: &Path) -> String {
    format!("cannot read {}", path.display())
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"))
}

/// The lines of a file, unpacked.
pub(super) fn reader(path: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let file = File::open(path).with_context(|| unreadable(path))?;
    Ok(if is_packed(path) {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(BufReader::new(file))
    })
}

/// A file that is being written, packed or plain.
pub(super) enum Out {
    Plain(Box<dyn Write>),
    Packed(GzEncoder<BufWriter<File>>),
}

/// Opens a file for writing, with the folders above it.
pub(super) fn writer(path: &Path) -> anyhow::Result<Out> {
    let unwritable = || format!("cannot write {}", path.display());
    if path == Path::new("-") {
        return Ok(Out::Plain(Box::new(BufWriter::new(stdout()))));
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(unwritable)?;
    }
    let file = BufWriter::new(File::create(path).with_context(unwritable)?);
    Ok(if is_packed(path) {
        Out::Packed(GzEncoder::new(file, Compression::default()))
    } else {
        Out::Plain(Box::new(file))
    })
}

impl Out {
    /// Writes what is still held; what cannot be written is told.
    pub(super) fn finish(self) -> std::io::Result<()> {
        match self {
            Self::Plain(mut out) => out.flush(),
            Self::Packed(out) => out.finish()?.flush(),
        }
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(out) => out.write(bytes),
            Self::Packed(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::Plain(out) => out.flush(),
            Self::Packed(out) => out.flush(),
        }
    }
}
