//! The user's own mappings: files, or folders of them, read when the process starts.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use processors::mapping::Mapping;
use processors::{Catalog, Known};

/// The formats that come with Isobar, and those of these files. Every mistake of every file is told.
///
/// # Errors
/// When a file cannot be read or holds a mistake.
pub(crate) fn catalog(paths: &[PathBuf]) -> anyhow::Result<&'static Catalog> {
    if paths.is_empty() {
        return Ok(Catalog::built_in());
    }
    let mut own = Vec::new();
    let mut wrong = Vec::new();
    for file in files(paths)? {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {name}"))?;
        match Mapping::parse(&name, &text) {
            Ok(mapping) => own.push(mapping),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    if !wrong.is_empty() {
        bail!("mappings cannot be used:\n  {}", wrong.join("\n  "));
    }
    Ok(Catalog::with(own)?)
}

/// The format of this name.
///
/// # Errors
/// When there is none; the nearest is told.
pub(crate) fn known(catalog: &Catalog, name: &str) -> anyhow::Result<Known> {
    catalog.named(name).ok_or_else(|| {
        let names = catalog.names();
        let near = names.max_by(|a, b| strsim::jaro(a, name).total_cmp(&strsim::jaro(b, name)));
        anyhow!("there is no format {name}; did you mean {}?", near.unwrap_or("another"))
    })
}

/// The files that are named, and those with the ending of YAML in folders that are; in order.
fn files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = path.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = entries.with_context(|| format!("cannot read {}", path.display()))?;
        let mut found: Vec<_> = entries.iter().map(std::fs::DirEntry::path).collect();
        found.retain(|path| is_yaml(path));
        found.sort();
        files.append(&mut found);
    }
    Ok(files)
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}
