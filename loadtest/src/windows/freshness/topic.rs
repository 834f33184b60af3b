//! Final records on the topic: how long after the mark that closes them.
//!
//! **Invariant:** a record is read by its text only, for parsing each provisional one would cost more
//! than what is measured.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hdrhistogram::Histogram;
use kafka_runtime::KafkaSettings;
use kafka_runtime::plain::PlainReader;
use schemas::topic;

use super::ledger::{Ledger, now_ms};
use super::report::histogram;
use crate::windows::Rules;

/// Latencies in milliseconds by the longest window that ends where these end.
pub(super) type Finals = BTreeMap<i64, Histogram<u64>>;

pub(super) fn watch(
    settings: &KafkaSettings,
    ledger: &Arc<Ledger>,
    stop: &Arc<AtomicBool>,
) -> anyhow::Result<JoinHandle<anyhow::Result<Finals>>> {
    let reader = PlainReader::new(settings, topic::AGGREGATES.name, true)?;
    let (ledger, stop) = (Arc::clone(ledger), Arc::clone(stop));
    Ok(std::thread::spawn(move || {
        let mut finals = Finals::new();
        while !stop.load(Ordering::Relaxed) {
            let mut wrong = None;
            reader.visit(Duration::from_millis(100), &mut |_, value| {
                if let Some(end_ms) = end_of_final(value) {
                    wrong = note(&mut finals, &ledger, end_ms).err();
                }
            })?;
            if let Some(error) = wrong {
                return Err(error);
            }
        }
        Ok(finals)
    }))
}

fn note(finals: &mut Finals, ledger: &Ledger, end_ms: i64) -> anyhow::Result<()> {
    let Some(closed_ms) = ledger.closed_at(end_ms) else { return Ok(()) };
    let latency_ms = u64::try_from(now_ms() - closed_ms).unwrap_or(0);
    match finals.entry(edge_of(end_ms)) {
        Entry::Occupied(known) => known.into_mut().record(latency_ms)?,
        Entry::Vacant(first) => first.insert(histogram()?).record(latency_ms)?,
    }
    Ok(())
}

/// The longest window that ends there.
fn edge_of(end_ms: i64) -> i64 {
    let sizes = Rules::default_of_metric_windows().sizes_ms;
    sizes.into_iter().filter(|size| end_ms % size == 0).max().unwrap_or(0)
}

/// Where the window of a final record ends; nothing for other records.
fn end_of_final(value: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(value).ok()?;
    let (_, rest) = text.split_once("\"window_start_ms\":")?;
    let (_, state) = rest.split_once("\"state\":\"")?;
    let start_ms = number(rest)?;
    let size_ms = number(rest.split_once("\"window_size_ms\":")?.1)?;
    state.starts_with("final").then_some(start_ms + size_ms)
}

fn number(text: &str) -> Option<i64> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '-')?;
    text.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_record_is_known_by_its_text() {
        let of = |state| {
            format!(
                r#"{{"measure":"m","window_start_ms":-60000,"window_size_ms":60000,"state":"{state}","revision":1}}"#
            )
        };
        assert_eq!(end_of_final(of("final").as_bytes()), Some(0));
        assert_eq!(end_of_final(of("provisional").as_bytes()), None);
    }

    #[test]
    fn an_edge_is_named_by_its_longest_window() {
        assert_eq!(
            [60_000, 300_000, 900_000, 3_600_000, 0].map(edge_of),
            [60_000, 300_000, 900_000, 3_600_000, 86_400_000]
        );
    }
}
