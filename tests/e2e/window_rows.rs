//! Rows in Postgres are what the oracle computes from the points, for every kind of input: ordered,
//! late, shuffled, sent again, begun anew, silent, stopped, across midnight and a leap day.
//!
//! **Invariant:** points go through the service on the log in memory, and what it publishes goes into
//! Postgres through the store of the sink, in batches of any size. What kills do is tried in `kill`.

use std::collections::BTreeMap;

use analytics::metric_windows::{MetricWindowsConfig, topology};
use analytics_postgres::batch::Batch;
use analytics_postgres::source::{Source, claim};
use analytics_postgres::store::{Outcome, Store};
use analytics_postgres::{Database, migrate};
use loadtest::windows::compare::Comparison;
use loadtest::windows::found::Published;
use loadtest::windows::generate::{Config, Kind, Partitions, generate};
use loadtest::windows::oracle::Expected;
use loadtest::windows::{Rules, rows};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use schemas::series::SeriesDefinition;
use schemas::{codec, topic};
use stream::testing::{self, Scenario, undisturbed};
use stream::{EventTime, Offset, Record, TopicPartition};

const SEED: u64 = 1;
/// Records of one batch, at most.
const BATCH_MAX: usize = 2_000;

#[test]
fn rows_are_those_of_the_oracle_for_every_kind_of_input() {
    let dir = tempfile::Builder::new().prefix("isobar-rows-").tempdir_in("/tmp").unwrap();
    let server = loadtest::database::Database::start(&dir.path().join("server")).unwrap();
    for kind in Kind::ALL {
        server.ask("drop schema if exists isobar cascade").unwrap();
        let partitions = generate(SEED, &Config::of(kind)).unwrap();
        let found = undisturbed(&scenario(&partitions)).unwrap();
        let (expected, published) = (expected(&partitions), published(&found));
        store(server.url(), &found, &partitions);
        let mut comparison = Comparison::between(&expected, &published);
        comparison.and_rows(&expected, &published, &rows::stored(&server).unwrap());
        let differences = &comparison.differences;
        assert!(differences.is_empty(), "{kind:?}: {}", differences.examples.join("\n"));
        let seen = &comparison.seen;
        assert!(seen.rows > 500 && seen.rows == seen.windows, "{kind:?}: {seen:?}");
        println!("{kind:?} seed {SEED}: {} rows", seen.rows);
    }
}

fn record((offset, value): (usize, &[u8])) -> Record {
    Record {
        offset: Offset(i64::try_from(offset).unwrap()),
        arrival: EventTime(0),
        key: None,
        value: Some(value.to_vec()),
        headers: Vec::new(),
    }
}

fn scenario(partitions: &Partitions) -> Scenario {
    let inputs = partitions.iter().map(|(number, items)| {
        let input = TopicPartition::new(topic::METRICS.name, i32::try_from(*number).unwrap());
        let arrived = |item: &loadtest::windows::generate::Item| Record {
            arrival: EventTime(item.written_ms),
            ..record((0, &item.value))
        };
        (input, items.iter().map(arrived).collect())
    });
    Scenario {
        topology: topology(MetricWindowsConfig::default()).unwrap(),
        inputs: inputs.collect(),
        output_partitions: 2,
    }
}

fn expected(partitions: &Partitions) -> Expected {
    let mut expected = Expected::default();
    for (number, items) in partitions {
        let values = items.iter().map(|item| item.value.as_slice());
        expected.add_partition(*number, values, &Rules::default_of_metric_windows()).unwrap();
    }
    expected
}

fn published(found: &testing::Published) -> Published {
    let mut published = Published::default();
    for ((topic, _, key), values) in found {
        values.iter().for_each(|value| published.take(topic, key, value).unwrap());
    }
    published
}

/// Puts it into the database as the sink would: what was published, and the definitions of the series.
fn store(url: &str, found: &testing::Published, partitions: &Partitions) {
    let mut inputs: BTreeMap<TopicPartition, Vec<&[u8]>> = BTreeMap::new();
    for ((topic, partition, _), values) in found {
        let input = TopicPartition::new(topic.as_str(), *partition);
        inputs.entry(input).or_default().extend(values.iter().map(Vec::as_slice));
    }
    let all = partitions.values().flatten().map(|item| item.value.as_slice());
    let definitions = all.filter(|value| codec::decode::<SeriesDefinition>(value).is_ok());
    inputs.insert(TopicPartition::new(topic::SERIES.name, 0), definitions.collect());
    let work = async {
        let database = Database::new(url).unwrap();
        migrate::migrate(&database).await.unwrap();
        claim(&database, Source::Kafka).await.unwrap();
        let mut store = Store::new(database);
        for (input, values) in &inputs {
            fill(&mut store, input, values).await;
        }
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

async fn fill(store: &mut Store, input: &TopicPartition, values: &[&[u8]]) {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let records: Vec<Record> = values.iter().copied().enumerate().map(record).collect();
    let (mut rest, mut from) = (records.as_slice(), None);
    while !rest.is_empty() {
        let (now, later) = rest.split_at(random.random_range(1..=BATCH_MAX).min(rest.len()));
        let mut batch = Batch::default();
        for record in now {
            batch.take(input, from, record);
        }
        let outcome = store.store(&batch).await.unwrap();
        assert!(matches!(outcome, Outcome::Stored(_)), "{outcome:?}");
        (rest, from) = (later, now.last().map(|record| record.offset.next()));
    }
}
