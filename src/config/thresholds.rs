//! The section `thresholds` of the configuration file: which files of thresholds hold, and of how many series.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use analytics::thresholds::ThresholdsConfig;
use serde::Deserialize;

use super::section;
use crate::rules_command::{texts, thresholds_of};

/// The file; its other sections are read elsewhere.
#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    thresholds: Section,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    /// Files of thresholds, or folders of them.
    files: Vec<PathBuf>,
    /// Series that a task watches.
    series_max: Option<usize>,
}

/// What the section of this file means.
///
/// # Errors
/// All that is wrong, with file and line.
pub(super) fn read(path: &Path) -> Result<ThresholdsConfig, String> {
    section::text_of(path)
        .map_or(Ok(ThresholdsConfig::default()), |text| parse(&path.display().to_string(), &text))
}

fn parse(name: &str, text: &str) -> Result<ThresholdsConfig, String> {
    let File { thresholds } = section::parse(name, text)?;
    let line = section::line_of(text, "thresholds:");
    let files = texts(&thresholds.files)
        .map_err(|error| format!("{name}:{line}: thresholds: {error:#}"))?;
    let (rules, problems) = thresholds_of(&files);
    if !problems.is_empty() {
        let told: String = problems.iter().map(|problem| format!("\n  {problem}")).collect();
        return Err(format!("{name}:{line}: thresholds: they cannot be used:{told}"));
    }
    let usual = ThresholdsConfig::default();
    let series_max = thresholds.series_max.unwrap_or(usual.series_max);
    Ok(ThresholdsConfig { rules: Arc::from(rules), series_max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_read_and_mistakes_are_told_with_file_and_line() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/own/thresholds");
        let text = format!("thresholds:\n  files: [{}]\n  series_max: 7\n", own.display());
        let config = parse("isobar.yaml", &text).unwrap();
        assert!(config.rules.len() >= 5, "{}", config.rules.len());
        assert_eq!(config.series_max, 7);
        assert_eq!(parse("isobar.yaml", "brokers: a:1\n").unwrap(), ThresholdsConfig::default());
        let missing = parse("f.yaml", "slot: a\nthresholds: {files: [/not/there]}\n").unwrap_err();
        assert!(missing.starts_with("f.yaml:2: thresholds: cannot read /not/there"), "{missing}");
        let unknown = parse("f.yaml", "thresholds:\n  fils: []\n").unwrap_err();
        assert!(unknown.starts_with("f.yaml:2: thresholds: unknown field `fils`"), "{unknown}");
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.yaml");
        std::fs::write(&file, "title: a\nmeasrue: b\n").unwrap();
        let text = format!("thresholds: {{files: [{}]}}\n", file.display());
        let told = parse("f.yaml", &text).unwrap_err();
        let wanted =
            format!("{}:2: unknown field `measrue`; did you mean `measure`?", file.display());
        assert!(told.contains(&wanted), "{told}");
    }
}
