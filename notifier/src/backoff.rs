//! How long to wait before the next attempt.
//!
//! **Invariant:** the wait doubles with each attempt up to [`LONGEST_MS`], and its upper half is spread
//! by the key: receivers that come back are not met by everything at once, and the same notification
//! waits the same time in every run.

use schemas::id::{Hash128, RecordId};

const FIRST_MS: i64 = 1_000;
/// No wait is longer, so that a receiver that is back is found soon.
const LONGEST_MS: i64 = 60_000;

/// The wait after so many attempts, from 1.
pub(crate) fn wait_ms(key: RecordId, attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(1).min(16);
    let whole_ms = (FIRST_MS << doublings).min(LONGEST_MS);
    let hash = Hash128::of("isobar.backoff", &[&key.to_string(), &attempts.to_string()]).as_u128();
    let half_ms = whole_ms / 2;
    let spread_ms = i64::try_from(hash % u128::try_from(half_ms + 1).unwrap_or(1)).unwrap_or(0);
    half_ms + spread_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_are_spread_and_are_the_same_again() {
        let keys: Vec<_> = (0..100).map(|n| RecordId::of("k", &[&n.to_string()])).collect();
        for (attempts, whole_ms) in [(1, 1_000), (2, 2_000), (6, 32_000), (7, 60_000), (99, 60_000)]
        {
            let waits: std::collections::BTreeSet<_> =
                keys.iter().map(|key| wait_ms(*key, attempts)).collect();
            assert!(waits.first().unwrap() >= &(whole_ms / 2), "{waits:?}");
            assert!(waits.last().unwrap() <= &whole_ms, "{waits:?}");
            assert!(waits.len() > 50, "they are spread: {waits:?}");
        }
        assert_eq!(wait_ms(keys[0], 3), wait_ms(keys[0], 3));
    }
}
