use std::collections::BTreeSet;

use proptest::prelude::*;
use schemas::event::Event;
use schemas::{codec, key, mark};
use stream::partition_of;

use super::*;

fn records(seed: u64, config: &Config) -> Vec<Item> {
    generate(seed, config).unwrap().collect::<anyhow::Result<_>>().unwrap()
}

/// FNV-1a over everything an item says.
fn checksum(items: &[Item]) -> u64 {
    let mut sum = 0xcbf2_9ce4_8422_2325;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for item in items {
        add(&item.partition.to_le_bytes());
        add(&item.arrival.0.to_le_bytes());
        add(item.key.as_deref().unwrap_or_default());
        add(&item.value);
    }
    sum
}

#[test]
fn a_seed_means_the_same_records_for_ever() {
    let items = records(1, &Config { records: 20_000, ..Config::default() });
    assert_eq!((items.len(), checksum(&items)), (23_200, 3_811_584_121_779_547_148));
}

#[test]
fn the_default_mix_holds_what_it_promises() {
    let config = Config { records: 20_000, ..Config::default() };
    let items = records(1, &config);
    let events: Vec<_> = items
        .iter()
        .filter(|item| !mark::is_mark(&item.value))
        .map(|item| codec::decode::<Event>(&item.value).unwrap())
        .collect();
    let share = |what: &dyn Fn(&i64) -> bool| {
        let age = |event: &Envelope| event.data.age_ms;
        events.iter().map(age).filter(what).count() * 1000 / events.len()
    };
    let ids: BTreeSet<_> = events.iter().map(|event| event.attributes.id.0.as_u128()).collect();
    let again = (events.len() - ids.len()) * 1000 / events.len();
    assert!((3..8).contains(&share(&|age| *age < 0)), "from the future");
    assert!((80..140).contains(&share(&|age| *age > 2_000)), "disordered or late");
    assert!((15..25).contains(&again), "sent again: {again}");
    let bytes = items.iter().map(|item| item.value.len()).sum::<usize>() / items.len();
    assert!((300..800).contains(&bytes), "{bytes} bytes on average");
}

type Envelope = schemas::envelope::Envelope<Event>;

fn configs() -> impl Strategy<Value = Config> {
    let shares = (0..300u32, 0..300u32, 0..300u32, 0..500u32);
    let world = (1..6usize, 1..50usize, 0..30u32, 1..300usize, 1..40_000i64);
    (shares, world, 0..400u64, prop::sample::select(vec![1, 2, 16])).prop_map(
        |((disorder, late, future, again), world, records, partitions)| {
            let (tenants, resources, zipf, duplicate_distance, interval_us) = world;
            Config {
                records,
                partitions,
                interval_us,
                tenants,
                resources,
                zipf: f64::from(zipf) / 10.0,
                disorder_per_mille: disorder,
                late_per_mille: late,
                future_per_mille: future,
                duplicate_per_mille: again,
                duplicate_distance,
                ..Config::default()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_for_can_be_read_and_is_in_order(config in configs(), seed: u64) {
        let items = records(seed, &config);
        let mut events = 0;
        for item in &items {
            prop_assert!((0..config.partitions).contains(&item.partition));
            if mark::is_mark(&item.value) {
                prop_assert!(mark::decode(&item.value).is_ok() && item.key.is_none());
                continue;
            }
            events += 1;
            let event = codec::decode::<Event>(&item.value).unwrap();
            let key = key::resource(&event.attributes.tenant, event.data.resource.id);
            prop_assert_eq!(item.partition, partition_of(key.as_bytes(), config.partitions));
            prop_assert_eq!(item.key.as_deref(), Some(key.as_bytes()));
            prop_assert!(event.attributes.arrival_time.millis() <= item.arrival.0);
        }
        prop_assert_eq!(events, config.records);
        prop_assert!(items.is_sorted_by_key(|item| item.arrival));
        prop_assert_eq!(items, records(seed, &config), "not the same again");
    }

    #[test]
    fn the_last_mark_is_beyond_every_event(config in configs(), seed: u64) {
        let items = records(seed, &config);
        let last = mark::decode(&items.last().unwrap().value).unwrap();
        let until = last.inputs.iter().map(|input| input.read_until_ms).min().unwrap();
        for item in items.iter().filter(|item| !mark::is_mark(&item.value)) {
            let event = codec::decode::<Event>(&item.value).unwrap();
            prop_assert!(event.attributes.time.millis() + 900_000 + 180_000 < until);
        }
    }
}
