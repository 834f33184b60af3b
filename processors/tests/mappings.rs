//! Mappings as data: each folder is a format, each `.json` in it a value, beside it what becomes of it.
//!
//! A value is `{"headers": {…}, "value": …}`. `UPDATE_EXPECT=1` writes what has become of it anew.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use processors::canonical::Series;
use processors::normalize::{Sample, Taker, normalize};
use processors::tenant::Tenants;
use processors::{Catalog, Input, Refusal};
use schemas::codec;
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::time::Time;
use serde_json::Value;

/// Tells what was found, one JSON object an event.
#[derive(Default)]
struct Told(String);

impl Taker for Told {
    fn event(&mut self, event: Envelope<Event>) {
        let mut value: Value = serde_json::from_slice(&codec::encode(&event).unwrap()).unwrap();
        // The raw record stands in the fixture, and ids of resources are hashes.
        let data = value["data"].as_object_mut().unwrap();
        drop((data.remove("raw"), data.remove("size_bytes"), data.remove("age_ms")));
        let text = serde_json::to_string_pretty(&value).unwrap();
        writeln!(self.0, "{text}").unwrap();
    }

    fn sample(&mut self, series: &Series<'_>, time_ms: i64, sample: Sample) {
        writeln!(self.0, "{} {time_ms} {sample:?}", series.definition().metric).unwrap();
    }

    fn filtered(&mut self, reason: &'static str) {
        writeln!(self.0, "filtered: {reason}").unwrap();
    }

    fn refused(&mut self, refusal: &Refusal, _: &[u8]) {
        writeln!(self.0, "refused: {refusal}").unwrap();
    }
}

fn told(fixture: &Path) -> String {
    let text = std::fs::read_to_string(fixture).unwrap();
    let written: Value =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{fixture:?}: {error}"));
    let headers: Vec<(String, Vec<u8>)> = written["headers"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().as_bytes().to_vec()))
        .collect();
    let value = serde_json::to_vec(&written["value"]).unwrap();
    let arrival = "2026-01-01T12:00:00Z".parse::<Time>().unwrap();
    let input = Input { headers: &headers, ..Input::new(&value, arrival) };
    let mut told = Told::default();
    let (format, _) = normalize(&input, "t/0/0", None, &Tenants::default(), &mut told);
    format!("{format}\n{}", told.0)
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| ending.is_empty() || path.extension().is_some_and(|of| of == ending))
        .collect();
    files.sort();
    files
}

#[test]
fn each_value_becomes_what_stands_beside_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in files(&root.join("tests/mappings"), "") {
        for fixture in files(&folder, "json") {
            let told = told(&fixture);
            let format = told.lines().next().unwrap();
            assert_eq!(folder.file_name().unwrap(), format, "{}", fixture.display());
            expect_file![fixture.with_extension("expected")].assert_eq(&told);
        }
    }
}

#[test]
fn every_mapping_is_built_in_and_has_a_value_that_shows_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for mapping in files(&root.join("mappings"), "yaml") {
        let name = mapping.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(Catalog::built_in().named(&name).is_some(), "{name} is not in the catalogue");
        assert!(root.join("tests/mappings").join(&name).is_dir(), "{name} has no fixture");
    }
}
