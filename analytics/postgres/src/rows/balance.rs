//! Where everything went: a row for each format of an input partition.

use schemas::balance::{Balance, Tally};
use schemas::envelope::Envelope;

use super::{name, number};
use crate::copy::Copy;
use crate::fold::Row;

/// What became of the records of one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalanceRow {
    service: String,
    topic: String,
    partition: i32,
    format: String,
    next_offset: i64,
    counts: [i64; 8],
}

pub(super) fn rows(record: &Envelope<Balance>) -> Result<Vec<BalanceRow>, String> {
    let formats = record.data.formats.iter();
    formats.map(|(format, tally)| row(&record.data, format, tally)).collect()
}

fn row(balance: &Balance, format: &str, tally: &Tally) -> Result<BalanceRow, String> {
    let Tally { read, found, events, points, duplicates, late, filtered, dead_letters, .. } =
        *tally;
    let mut counts = [0; 8];
    let told = [read, found, events, points, duplicates, late, filtered, dead_letters];
    for (count, told) in counts.iter_mut().zip(told) {
        *count = number("count", told)?;
    }
    Ok(BalanceRow {
        service: name("service", &balance.service)?,
        // Kafka takes no name longer than 249.
        topic: name("topic", &balance.topic)?,
        partition: number("partition", balance.partition)?,
        format: name("format", format)?,
        next_offset: number("offset", balance.next_offset)?,
        counts,
    })
}

impl Row for BalanceRow {
    type Key = (String, String, i32, String);
    const FIELDS: i16 = 13;

    fn key(&self) -> Self::Key {
        (self.service.clone(), self.topic.clone(), self.partition, self.format.clone())
    }

    fn supersedes(&self, earlier: &Self) -> bool {
        self.next_offset >= earlier.next_offset
    }

    fn write(&self, to: &mut Copy) {
        to.text(&self.service).text(&self.topic).int(self.partition).text(&self.format);
        to.big(self.next_offset);
        for count in self.counts {
            to.big(count);
        }
    }
}
