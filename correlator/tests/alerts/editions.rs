//! Rules that are changed by a record of the partition, while everything goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use correlator::patterns::{Bounds, Figure, Fires, Kind, Pattern, Plan, Stateful};
use correlator::{CorrelatorConfig, topology};
use schemas::alert::Alert;
use schemas::envelope::{Attributes, Envelope, Extra, Payload};
use schemas::id::{Hash128, RecordId};
use schemas::rule_edition::RuleEdition;
use schemas::source_class::SourceClass;
use schemas::{codec, topic};
use stream::memory::Faults;
use stream::testing::{Scenario, disturbed, undisturbed};
use stream::{Edition, Library, Record, TopicPartition};

use crate::stateful;
use crate::support::{ONE_ROUTE, Say, config, record, time};

/// The content of its editions is how many hits have to come together.
#[derive(Debug)]
struct Counts;

fn rules(at_least: f64) -> Vec<Stateful> {
    let kind = Kind::Threshold(Figure::Count, Bounds::from(at_least));
    let fires = Fires::AtOnce(Pattern { kind, within_ms: 600_000 });
    let version = at_least.to_string();
    stateful::rules()
        .into_iter()
        .take(1)
        .map(|of| Stateful { fires: fires.clone(), version: version.clone(), ..of })
        .collect()
}

impl Library<Plan> for Counts {
    fn read(&self, value: &[u8]) -> Result<Edition<Plan>, String> {
        let Envelope { attributes, data, .. } =
            codec::decode::<RuleEdition>(value).map_err(|error| error.to_string())?;
        let at_least: f64 = data.content.parse().map_err(|_| "no number".to_owned())?;
        let content = Arc::new(Plan::new(rules(at_least)));
        Ok(Edition { order_ms: attributes.time.millis(), number: data.edition.as_u128(), content })
    }
}

fn edition(at: i64, content: &str) -> Record {
    let attributes = Attributes {
        id: RecordId::of(RuleEdition::TYPE, &[content]),
        source: "isobar.rules".to_owned(),
        subject: None,
        time: time(at),
        arrival_time: time(at),
        tenant: "default".to_owned(),
        source_class: SourceClass::Deploy,
        traceparent: None,
    };
    let data = RuleEdition {
        edition: Hash128::of("rules", &[content]),
        files: 1,
        by: "me".to_owned(),
        content: content.to_owned(),
        seal: String::new(),
        extra: Extra::new(),
    };
    let value = codec::encode(&Envelope::new(attributes, data)).unwrap();
    Record { key: None, ..record(Vec::new(), value, at) }
}

fn scenario(editions: &[(i64, &str)]) -> Scenario {
    let mut records: Vec<(i64, Record)> = (0..40)
        .map(|number| {
            (number * 60, Say::hit(number * 60, "cpu", &format!("s{}", number % 3)).record())
        })
        .collect();
    records.extend(editions.iter().map(|(at, content)| (*at, edition(*at, content))));
    records.sort_by_key(|(at, _)| *at);
    let config = CorrelatorConfig {
        stateful: rules(1e9),
        library: Some(Arc::new(Counts)),
        ..config(ONE_ROUTE)
    };
    let input = TopicPartition::new(topic::SIGNALS.name, 0);
    Scenario {
        topology: topology(&config).unwrap(),
        inputs: BTreeMap::from([(input, records.into_iter().map(|(_, record)| record).collect())]),
        output_partitions: 1,
    }
}

/// The versions of the rule that alerts name, and how many dead letters there are.
fn told(published: &stream::testing::Published) -> (Vec<String>, usize) {
    let values = |of: &'static str| {
        published.iter().filter(move |((topic, ..), _)| topic == of).flat_map(|(_, values)| values)
    };
    let alerts =
        values(topic::ALERTS.name).map(|value| codec::decode::<Alert>(value).unwrap().data);
    let mut versions: Vec<String> = alerts
        .filter(|alert| alert.rule.rule == "many" && alert.revision == 0)
        .map(|alert| alert.rule.version)
        .collect();
    versions.sort();
    (versions, values(topic::DEAD_LETTER.name).count())
}

#[test]
fn what_follows_an_edition_is_judged_by_it_and_an_older_one_changes_nothing() {
    let none = told(&undisturbed(&scenario(&[])).unwrap());
    assert_eq!(none, (Vec::new(), 0));
    let (versions, dead) = told(&undisturbed(&scenario(&[(601, "2")])).unwrap());
    assert!(versions.iter().all(|version| version == "2") && versions.len() >= 3, "{versions:?}");
    assert_eq!(dead, 0);
    // Later in the partition, applied before: it is outdated.
    let mut late = scenario(&[(601, "2")]);
    let records = late.inputs.values_mut().next().unwrap();
    records.insert(13, edition(300, "1000"));
    assert_eq!(told(&undisturbed(&late).unwrap()).0, versions);
}

#[test]
fn an_edition_that_cannot_be_read_is_a_dead_letter_and_changes_nothing() {
    let good = told(&undisturbed(&scenario(&[(601, "2")])).unwrap());
    let both = told(&undisturbed(&scenario(&[(601, "2"), (1_201, "many")])).unwrap());
    assert_eq!((good.0, 1), both);
}

#[test]
fn whatever_happens_the_edition_in_force_is_the_same() {
    let faults = Faults {
        abort: 40,
        commit_lost: 25,
        answer_lost: 25,
        unreachable: 20,
        ..Faults::default()
    };
    let (mut kills, mut images) = (0, 0);
    for seed in 0..200 {
        let scenario = scenario(&[(301, "3"), (901, "2"), (1_801, "4")]);
        let expected = undisturbed(&scenario).unwrap();
        let (published, seen) = disturbed(&scenario, seed, faults, |log| log).unwrap();
        assert_eq!(published, expected, "seed {seed}");
        kills += seen.kills;
        images += seen.images;
    }
    assert!(kills > 30 && images > 4, "{kills} kills, {images} images");
}
