//! Progress marks of the analytics: what they were told from above, passed on to who merges.

use std::sync::Arc;

use schemas::envelope::Extra;
use schemas::mark::{self, InputProgress, Mark, Writer};
use schemas::topic;
use stream::{Marks, ReadUpTo};

/// Marks of a topology, to the tasks that merge shares of groups.
pub(crate) fn passed_on(name: &'static str) -> Marks {
    Marks {
        topics: vec![Arc::from(topic::PARTIALS.name)],
        encode: Arc::new(move |slot, reads| encode(name, slot, reads)),
    }
}

fn encode(name: &str, slot: &str, reads: &[ReadUpTo]) -> Vec<u8> {
    let inputs = reads.iter().map(|read| InputProgress {
        topic: read.input.topic.to_string(),
        partition: u32::try_from(read.input.partition).unwrap_or_default(),
        partitions: u32::try_from(read.partitions).unwrap_or_default(),
        read_until_ms: read.until_ms,
        extra: Extra::new(),
    });
    let writer = Writer { topology: name.to_owned(), slot: slot.to_owned(), extra: Extra::new() };
    let mark = Mark { writer, inputs: inputs.collect(), extra: Extra::new() };
    #[expect(
        clippy::expect_used,
        reason = "it names the partitions of one topic, far below the limit"
    )]
    mark::encode(&mark).expect("a mark of a few partitions")
}
