//! Prometheus remote write 1.0: a `WriteRequest` in protobuf, in one block of snappy.
//!
//! The block says its length first, so it is checked before anything is reserved. A sample that is
//! the one stale NaN ends its series; other NaNs are values. Types of metrics come in requests of
//! their own now and then, so the endings of names mostly have to do.

use std::borrow::Cow;

use schemas::series::Temporality;

use super::prometheus::{Found, kind_of, temporality_of_name};
use super::wire::{self, Field, Fields, Wrong};
use super::{Format, Look};
use crate::draft::StatisticSet;
use crate::input::Input;
use crate::sink::{Refusal, Sink};

pub(crate) const FORMAT: Format = Format { name: "prometheus_remote_write", sniff, read };

/// The longest request that is unpacked.
const BYTES_MAX: usize = 64 << 20;
/// Snappy makes at most 64 bytes of 3, so a block that promises more than this lies.
const RATIO_MAX: usize = 32;

fn sniff(look: &Look<'_>) -> bool {
    if look.input.header("x-prometheus-remote-write-version").is_some() {
        return true;
    }
    !look.is_json()
        && (look.mentions("__name__") && length(look.input.value).is_ok()
            || holds_types(look.input.value))
}

/// Whether it is a request of nothing but types of metrics.
fn holds_types(value: &[u8]) -> bool {
    /// They are sent 500 at a time.
    const TYPES_BYTES_MAX: usize = 1 << 20;
    let length = length(value).ok().filter(|length| *length <= TYPES_BYTES_MAX);
    let bytes = length.and_then(|_| snap::raw::Decoder::new().decompress_vec(value).ok());
    bytes.is_some_and(|bytes| bytes.first() == Some(&0x1a) && read_types(&bytes).is_ok())
}

/// The length of what is packed, where it may be true.
fn length(value: &[u8]) -> Result<usize, Refusal> {
    let length = snap::raw::decompress_len(value)
        .map_err(|error| Refusal::new(format!("not a block of snappy: {error}")))?;
    match length {
        0 => Err(Refusal::new("a block of snappy that holds nothing")),
        _ if length > BYTES_MAX => Err(Refusal::new(format!(
            "a remote write of {length} bytes, more than the {BYTES_MAX} that are unpacked"
        ))),
        _ if length / RATIO_MAX > value.len() => {
            Err(Refusal::new("a block of snappy that promises more than it can hold"))
        }
        _ => Ok(length),
    }
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let mut bytes = vec![0; length(input.value)?];
    let unpacked = snap::raw::Decoder::new().decompress(input.value, &mut bytes);
    let length =
        unpacked.map_err(|error| Refusal::new(format!("snappy that cannot be read: {error}")))?;
    let request = bytes.get(..length).unwrap_or_default();
    let types = read_types(request).map_err(|wrong| unplaced(wrong.refusal(request)))?;
    if !types.is_empty() {
        sink.filtered("types of metrics");
    }
    let mut found = Found::default();
    for field in Fields::of(request) {
        if let Ok((1, Field::Bytes(message))) = field
            && let Err(wrong) = read_series(message, &types, &mut found, sink)
        {
            sink.refused(unplaced(wrong.refusal(request)), message);
        }
    }
    Ok(())
}

/// A place within what was packed is no place in the value.
fn unplaced(refusal: Refusal) -> Refusal {
    match refusal.position {
        Some(place) => Refusal::new(format!("{} (byte {place} of what is packed)", refusal.reason)),
        None => refusal,
    }
}

/// The types that the request tells; also finds requests that are cut, before a point is given.
fn read_types(request: &[u8]) -> Result<Vec<(&[u8], Temporality)>, Wrong<'_>> {
    let mut types = Vec::new();
    for field in Fields::of(request) {
        match field? {
            (3, Field::Bytes(message)) => types.extend(read_type(message)?),
            (4 | 5, Field::Bytes(bytes)) => {
                return Err(Wrong::new("remote write 2.0: set the sender to 1.0", bytes));
            }
            _ => {}
        }
    }
    // Sorted, because a request may tell as many types as it has series.
    types.sort_unstable_by_key(|(name, _)| *name);
    Ok(types)
}

fn read_type(message: &[u8]) -> Result<Option<(&[u8], Temporality)>, Wrong<'_>> {
    let (mut name, mut temporality): (&[u8], _) = (&[], None);
    for field in Fields::of(message) {
        match field? {
            (1, Field::Varint(1)) => temporality = Some(Temporality::Cumulative),
            (1, Field::Varint(2)) => temporality = Some(Temporality::Gauge),
            (2, Field::Bytes(text)) => name = text,
            _ => {}
        }
    }
    Ok(temporality.map(|temporality| (name, temporality)))
}

fn read_series<'a>(
    message: &'a [u8],
    types: &[(&[u8], Temporality)],
    found: &mut Found<'a>,
    sink: &mut dyn Sink,
) -> Result<(), Wrong<'a>> {
    found.clear();
    for field in Fields::of(message) {
        if let (1, Field::Bytes(label)) = field? {
            let (name, value) = read_label(label)?;
            found.take(name, value);
        }
    }
    let told = types.binary_search_by_key(&found.name().as_bytes(), |(name, _)| *name).ok();
    let told = told.and_then(|place| types.get(place)).map(|(_, told)| *told);
    let temporality = told.unwrap_or_else(|| temporality_of_name(found.name()));
    let series = found.series(temporality);
    for field in Fields::of(message) {
        match field? {
            (2, Field::Bytes(sample)) => {
                let (time_ms, value) = read_sample(sample)?;
                sink.point(&series, time_ms, value, kind_of(value));
            }
            (4, Field::Bytes(histogram)) => {
                let (time_ms, set) = read_histogram(histogram)?;
                let series = found.series(Temporality::Cumulative);
                sink.set(&series, time_ms, &set);
            }
            _ => {}
        }
    }
    Ok(())
}

fn read_label(message: &[u8]) -> Result<(Cow<'_, str>, Cow<'_, str>), Wrong<'_>> {
    let (mut name, mut value) = (Cow::Borrowed(""), Cow::Borrowed(""));
    for field in Fields::of(message) {
        match field? {
            (1, Field::Bytes(text)) => name = wire::text(text),
            (2, Field::Bytes(text)) => value = wire::text(text),
            _ => {}
        }
    }
    Ok((name, value))
}

fn read_sample(message: &[u8]) -> Result<(i64, f64), Wrong<'_>> {
    let (mut time_ms, mut value) = (0, 0.0);
    for field in Fields::of(message) {
        match field? {
            (1, Field::Fixed64(bits)) => value = f64::from_bits(bits),
            (2, Field::Varint(millis)) => time_ms = millis.cast_signed(),
            _ => {}
        }
    }
    Ok((time_ms, value))
}

/// A native histogram: its count and its sum.
fn read_histogram(message: &[u8]) -> Result<(i64, StatisticSet), Wrong<'_>> {
    let (mut time_ms, mut set) = (0, StatisticSet::default());
    for field in Fields::of(message) {
        match field? {
            (1, Field::Varint(count)) => set.count = Some(count as f64),
            (2, Field::Fixed64(bits)) => set.count = Some(f64::from_bits(bits)),
            (3, Field::Fixed64(bits)) => set.sum = Some(f64::from_bits(bits)),
            (15, Field::Varint(millis)) => time_ms = millis.cast_signed(),
            _ => {}
        }
    }
    Ok((time_ms, set))
}

#[cfg(test)]
mod tests {
    use super::super::prometheus::STALE_BITS;
    use super::super::recording::lines;
    use super::super::wire::write::{double, fixed, message, number, text};
    use super::*;
    use expect_test::expect;

    fn series(name: &str, samples: &[Vec<u8>]) -> Vec<u8> {
        let label = |name, value| message(1, &[text(1, name), text(2, value)]);
        let labels = [label("__name__", name), label("job", "api"), label("zone", "a")];
        message(1, &[&labels, samples].concat())
    }

    fn pack(request: &[u8]) -> Vec<u8> {
        snap::raw::Encoder::new().compress_vec(request).unwrap()
    }

    #[test]
    fn samples_are_points_and_one_nan_ends_a_series() {
        let sample = |bits| message(2, &[fixed(1, bits), number(2, 5)]);
        let samples = [sample(1.5_f64.to_bits()), sample(STALE_BITS), sample(f64::NAN.to_bits())];
        let native = message(4, &[number(1, 3), double(3, 4.5), number(15, 6)]);
        let metadata = message(3, &[number(1, 1), text(2, "told")]);
        let told = series("told", &[sample(0)]);
        let request =
            [series("up", &samples), series("n_total", &[native]), told, metadata].concat();
        let value = pack(&request);
        assert!(sniff(&Look::at(&Input::new(
            &value,
            schemas::time::Time::from_millis(1).unwrap()
        ))));
        expect![[r#"
            filtered: types of metrics
            prometheus - [service.name=api] up - Gauge {zone=a} 5 1.5 Value
            prometheus - [service.name=api] up - Gauge {zone=a} 5 NaN Stale
            prometheus - [service.name=api] up - Gauge {zone=a} 5 NaN Value
            prometheus - [service.name=api] n_total - Cumulative {zone=a} 6 Some(3.0) Some(4.5) None None
            prometheus - [service.name=api] told - Cumulative {zone=a} 5 0 Value
        "#]].assert_eq(&lines(&FORMAT, &value));
    }

    #[test]
    fn what_lies_or_is_cut_is_refused() {
        let huge = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
        let lying = [0x80, 0x80, 0x80, 0x08, 0x00];
        let request = series("up", &[]);
        let cut = pack(&request[..request.len() - 1]);
        let second = pack(&[text(4, ""), message(5, &[])].concat());
        for (value, reason) in [
            (&huge[..], "more than the"),
            (&lying, "promises more"),
            (&cut, "beyond the end"),
            (&second, "remote write 2.0"),
            (b"", "holds nothing"),
        ] {
            let told = lines(&FORMAT, value);
            assert!(told.contains(reason), "{told}");
        }
    }
}
