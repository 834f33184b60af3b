//! A task from what was committed: pointer, image, and the rest by replay.
//!
//! Whatever does not fit together is refused with the reason; nothing is skipped.

use crate::image::{ChunkHeader, ImageError, Pointer, Versions, entries};
use crate::log::{Claim, Log, LogError, Reaction};
use crate::processor::Processor;
use crate::record::{Offset, TopicPartition};
use crate::task::Task;
use crate::topology::Topology;

/// What a restore took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Bytes of image chunks read.
    pub image_bytes: usize,
    /// Entries put into stores.
    pub entries: usize,
}

/// Makes the task of one input partition, ready to read on from its settled position.
///
/// # Errors
/// [`Reaction::Stop`] when what was committed cannot be used, with the reason and a way out.
pub(crate) fn restore(
    log: &mut impl Log,
    topology: &Topology,
    input: &TopicPartition,
) -> Result<(Task, Restored), LogError> {
    let claim = log.claim(input)?;
    if topology.stateful && claim.has_orphaned_state {
        return Err(refused(
            input,
            &format!(
                "group {} has committed nothing for it, but its state topic holds records: the committed offset was lost, \
                 perhaps because the group was away for longer than the broker's offsets.retention.minutes. \
                 To start anew from the input that is kept, delete the topic {} and make it again with `isobar topics apply`",
                topology.name,
                topology.state_topic(&input.topic)
            ),
        ));
    }
    let pointer = pointer_of(&claim, topology, input)?;
    check(&claim, &pointer, topology, input)?;
    let mut processor = (topology.make)(input);
    let restored = match pointer.image {
        Some(_) => read_image(log, input, &pointer, processor.as_mut())?,
        None => Restored::default(),
    };
    let kind = (topology.versions, topology.stateful);
    Ok((Task::new(input.clone(), processor, kind, &pointer, claim.committed), restored))
}

fn pointer_of(
    claim: &Claim,
    topology: &Topology,
    input: &TopicPartition,
) -> Result<Pointer, LogError> {
    let fresh = |cut_at, versions: Versions| Pointer {
        versions,
        cut_at,
        image: None,
        sequence: 0,
        steps: 0,
    };
    match &claim.committed {
        None => Ok(fresh(claim.log_start, topology.versions)),
        Some((_, metadata)) => Pointer::decode(metadata).map_err(|error| {
            refused(input, &format!(
                "the committed offset of group {} carries no usable pointer ({error}); another program may commit to this group: \
                 give it another name, or delete the group's offset and its state topic to start anew without state",
                topology.name
            ))
        }),
    }
}

fn check(
    claim: &Claim,
    pointer: &Pointer,
    topology: &Topology,
    input: &TopicPartition,
) -> Result<(), LogError> {
    let resume_at = claim.committed.as_ref().map_or(pointer.cut_at, |(resume_at, _)| *resume_at);
    let (then, now) = (pointer.versions, topology.versions);
    if pointer.image.is_some() && then.schema != now.schema {
        return Err(refused(
            input,
            &format!(
                "its image has schema {} and this program reads {}; run the program that wrote it, or one that reads both",
                then.schema, now.schema
            ),
        ));
    }
    let same_logic = then.logic == now.logic || topology.compatible_logic.contains(&then.logic);
    if pointer.cut_at < resume_at && !same_logic {
        return Err(refused(
            input,
            &format!(
                "offsets {} to {resume_at} were processed by logic {} and would be replayed by logic {}; \
             start the older program once and stop it with SIGTERM, so that nothing is left to replay",
                pointer.cut_at, then.logic, now.logic
            ),
        ));
    }
    if claim.log_start > pointer.cut_at {
        return Err(refused(
            input,
            &format!(
                "its state continues at offset {}, but the topic begins at {}: the {} offsets between are deleted; \
             raise the topic's retention, and delete the group's offset and its state topic to start anew without them",
                pointer.cut_at,
                claim.log_start,
                claim.log_start.0 - pointer.cut_at.0
            ),
        ));
    }
    Ok(())
}

fn read_image(
    log: &mut impl Log,
    input: &TopicPartition,
    pointer: &Pointer,
    processor: &mut dyn Processor,
) -> Result<Restored, LogError> {
    let first_chunk = pointer.image.map_or(Offset(0), |image| image.first_chunk);
    let mut reader =
        ImageReader { pointer, processor, next: 0, complete: false, restored: Restored::default() };
    let mut failed = None;
    log.read_state(input, first_chunk, &mut |offset, bytes| match reader.take(bytes) {
        Ok(more) => more,
        Err(reason) => {
            failed =
                Some(format!("the image chunk at state offset {offset} is unusable: {reason}"));
            false
        }
    })?;
    let incomplete = (!reader.complete).then(|| {
        format!(
            "its image has {} of {} chunks, from state offset {first_chunk} on: the state topic was truncated",
            reader.next,
            pointer.image.map_or(0, |image| image.chunks)
        )
    });
    match failed.or(incomplete) {
        None => Ok(reader.restored),
        Some(reason) => Err(refused(
            input,
            &format!(
                "{reason}; restore the state topic, or delete it and the group's offset to build the state anew from the input that is kept"
            ),
        )),
    }
}

struct ImageReader<'a> {
    pointer: &'a Pointer,
    processor: &'a mut dyn Processor,
    next: u32,
    complete: bool,
    restored: Restored,
}

impl ImageReader<'_> {
    /// Takes one state record; false when the image is complete.
    fn take(&mut self, bytes: &[u8]) -> Result<bool, String> {
        let (header, body) = ChunkHeader::open(bytes).map_err(|error| error.to_string())?;
        if header.sequence != self.pointer.sequence || header.cut_at != self.pointer.cut_at {
            return Err(format!(
                "it is of image {} and not {}",
                header.sequence, self.pointer.sequence
            ));
        }
        if header.index != self.next {
            return Err(format!("chunk {} follows chunk {}", header.index, self.next));
        }
        self.restored.image_bytes += bytes.len();
        self.load(body)?;
        self.next += 1;
        self.complete = header.last;
        Ok(!header.last)
    }

    fn load(&mut self, body: &[u8]) -> Result<(), String> {
        let mut stores = self.processor.stores();
        for entry in entries(body) {
            let (number, entry) = entry.map_err(|error: ImageError| error.to_string())?;
            let store = stores.get_mut(usize::from(number));
            let store = store.ok_or_else(|| format!("there is no store {number}"))?;
            store.restore(entry).map_err(|error| error.to_string())?;
            self.restored.entries += 1;
        }
        Ok(())
    }
}

fn refused(input: &TopicPartition, reason: &str) -> LogError {
    LogError::new(Reaction::Stop, format!("cannot restore {input}: {reason}"))
}
