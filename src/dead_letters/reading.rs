//! The letters that lie on their topic now.

use anyhow::Context;
use kafka_runtime::KafkaSettings;
use kafka_runtime::bounded::BoundedReader;
use schemas::codec;
use schemas::dead_letter::DeadLetter;
use schemas::time::Time;
use schemas::topic::DEAD_LETTER;
use stream::Record;

use super::letter::Letter;

/// All letters up to the moment of opening; they may be read more than once.
#[derive(Debug)]
pub(super) struct Letters {
    reader: BoundedReader,
}

impl Letters {
    pub(super) fn open(settings: &KafkaSettings) -> anyhow::Result<Self> {
        Ok(Self { reader: BoundedReader::open(settings, DEAD_LETTER.name)? })
    }

    /// Gives each letter; those that cannot be read themselves are told about on `err`.
    pub(super) fn visit(
        &self,
        err: &mut dyn std::io::Write,
        visit: &mut dyn FnMut(Letter) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut strange = 0_u64;
        let mut example = None;
        self.reader.visit(&mut |partition, record| match letter(partition, &record) {
            Ok(letter) => visit(letter),
            Err(error) => {
                strange += 1;
                example.get_or_insert(error);
                Ok(())
            }
        })?;
        if let Some(error) = example {
            writeln!(err, "isobar: {strange} records are left out: {error:#}")?;
        }
        Ok(())
    }
}

fn letter(partition: i32, record: &Record) -> anyhow::Result<Letter> {
    let value = record.value.as_deref().unwrap_or_default();
    let place = || format!("{}/{partition}/{}", DEAD_LETTER.name, record.offset);
    let envelope = codec::decode::<DeadLetter>(value).with_context(place)?;
    let written = Time::from_millis(record.arrival.0).unwrap_or(envelope.attributes.time);
    Ok(Letter { lies_at: (partition, record.offset.0), written, envelope })
}

#[cfg(test)]
mod tests {
    use stream::{EventTime, Offset};

    use super::super::samples;
    use super::*;

    fn record(value: Option<Vec<u8>>) -> Record {
        let arrival = EventTime(1_772_366_400_000);
        Record { offset: Offset(1007), arrival, key: None, value, headers: Vec::new() }
    }

    #[test]
    fn what_is_no_letter_is_named_by_its_place() {
        let sample = samples::letter(7);
        let read = letter(3, &record(Some(codec::encode(&sample.envelope).unwrap()))).unwrap();
        assert_eq!((read.lies_at, read.written), (sample.lies_at, sample.written));
        assert_eq!(read.envelope, sample.envelope);
        for strange in [None, Some(b"hello".to_vec())] {
            let error = letter(3, &record(strange)).unwrap_err();
            assert_eq!(error.to_string(), "isobar.dead-letter/3/1007");
        }
    }
}
