//! Cases on disk.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use incidents::rank::{Samples, Series};
use serde::Deserialize;

use super::table;

/// What a folder must hold to be a case.
const FILE: &str = "case.json";

/// A case, read.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) edges: Vec<(String, String)>,
    pub(super) symptom: Series,
    pub(super) normal: Samples,
    pub(super) current: Samples,
}

#[derive(Deserialize)]
struct Written {
    edges: Vec<(String, String)>,
    symptom: WrittenSymptom,
    normal: PathBuf,
    current: PathBuf,
}

#[derive(Deserialize)]
struct WrittenSymptom {
    node: String,
    metric: String,
    statistic: String,
}

/// The folders of cases at a path, by name.
pub(super) fn under(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.join(FILE).is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut folders: Vec<PathBuf> =
        entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    folders.retain(|folder| folder.join(FILE).is_file());
    folders.sort();
    if folders.is_empty() {
        bail!(
            "{} holds no case: each case is a folder in it with a file {FILE}; \
             `isobar rank --help` shows one",
            path.display()
        );
    }
    Ok(folders)
}

impl Case {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(FILE);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let Written { edges, symptom, normal, current } = serde_json::from_str(&text)
            .with_context(|| {
                format!("{} is no case; `isobar rank --help` shows one", path.display())
            })?;
        let WrittenSymptom { node, metric, statistic } = symptom;
        // A folder called `.` or `/` has no name of its own.
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        Ok(Self {
            name: name.to_string_lossy().into_owned(),
            edges,
            symptom: Series { node, metric, statistic },
            normal: table::read(&folder.join(normal))?,
            current: table::read(&folder.join(current))?,
        })
    }
}
