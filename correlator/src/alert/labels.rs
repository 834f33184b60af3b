//! Labels within bounds, whatever a source sends.
//!
//! **Invariant:** the fingerprint is made from labels as they came, so two long values that differ at
//! their end stay two conditions; only what is kept and shown is cut.

use std::collections::BTreeMap;

const LABELS_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 256;
const VALUE_BYTES_MAX: usize = 1_024;

/// Labels as they are kept, and how many were cut or left out.
pub(super) fn bounded(labels: BTreeMap<String, String>) -> (BTreeMap<String, String>, u64) {
    let mut dropped = 0;
    let mut kept = BTreeMap::new();
    for (name, value) in labels {
        if kept.len() == LABELS_MAX {
            dropped += 1;
            continue;
        }
        let (name, name_is_cut) = cut(name, NAME_BYTES_MAX);
        let (value, value_is_cut) = cut(value, VALUE_BYTES_MAX);
        dropped += u64::from(name_is_cut || value_is_cut);
        kept.insert(name, value);
    }
    (kept, dropped)
}

/// A text of at most so many bytes, and whether it was longer.
pub(super) fn cut(mut text: String, bytes_max: usize) -> (String, bool) {
    if text.len() <= bytes_max {
        return (text, false);
    }
    let end = (0..=bytes_max).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.truncate(end);
    (text, true)
}

/// Labels without a name or a value say nothing.
pub(super) fn without_empty(labels: &mut BTreeMap<String, String>) {
    labels.retain(|name, value| !name.is_empty() && !value.is_empty());
}
