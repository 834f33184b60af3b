//! How many events a core asks rules about in a second, beside the engine the rules are compiled by.
//!
//! `ISOBAR_BENCH_DATA` names a folder with `rules/` and `events.ndjson`, records of `CloudTrail` a line;
//! without it both are generated. CPU time, the median of several runs. `decoded` asks about records that
//! are decoded already, `decoding` decodes them too; `engine` does either with rsigma and serde's values.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark prints, and may fail loudly"
)]

use std::path::PathBuf;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use rsigma_eval::Engine;
use rsigma_eval::event::JsonEvent;
use rsigma_parser::parse_sigma_yaml;
use rules::{Matcher, Record, RuleSet, Text, folder};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FEED: &str = "aws.cloudtrail";
const RUNS: usize = 5;
const RUN_SECONDS: f64 = 0.5;
const SIZES: [usize; 3] = [57, 300, 733];
const EVENTS: usize = 1_000;
const SERVICES: [&str; 8] = ["iam", "ec2", "s3", "sts", "kms", "ssm", "lambda", "rds"];

fn main() {
    let data = std::env::var_os("ISOBAR_BENCH_DATA").map(PathBuf::from);
    let data = data.filter(|folder| folder.join("rules").is_dir());
    let (from, texts, events) = match &data {
        Some(folder) => {
            let events = std::fs::read_to_string(folder.join("events.ndjson")).unwrap();
            let events = events.lines().map(str::to_owned).collect();
            ("given", folder::read(&folder.join("rules")).unwrap(), events)
        }
        None => ("generated", generated_rules(), generated_events()),
    };
    let bytes: usize = events.iter().map(String::len).sum();
    println!("{from}: {} events of {} bytes", events.len(), bytes / events.len().max(1));
    println!(
        "{:<7}{:>7}{:>9}{:>12}{:>12}{:>12}{:>12}{:>10}{:>10}",
        "rules",
        "always",
        "hits",
        "decoded/s",
        "engine/s",
        "decoding/s",
        "engine/s",
        "x decoded",
        "x decoding"
    );
    for size in SIZES.into_iter().filter(|size| *size <= texts.len()) {
        measure(texts.get(..size).unwrap(), &events);
    }
}

fn measure(texts: &[Text], events: &[String]) {
    let set = RuleSet::load(texts);
    assert!(!set.has_errors(), "{:?}", set.problems);
    let matcher = Matcher::new(set.rules).unwrap();
    let engine = engine(texts);
    let records: Vec<_> = events.iter().map(|text| Record::decode(text).unwrap()).collect();
    let values: Vec<serde_json::Value> =
        events.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let hits: usize = records.iter().map(|record| matcher.hits(FEED, record).len()).sum();
    let theirs: usize =
        values.iter().map(|value| engine.evaluate(&JsonEvent::borrow(value)).len()).sum();
    assert_eq!(hits, theirs, "the two do not say the same");
    let count = events.len() as f64;
    let decoded = count * rate(|| records.iter().map(|of| matcher.hits(FEED, of).len()).sum());
    let engine_decoded = count
        * rate(|| values.iter().map(|of| engine.evaluate(&JsonEvent::borrow(of)).len()).sum());
    let decoding = count
        * rate(|| {
            let record = |text| Record::decode(text).unwrap();
            events.iter().map(|text| matcher.hits(FEED, &record(text)).len()).sum()
        });
    let engine_decoding = count
        * rate(|| {
            let value = |text: &String| serde_json::from_str::<serde_json::Value>(text).unwrap();
            events.iter().map(|text| engine.evaluate(&JsonEvent::owned(value(text))).len()).sum()
        });
    let (all, always) = matcher.counts(FEED);
    println!(
        "{all:<7}{always:>7}{hits:>9}{decoded:>12.0}{engine_decoded:>12.0}{decoding:>12.0}{engine_decoding:>12.0}{:>10.1}{:>10.1}",
        decoded / engine_decoded,
        decoding / engine_decoding
    );
}

fn engine(texts: &[Text]) -> Engine {
    let mut engine = Engine::new();
    for text in texts {
        engine.add_collection(&parse_sigma_yaml(&text.text).unwrap()).unwrap();
    }
    engine
}

/// Of the forms that sets for `CloudTrail` have: a call, tried or done; a list of calls; a part of a name.
fn generated_rules() -> Vec<Text> {
    let detection = |number: usize| {
        let service = SERVICES.get(number % SERVICES.len()).unwrap();
        let of =
            format!("{{eventSource: {service}.amazonaws.com, eventName: Action{}}}", number / 2);
        match number % 40 {
            17 => "{s: {eventName|contains: 'Action99'}, condition: s}".to_owned(),
            18 => "{s: {userIdentity.type: Root}, f: {eventType: AwsServiceEvent}, condition: s and not f}".to_owned(),
            19 => format!("{{s: {{eventName: [Action{number}, Other{number}]}}, condition: s}}"),
            even if even % 2 == 0 => {
                format!("{{s: {of}, e: {{errorCode|exists: true}}, condition: s and not e}}")
            }
            _ => format!("{{s: {of}, e: {{errorCode|exists: true}}, condition: s and e}}"),
        }
    };
    let text = |number: usize| Text {
        file: format!("{number}.yaml"),
        text: format!(
            "title: rule {number}\nid: 00000000-0000-4000-8000-{number:012}\nlogsource: {{product: aws, service: cloudtrail}}\ndetection: {}\n",
            detection(number)
        ),
    };
    (0..*SIZES.last().unwrap()).map(text).collect()
}

fn generated_events() -> Vec<String> {
    let event = |number: usize| {
        let service = SERVICES.get(number % SERVICES.len()).unwrap();
        let error = if number.is_multiple_of(5) { r#""errorCode":"AccessDenied","# } else { "" };
        format!(
            r#"{{"eventVersion":"1.09","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLE:build","arn":"arn:aws:sts::123456789012:assumed-role/deploy/build","accountId":"123456789012","accessKeyId":"ASIAEXAMPLE","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE","arn":"arn:aws:iam::123456789012:role/deploy","accountId":"123456789012","userName":"deploy"}},"attributes":{{"creationDate":"2026-03-02T09:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2026-03-02T09:30:00Z","eventSource":"{service}.amazonaws.com","eventName":"Action{}",{error}"awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.{}","userAgent":"aws-sdk-go/1.44","requestParameters":{{"name":"shop-{number}","filterSet":{{"items":[{{"name":"tag:team","valueSet":{{"items":[{{"value":"shop"}}]}}}}]}}}},"responseElements":null,"requestID":"r-{number}","eventID":"e-{number}","readOnly":false,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"123456789012","eventCategory":"Management"}}"#,
            number % 400,
            number % 250
        )
    };
    (0..EVENTS).map(event).collect()
}

/// How often a second of CPU time it can be done: the median.
fn rate(mut work: impl FnMut() -> usize) -> f64 {
    let mut rates: Vec<f64> = (0..RUNS).map(|_| once(&mut work)).collect();
    rates.sort_by(f64::total_cmp);
    rates.get(RUNS / 2).copied().unwrap_or_default()
}

fn once(work: &mut impl FnMut() -> usize) -> f64 {
    let began = cpu_seconds();
    let mut times = 0.0;
    loop {
        std::hint::black_box(work());
        times += 1.0;
        let passed = cpu_seconds() - began;
        if passed > RUN_SECONDS {
            return times / passed;
        }
    }
}

fn cpu_seconds() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1e6
}
