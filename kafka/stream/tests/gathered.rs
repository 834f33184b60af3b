//! What is gathered over several records goes out once and in order, whatever happens in between.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use stream::memory::Faults;
use stream::testing::{Published, Scenario, disturbed, undisturbed};
use stream::{
    Context, Destination, EventTime, Gathered, Output, Processor, Record, Store, TopicPartition,
};

/// Writes the ids of all records of a transaction as one record.
struct Gatherer {
    input: TopicPartition,
    ids: Gathered<u8>,
}

impl Processor for Gatherer {
    fn process(&mut self, record: &Record, _context: &mut Context<'_>) {
        record.value.iter().flatten().for_each(|id| self.ids.push(*id));
    }

    fn flush(&mut self, context: &mut Context<'_>) {
        let ids = self.ids.take();
        if ids.is_empty() {
            return;
        }
        let mut output = Output::keyed(&Arc::from("counts"), Vec::new(), ids, EventTime(0));
        output.destination = Destination::Partition(self.input.partition);
        context.forward(output);
    }

    fn stores(&mut self) -> Vec<&mut dyn Store> {
        vec![&mut self.ids]
    }
}

fn scenario() -> Scenario {
    let mut topology = support::topology(support::Planted::Nothing);
    topology.make =
        Arc::new(|input| Box::new(Gatherer { input: input.clone(), ids: Gathered::default() }));
    let record = |id: u8| Record {
        offset: stream::Offset(0),
        arrival: EventTime(0),
        key: None,
        value: Some(vec![id]),
        headers: Vec::new(),
    };
    let of = |partition| (TopicPartition::new("in", partition), (0..100).map(record).collect());
    Scenario { topology, inputs: (0..3).map(of).collect(), output_partitions: 4 }
}

fn ids(published: &Published) -> BTreeMap<i32, Vec<u8>> {
    published.iter().map(|((_, partition, _), values)| (*partition, values.concat())).collect()
}

#[test]
fn nothing_gathered_is_lost_or_written_twice() {
    let faults = Faults {
        abort: 40,
        commit_lost: 25,
        answer_lost: 25,
        unreachable: 20,
        slow_news: 600,
        ..Faults::default()
    };
    let expected = ids(&undisturbed(&scenario()).unwrap());
    assert_eq!(expected.values().map(Vec::len).sum::<usize>(), 300);
    for seed in 0..300 {
        let (published, _) = disturbed(&scenario(), seed, faults, |log| log).unwrap();
        assert_eq!(ids(&published), expected, "seed {seed}");
    }
}
