//! Progress marks of the stage above, as two of its workers would write them.

use schemas::envelope::Extra;
use schemas::mark::{self, InputProgress, Mark, Writer};
use stream::EventTime;

use super::config::Config;
use crate::dice::Dice;

/// Workers of the stage above; its input partitions are dealt out to them in turn.
const WRITERS: u32 = 2;
/// A mark says what was read up to this long ago, at most.
const LAG_MS: i64 = 1_500;

/// The marks that are written at `now`, by each worker one.
pub(super) fn at(now: EventTime, config: &Config, dice: &mut Dice) -> anyhow::Result<Vec<Vec<u8>>> {
    marks(config, &mut || now.0 - dice.between(0, LAG_MS))
}

/// Marks that say everything was read until `now`.
pub(super) fn caught_up(now: EventTime, config: &Config) -> anyhow::Result<Vec<Vec<u8>>> {
    marks(config, &mut || now.0)
}

fn marks(config: &Config, until_ms: &mut dyn FnMut() -> i64) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut written: Vec<Mark> = (0..WRITERS).map(empty).collect();
    for (topic, partitions) in &config.upstream {
        for partition in 0..*partitions {
            let writer = usize::try_from(partition % WRITERS)?;
            let Some(mark) = written.get_mut(writer) else { continue };
            mark.inputs.push(InputProgress {
                topic: topic.clone(),
                partition,
                partitions: *partitions,
                read_until_ms: until_ms(),
                extra: Extra::new(),
            });
        }
    }
    written.iter().map(|mark| Ok(mark::encode(mark)?)).collect()
}

fn empty(slot: u32) -> Mark {
    let writer =
        Writer { topology: "processors".to_owned(), slot: slot.to_string(), extra: Extra::new() };
    Mark { writer, inputs: Vec::new(), extra: Extra::new() }
}
