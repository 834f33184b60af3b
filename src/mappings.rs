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

#[cfg(test)]
mod tests {
    use processors::balance::Tally;
    use processors::formats::sniff_and_read;
    use processors::{Input, Refusal, Sink};

    use super::*;

    const MAPPING: &str = "\
format: lunch
detect: [{keys: [dish, cook]}]
event: {source: canteen, class: change, kind: documents, action: $dish.change, id: $dish.id}
";

    /// Counts what comes.
    #[derive(Default)]
    struct Count(Tally, Vec<String>);

    impl Sink for Count {
        fn event(&mut self, event: &processors::Draft<'_>) {
            self.0.events += 1;
            self.1.push(format!("{} {}", event.source, event.action));
        }

        fn point(
            &mut self,
            _: &processors::DraftSeries<'_>,
            _: i64,
            _: f64,
            _: schemas::metric::PointKind,
        ) {
        }

        fn set(&mut self, _: &processors::DraftSeries<'_>, _: i64, _: &processors::StatisticSet) {}

        fn filtered(&mut self, _: &'static str) {}

        fn refused(&mut self, _: Refusal, _: &[u8]) {}
    }

    #[test]
    fn a_source_of_ones_own_is_a_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lunch.yaml"), MAPPING).unwrap();
        let catalog = catalog(&[dir.path().to_owned()]).unwrap();
        let value = br#"{"dish": {"id": 7, "change": "cooked"}, "cook": "Ada"}"#;
        let input = Input { catalog, ..Input::new(value, schemas::time::Time::MIN) };
        let mut count = Count::default();
        assert_eq!(sniff_and_read(&input, &mut count).unwrap().name(), "lunch");
        assert_eq!(count.1, ["canteen cooked"]);
        assert!(Catalog::built_in().named("lunch").is_none());
    }

    #[test]
    fn all_mistakes_of_all_files_are_told_and_names_are_taken_once() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("a.yaml", &MAPPING.replace("class: change", "class: chnge"));
        write("b.yml", &MAPPING.replace("detect", "dtect"));
        let told = catalog(&[dir.path().to_owned()]).unwrap_err().to_string();
        assert!(told.contains("a.yaml:3") && told.contains("b.yml:2"), "{told}");
        write("a.yaml", MAPPING);
        write("b.yml", &MAPPING.replace("lunch", "jira"));
        let told = catalog(&[dir.path().to_owned()]).unwrap_err().to_string();
        assert_eq!(told, "there are two formats called jira; give yours another name");
    }
}
