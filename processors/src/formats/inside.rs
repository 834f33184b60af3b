//! Reading what an envelope holds, when it may also be something that no format knows.

use std::borrow::Cow;

use schemas::metric::PointKind;

use super::Look;
use crate::draft::{Draft, DraftSeries, StatisticSet};
use crate::input::Input;
use crate::sink::{Refusal, Sink};

/// Id and time of the envelope, for what it holds where that has none of its own.
#[derive(Clone, Copy)]
pub(crate) struct Inside<'a> {
    /// The feed of the envelope.
    pub(crate) source: &'a str,
    /// Its id.
    pub(crate) id: Option<&'a str>,
    /// Its time.
    pub(crate) time_ms: Option<i64>,
}

/// Reads a value in the format it looks like. Gives `false` where it looks like none, or like a
/// `CloudEvent`, which nobody puts into another envelope but by mistake.
pub(crate) fn read(inner: &Input<'_>, inside: Inside<'_>, sink: &mut dyn Sink) -> bool {
    if inner.value.is_empty() || inner.depth > super::DEPTH_MAX {
        return false;
    }
    let look = Look::at(inner);
    let known = inner.catalog.find(&look);
    if known.is_none_or(|known| known.name() == "cloudevents") {
        return false;
    }
    let mut named = Named { sink, inside, events: 0, given: false };
    match (super::read(inner, &mut named), named.given) {
        (Ok(_), given) => given,
        // It only looked like that; the envelope itself is still an event.
        (Err(_), false) => false,
        (Err(refusal), true) => {
            sink.refused(refusal, inner.value);
            true
        }
    }
}

/// Gives events without id or time those of the envelope.
struct Named<'a> {
    sink: &'a mut dyn Sink,
    inside: Inside<'a>,
    events: usize,
    given: bool,
}

impl Named<'_> {
    fn sink(&mut self) -> &mut dyn Sink {
        self.given = true;
        self.sink
    }
}

impl Sink for Named<'_> {
    fn event(&mut self, event: &Draft<'_>) {
        let Inside { source, id, time_ms } = self.inside;
        let place = self.events;
        self.events += 1;
        if event.native_id.is_some() && event.time_ms.is_some() {
            return self.sink().event(event);
        }
        // Several events of one envelope must not have one id.
        let id = id.map(|id| Cow::Owned(format!("{source}/{id}#{place}")));
        let native_id = event.native_id.clone().or(id);
        let time_ms = event.time_ms.or(time_ms);
        self.sink().event(&Draft { native_id, time_ms, ..event.clone() });
    }

    fn point(&mut self, series: &DraftSeries<'_>, time_ms: i64, value: f64, kind: PointKind) {
        self.sink().point(series, time_ms, value, kind);
    }

    fn set(&mut self, series: &DraftSeries<'_>, time_ms: i64, set: &StatisticSet) {
        self.sink().set(series, time_ms, set);
    }

    fn filtered(&mut self, reason: &'static str) {
        self.sink().filtered(reason);
    }

    fn refused(&mut self, refusal: Refusal, piece: &[u8]) {
        self.sink().refused(refusal, piece);
    }
}
