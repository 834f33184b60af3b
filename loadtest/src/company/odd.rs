//! Values that hold nothing: what only tests the way, and what nobody can read.
//!
//! **Invariant:** a broken value is one dead letter, whoever reads it: it holds no whole part.

use super::BROKEN;
use super::pack::Packer;
use super::parcel::Parcel;
use crate::dice::Dice;

/// What `CloudWatch` Logs sends to see whether somebody is there.
pub(super) fn control_message(time_ms: i64, packer: &mut Packer) -> Parcel {
    let value = format!(
        r#"{{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{{"id":"","timestamp":{time_ms},"message":"CWL CONTROL MESSAGE: Checking health of destination."}}]}}"#
    );
    Parcel { filtered: 1, ..Parcel::of("gzip", packer.gzip(value.as_bytes())) }
}

/// What is left of a value after something went wrong: it was cut, its sum is wrong, or it is noise.
pub(super) fn broken(whole: &Parcel, packer: &mut Packer, dice: &mut Dice) -> Parcel {
    let value = match dice.below(3) {
        // With headers that say what it is, even half a value would be an event.
        0 if whole.headers.is_empty() => cut(&whole.value, dice),
        1 => with_a_wrong_sum(packer.gzip(&whole.value)),
        _ => noise(dice),
    };
    Parcel { dead_letters: 1, ..Parcel::of(BROKEN, value) }
}

fn cut(value: &[u8], dice: &mut Dice) -> Vec<u8> {
    let length = 1 + dice.place(value.len().saturating_sub(1));
    value.get(..length).unwrap_or_default().to_vec()
}

fn with_a_wrong_sum(mut packed: Vec<u8>) -> Vec<u8> {
    // The sum is the first four of the last eight bytes.
    if let Some(byte) = packed.iter_mut().nth_back(7) {
        *byte ^= 0xff;
    }
    packed
}

/// Bytes that are neither text nor anything that begins with a known number.
fn noise(dice: &mut Dice) -> Vec<u8> {
    let length = dice.between(16, 200);
    let byte = |_| u8::try_from(dice.below(256)).unwrap_or_default();
    [0xff, 0xfe].into_iter().chain((2..length).map(byte)).collect()
}
