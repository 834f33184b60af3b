//! OTLP as protobuf, walked in place: `Export…Request` → resource → scope → metric, log or span.
//!
//! The three signals have one shape down to the last step and nothing that names them, so the first
//! item tells: a metric begins with its name, a log has its time where others have a text, and a
//! span begins with ids of 16 and 8 bytes.

use std::borrow::Cow;

use super::attributes::Resource;
use crate::formats::wire::{self, Field, Fields, Wrong};
use crate::input::Input;
use crate::sink::Sink;

/// What a value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Metrics,
    Logs,
    Traces,
}

/// What an item is of.
#[derive(Debug)]
pub(super) struct Context<'c, 'a> {
    pub(super) input: &'c Input<'a>,
    pub(super) resource: &'c Resource<'a>,
    pub(super) scope: &'c str,
}

/// Gives an item to the sink.
pub(super) type Give<'a> = fn(&Context<'_, 'a>, &'a [u8], &mut dyn Sink) -> Result<(), Wrong<'a>>;

/// What a message holds, by its first item; `None` where it holds no item.
pub(super) fn signal(message: &[u8]) -> Result<Option<Signal>, Wrong<'_>> {
    for resource in messages(message, 1) {
        for scope in messages(resource?, 2) {
            if let Some(item) = messages(scope?, 2).next() {
                let item = item?;
                let wrong = Wrong::new("neither a metric nor a log nor a span of OTLP", item);
                return signal_of_item(item)?.ok_or(wrong).map(Some);
            }
        }
    }
    Ok(None)
}

fn signal_of_item(item: &[u8]) -> Result<Option<Signal>, Wrong<'_>> {
    let (mut metric, mut log, mut span) = (false, true, false);
    let (mut metric_fits, mut span_fits) = (true, true);
    for field in Fields::of(item) {
        let (number, field) = field?;
        let bytes = matches!(field, Field::Bytes(_));
        let fixed = matches!(field, Field::Fixed64(_));
        let varint = matches!(field, Field::Varint(_));
        if let (1, Field::Bytes(first)) = (number, field) {
            metric = !first.is_empty() && str::from_utf8(first).is_ok();
            span = first.len() == 16;
        }
        metric_fits &= bytes;
        log &= match number {
            1 | 11 => fixed,
            2 | 7 => varint,
            8 => matches!(field, Field::Fixed32(_)),
            4 => false,
            _ => bytes,
        };
        span_fits &= match (number, field) {
            (2, Field::Bytes(id)) => id.len() == 8,
            (7 | 8, _) => fixed,
            (6 | 10 | 12 | 14, _) => varint,
            (16, Field::Fixed32(_)) => true,
            _ => bytes,
        };
    }
    let signals = [(span && span_fits, Signal::Traces), (metric && metric_fits, Signal::Metrics)];
    let found = signals.into_iter().chain([(log && !item.is_empty(), Signal::Logs)]);
    Ok(found.into_iter().find(|(fits, _)| *fits).map(|(_, signal)| signal))
}

/// Gives every item of a message to the sink; a resource that cannot be read is refused on its own.
pub(super) fn read<'a>(
    input: &Input<'a>,
    message: &'a [u8],
    give: Give<'a>,
    sink: &mut dyn Sink,
) -> Result<(), Wrong<'a>> {
    // Before anything is given, so that a value that was cut is refused as a whole.
    messages(message, 1).try_for_each(|resource| resource.map(drop))?;
    for resource in messages(message, 1) {
        let resource = resource?;
        if let Err(wrong) = read_resource(input, resource, give, sink) {
            sink.refused(wrong.refusal(input.value), resource);
        }
    }
    Ok(())
}

fn read_resource<'a>(
    input: &Input<'a>,
    message: &'a [u8],
    give: Give<'a>,
    sink: &mut dyn Sink,
) -> Result<(), Wrong<'a>> {
    let mut resource = Resource::default();
    if let Some(found) = messages(message, 1).next() {
        resource = Resource::read(found?)?;
    }
    for scope in messages(message, 2) {
        let scope = scope?;
        let mut name = Cow::Borrowed("");
        for found in messages(scope, 1) {
            name = messages(found?, 1).last().transpose()?.map(wire::text).unwrap_or_default();
        }
        let context = Context { input, resource: &resource, scope: &name };
        for item in messages(scope, 2) {
            let item = item?;
            if let Err(wrong) = give(&context, item, sink) {
                sink.refused(wrong.refusal(input.value), item);
            }
        }
    }
    Ok(())
}

/// The messages (or texts) of this number in a message, in order.
pub(super) fn messages(
    message: &[u8],
    wanted: u32,
) -> impl Iterator<Item = Result<&[u8], Wrong<'_>>> {
    Fields::of(message).filter_map(move |field| match field {
        Ok((number, Field::Bytes(bytes))) if number == wanted => Some(Ok(bytes)),
        Ok(_) => None,
        Err(wrong) => Some(Err(wrong)),
    })
}
