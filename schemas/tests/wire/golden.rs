//! Each golden sample of each version follows the generated schema, is read, and is written as it
//! was. Samples are never changed: they stand for what lies on topics already.

use schemas::aggregate::Aggregate;
use schemas::alert::Alert;
use schemas::balance::Balance;
use schemas::dead_letter::DeadLetter;
use schemas::envelope::Payload;
use schemas::event::Event;
use schemas::finding::Finding;
use schemas::incident::Incident;
use schemas::late::Late;
use schemas::notification::Notification;
use schemas::partial::Partial;
use schemas::rule_edition::RuleEdition;
use schemas::schema;
use schemas::series::SeriesDefinition;
use schemas::signal::Signal;
use schemas::{codec, mark};
use serde_json::Value;

use crate::support::{Place, samples, visit_objects};

/// Reads a record of this type and writes it again.
fn rewrite(payload: &str, value: &[u8]) -> Vec<u8> {
    fn through<T: Payload>(value: &[u8]) -> Vec<u8> {
        codec::encode(&codec::decode::<T>(value).unwrap()).unwrap()
    }
    match payload {
        mark::TYPE => mark::encode(&mark::decode(value).unwrap()).unwrap(),
        Event::TYPE => through::<Event>(value),
        SeriesDefinition::TYPE => through::<SeriesDefinition>(value),
        Signal::TYPE => through::<Signal>(value),
        Finding::TYPE => through::<Finding>(value),
        Partial::TYPE => through::<Partial>(value),
        Aggregate::TYPE => through::<Aggregate>(value),
        Alert::TYPE => through::<Alert>(value),
        Incident::TYPE => through::<Incident>(value),
        Notification::TYPE => through::<Notification>(value),
        Late::TYPE => through::<Late>(value),
        DeadLetter::TYPE => through::<DeadLetter>(value),
        Balance::TYPE => through::<Balance>(value),
        RuleEdition::TYPE => through::<RuleEdition>(value),
        other => panic!("no reader for {other}: add it here"),
    }
}

fn parse(value: &[u8]) -> Value {
    serde_json::from_slice(value).unwrap()
}

/// The id of a mark is the hash of its data, which the tests below change.
fn without_id_of_mark(mut record: Value) -> Value {
    if record["type"] == mark::TYPE {
        record["id"].take();
    }
    record
}

#[test]
fn every_type_has_a_sample_of_its_version() {
    for record in schema::all() {
        let version = record.version.to_string();
        let versions = samples(record.name()).into_iter().map(|(version, _)| version);
        assert!(versions.into_iter().any(|found| found == version), "{}", record.payload);
    }
}

#[test]
fn samples_follow_the_generated_schema() {
    for record in schema::all() {
        let validator = jsonschema::draft7::new(&record.schema).unwrap();
        for (version, sample) in samples(record.name()) {
            if let Err(error) = validator.validate(&sample) {
                panic!("{} {version} at {}: {error}", record.payload, error.instance_path());
            }
        }
    }
}

#[test]
fn what_is_written_is_what_was_read() {
    for record in schema::all() {
        for (version, sample) in samples(record.name()) {
            let once = rewrite(record.payload, sample.to_string().as_bytes());
            let (before, after) = (without_id_of_mark(sample), without_id_of_mark(parse(&once)));
            assert_eq!(after, before, "{} {version}", record.payload);
            let twice = rewrite(record.payload, &once);
            assert_eq!(once, twice, "{} {version}", record.payload);
        }
    }
}

#[test]
fn samples_of_this_version_show_every_field() {
    for record in schema::all() {
        let mut shown = std::collections::BTreeMap::new();
        for (version, mut sample) in samples(record.name()) {
            if version == record.version.to_string() {
                visit_objects(&record.schema, &mut sample, &mut |place, object| {
                    for field in place.fields() {
                        let seen = shown.entry(format!("{}{field}", place.path)).or_insert(false);
                        *seen |= object.contains_key(field);
                    }
                });
            }
        }
        let missing: Vec<_> = shown.iter().filter(|(_, seen)| !**seen).collect();
        assert!(missing.is_empty(), "{} {missing:?}", record.payload);
    }
}

#[test]
fn fields_of_later_minor_versions_survive_at_every_level() {
    for record in schema::all() {
        for (_, mut sample) in samples(record.name()) {
            let mut added = 0;
            visit_objects(&record.schema, &mut sample, &mut |place: &Place<'_>, object| {
                if place.is_open() {
                    object.insert("from_a_later_minor".into(), serde_json::json!({"a": [1, "b"]}));
                    added += 1;
                }
            });
            // Marks are written by their own readers only: their attributes are fixed.
            if record.payload == mark::TYPE {
                sample.as_object_mut().unwrap().remove("from_a_later_minor");
            }
            let latest = format!("{}.65535", record.version.major);
            sample["schemaversion"] = latest.clone().into();
            let written = parse(&rewrite(record.payload, sample.to_string().as_bytes()));
            let mut written = without_id_of_mark(written);
            if record.payload == mark::TYPE {
                written["schemaversion"] = latest.into();
            }
            assert!(added >= 2, "{}", record.payload);
            assert_eq!(written, without_id_of_mark(sample), "{}", record.payload);
        }
    }
}
