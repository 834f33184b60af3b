//! Metrics of OTLP in protobuf, point by point: nothing is kept but the point at hand.
//!
//! Points of OTLP before 1.0 have labels, which are pairs of texts, in field 1; `CloudWatch` metric
//! streams of that version send nothing but summaries, which are otherwise the same.

use std::borrow::Cow;

use schemas::series::Temporality;

use super::attributes::{read_label, read_text_label};
use super::metrics::{
    Aggregation, Buckets, DataPoint, Metric, Quantile, Shape, summary_temporality,
};
use super::proto::{Context, messages};
use crate::formats::wire::{self, Field, Fields, Wrong};
use crate::sink::Sink;

/// Gives the points of a metric to the sink.
pub(super) fn give_metric<'a>(
    context: &Context<'_, 'a>,
    message: &'a [u8],
    sink: &mut dyn Sink,
) -> Result<(), Wrong<'a>> {
    let (mut name, mut unit, mut data) = (Cow::Borrowed(""), Cow::Borrowed(""), None);
    for field in Fields::of(message) {
        match field? {
            (1, Field::Bytes(text)) => name = wire::text(text),
            (3, Field::Bytes(text)) => unit = wire::text(text),
            (5, Field::Bytes(bytes)) => data = Some((Shape::Number, true, bytes)),
            (7, Field::Bytes(bytes)) => data = Some((Shape::Number, false, bytes)),
            (9, Field::Bytes(bytes)) => data = Some((Shape::Histogram, false, bytes)),
            (10, Field::Bytes(bytes)) => data = Some((Shape::Exponential, false, bytes)),
            (11, Field::Bytes(bytes)) => data = Some((Shape::Summary, true, bytes)),
            (4 | 6 | 8, Field::Bytes(bytes)) => {
                return Err(Wrong::new("a metric of OTLP before 1.0: send OTLP 1.0", bytes));
            }
            _ => {}
        }
    }
    let Some((shape, gauge, data)) = data else {
        sink.filtered("a metric without data points");
        return Ok(());
    };
    let temporality = match shape {
        Shape::Summary => summary_temporality(&name),
        _ if gauge => Temporality::Gauge,
        _ => temporality(data, shape)?,
    };
    let Context { input, resource, scope } = *context;
    let metric =
        Metric { resource, scope, name: &name, unit: &unit, temporality, arrival: input.arrival };
    give_points(&metric, shape, data, sink)
}

/// Histograms count and do not fall; sums say whether they may.
fn temporality(data: &[u8], shape: Shape) -> Result<Temporality, Wrong<'_>> {
    let (mut aggregation, mut monotonic) = (Aggregation::default(), shape != Shape::Number);
    for field in Fields::of(data) {
        match field? {
            (2, Field::Varint(code)) => aggregation = Aggregation(code),
            (3, Field::Varint(truth)) => monotonic = truth != 0,
            _ => {}
        }
    }
    Ok(aggregation.temporality(monotonic))
}

fn give_points<'m, 'a: 'm>(
    metric: &Metric<'m, 'a>,
    shape: Shape,
    data: &'a [u8],
    sink: &mut dyn Sink,
) -> Result<(), Wrong<'a>> {
    let mut point = DataPoint::default();
    for message in messages(data, 1) {
        point.clear();
        let message = message?;
        match shape {
            Shape::Number => read_number(message, &mut point)?,
            Shape::Histogram => read_histogram(message, &mut point)?,
            Shape::Exponential => read_exponential(message, &mut point)?,
            Shape::Summary => read_summary(message, &mut point)?,
        }
        metric.give(shape, &mut point, sink);
    }
    Ok(())
}

fn read_number<'m, 'a: 'm>(message: &'a [u8], point: &mut DataPoint<'m>) -> Result<(), Wrong<'a>> {
    for field in Fields::of(message) {
        match field? {
            (2, Field::Fixed64(nanos)) => point.start_time_unix_nano = nanos,
            (3, Field::Fixed64(nanos)) => point.time_unix_nano = nanos,
            (4, Field::Fixed64(bits)) => point.as_double = Some(f64::from_bits(bits)),
            (6, Field::Fixed64(bits)) => point.as_int = Some(bits.cast_signed()),
            (1, Field::Bytes(label)) => read_text_label(label, &mut point.attributes)?,
            (7, Field::Bytes(label)) => read_label(label, &mut point.attributes)?,
            (8, Field::Varint(flags)) => point.flags = flags,
            _ => {}
        }
    }
    Ok(())
}

fn read_histogram<'m, 'a: 'm>(
    message: &'a [u8],
    point: &mut DataPoint<'m>,
) -> Result<(), Wrong<'a>> {
    for field in Fields::of(message) {
        match field? {
            (1, Field::Bytes(label)) => read_text_label(label, &mut point.attributes)?,
            (2, Field::Fixed64(nanos)) => point.start_time_unix_nano = nanos,
            (3, Field::Fixed64(nanos)) => point.time_unix_nano = nanos,
            (4, Field::Fixed64(count)) => point.count = count,
            (5, Field::Fixed64(bits)) => point.sum = Some(f64::from_bits(bits)),
            (6, list) => wire::push_fixed64(list, &mut point.bucket_counts, |count| count)?,
            (7, list) => wire::push_fixed64(list, &mut point.explicit_bounds, f64::from_bits)?,
            (9, Field::Bytes(label)) => read_label(label, &mut point.attributes)?,
            (10, Field::Varint(flags)) => point.flags = flags,
            (11, Field::Fixed64(bits)) => point.min = Some(f64::from_bits(bits)),
            (12, Field::Fixed64(bits)) => point.max = Some(f64::from_bits(bits)),
            _ => {}
        }
    }
    Ok(())
}

fn read_exponential<'m, 'a: 'm>(
    message: &'a [u8],
    point: &mut DataPoint<'m>,
) -> Result<(), Wrong<'a>> {
    for field in Fields::of(message) {
        match field? {
            (1, Field::Bytes(label)) => read_label(label, &mut point.attributes)?,
            (2, Field::Fixed64(nanos)) => point.start_time_unix_nano = nanos,
            (3, Field::Fixed64(nanos)) => point.time_unix_nano = nanos,
            (4, Field::Fixed64(count)) => point.count = count,
            (5, Field::Fixed64(bits)) => point.sum = Some(f64::from_bits(bits)),
            (6, Field::Varint(scale)) => point.scale = Some(wire::zigzag(scale)),
            (7, Field::Fixed64(count)) => point.zero_count = count,
            (8, Field::Bytes(buckets)) => read_buckets(buckets, &mut point.positive)?,
            (9, Field::Bytes(buckets)) => read_buckets(buckets, &mut point.negative)?,
            (10, Field::Varint(flags)) => point.flags = flags,
            (12, Field::Fixed64(bits)) => point.min = Some(f64::from_bits(bits)),
            (13, Field::Fixed64(bits)) => point.max = Some(f64::from_bits(bits)),
            (14, Field::Fixed64(bits)) => point.zero_threshold = Some(f64::from_bits(bits)),
            _ => {}
        }
    }
    Ok(())
}

fn read_buckets<'a>(message: &'a [u8], buckets: &mut Buckets) -> Result<(), Wrong<'a>> {
    for field in Fields::of(message) {
        match field? {
            (1, Field::Varint(offset)) => buckets.offset = Some(wire::zigzag(offset)),
            (2, list) => wire::push_varints(list, &mut buckets.bucket_counts)?,
            _ => {}
        }
    }
    Ok(())
}

fn read_summary<'m, 'a: 'm>(message: &'a [u8], point: &mut DataPoint<'m>) -> Result<(), Wrong<'a>> {
    for field in Fields::of(message) {
        match field? {
            (1, Field::Bytes(label)) => read_text_label(label, &mut point.attributes)?,
            (2, Field::Fixed64(nanos)) => point.start_time_unix_nano = nanos,
            (3, Field::Fixed64(nanos)) => point.time_unix_nano = nanos,
            (4, Field::Fixed64(count)) => point.count = count,
            (5, Field::Fixed64(bits)) => point.sum = Some(f64::from_bits(bits)),
            (6, Field::Bytes(quantile)) => point.quantile_values.push(read_quantile(quantile)?),
            (7, Field::Bytes(label)) => read_label(label, &mut point.attributes)?,
            (8, Field::Varint(flags)) => point.flags = flags,
            _ => {}
        }
    }
    Ok(())
}

fn read_quantile(message: &[u8]) -> Result<Quantile, Wrong<'_>> {
    let mut quantile = Quantile::default();
    for field in Fields::of(message) {
        match field? {
            (1, Field::Fixed64(bits)) => quantile.quantile = Some(f64::from_bits(bits)),
            (2, Field::Fixed64(bits)) => quantile.value = Some(f64::from_bits(bits)),
            _ => {}
        }
    }
    Ok(quantile)
}
