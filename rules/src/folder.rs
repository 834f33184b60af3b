//! The rule files below a folder, in the order of their paths.

use std::io;
use std::path::{Path, PathBuf};

use crate::set::Text;

/// Files of examples end like this; they lie beside the rules and are none.
pub const EXAMPLES: [&str; 2] = [".test.yaml", ".test.yml"];

/// Reads the rule files at or below a path: `*.yaml` and `*.yml`, but for examples and hidden files.
///
/// # Errors
/// When a folder or file cannot be read; the path is told.
pub fn read(path: &Path) -> io::Result<Vec<Text>> {
    files(path)?.into_iter().filter(|path| !ends(path, &EXAMPLES)).map(|path| text(&path)).collect()
}

/// The file with the examples of a rule file, when there is one.
///
/// # Errors
/// When it is there and cannot be read.
pub fn examples_of(file: &str) -> io::Result<Option<Text>> {
    let name = file.rsplit_once('.').map_or(file, |(name, _)| name);
    let paths = EXAMPLES.iter().map(|ending| PathBuf::from(format!("{name}{ending}")));
    paths.into_iter().find(|path| path.exists()).map(|path| text(&path)).transpose()
}

/// All YAML files at or below a path, in the order of their paths, hidden ones left out.
///
/// # Errors
/// As for [`read`].
pub fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    collect(path, &mut found)?;
    found.sort();
    Ok(found)
}

/// The text of a file.
///
/// # Errors
/// When it cannot be read; the path is told.
pub fn text(path: &Path) -> io::Result<Text> {
    let text = std::fs::read_to_string(path).map_err(|error| at(path, &error))?;
    Ok(Text { file: path.display().to_string(), text })
}

/// Whether the name of a file ends in one of these.
#[must_use]
pub fn ends(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    endings.iter().any(|ending| name.ends_with(ending))
}

fn collect(path: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let is_folder = std::fs::metadata(path).map_err(|error| at(path, &error))?.is_dir();
    if !is_folder {
        found.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(|error| at(path, &error))? {
        let below = entry.map_err(|error| at(path, &error))?.path();
        let hidden = below.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && (below.is_dir() || ends(&below, &[".yaml", ".yml"])) {
            collect(&below, found)?;
        }
    }
    Ok(())
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot read {}: {error}", path.display()))
}
