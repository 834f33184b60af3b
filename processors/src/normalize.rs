//! One record in, everything it holds out: what the service and `isobar normalize` share.
//!
//! **Invariant:** a record that gives neither event nor point nor a reason for that is a dead letter.

use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::metric::PointKind;

use crate::balance::Tally;
use crate::canonical::{self, Place, Series};
use crate::catalog::Known;
use crate::draft::{Draft, DraftSeries, StatisticSet};
use crate::formats;
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::tenant::Tenants;
use crate::transform;

/// What a record held, in its order.
pub trait Taker {
    /// An event.
    fn event(&mut self, event: Envelope<Event>);
    /// A point or a set of a series.
    fn sample(&mut self, series: &Series<'_>, time_ms: i64, sample: Sample);
    /// Something that is rightly not passed on.
    fn filtered(&mut self, reason: &'static str);
    /// Something that could not be read: the whole record, or a piece of it.
    fn refused(&mut self, refusal: &Refusal, piece: &[u8]);
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sample {
    /// One value.
    Point(f64, PointKind),
    /// The statistics of an interval.
    Set(StatisticSet),
}

/// Reads a record in the format that is named, or in the one it looks like. Gives the format's name
/// and what became of it.
pub fn normalize(
    input: &Input<'_>,
    record: &str,
    named: Option<Known>,
    tenants: &Tenants,
    taker: &mut dyn Taker,
) -> (&'static str, Tally) {
    let tally = Tally { read: 1, ..Tally::default() };
    let mut work = Work { input, record, tenants, taker, tally };
    let (name, ended) = match named {
        Some(known) => (known.name(), known.read(input, &mut work)),
        None => match formats::sniff_and_read(input, &mut work) {
            Ok(known) => (known.name(), Ok(())),
            Err((known, refusal)) => (known.map_or(UNKNOWN, Known::name), Err(refusal)),
        },
    };
    if let Err(refusal) = ended {
        work.refused(refusal, input.value);
    } else if work.tally.is_silent() {
        work.refused(Refusal::new("it holds nothing: neither events nor points"), input.value);
    }
    (name, work.tally)
}

/// The name under which records are counted that look like no format.
pub const UNKNOWN: &str = "unknown";

struct Work<'a> {
    input: &'a Input<'a>,
    record: &'a str,
    tenants: &'a Tenants,
    taker: &'a mut dyn Taker,
    tally: Tally,
}

impl Work<'_> {
    fn sample(&mut self, series: &DraftSeries<'_>, time_ms: i64, sample: Sample) {
        self.tally.points += 1;
        let series = Series::of(series, self.input, self.tenants);
        self.taker.sample(&series, time_ms, sample);
    }
}

impl Sink for Work<'_> {
    fn event(&mut self, draft: &Draft<'_>) {
        let index = usize::try_from(self.tally.events).unwrap_or(usize::MAX);
        self.tally.events += 1;
        let place = Place { record: self.record, index };
        let mut event = canonical::event(draft, self.input, &place, self.tenants);
        transform::apply(&mut event.data);
        self.taker.event(event);
    }

    fn point(&mut self, series: &DraftSeries<'_>, time_ms: i64, value: f64, kind: PointKind) {
        self.sample(series, time_ms, Sample::Point(value, kind));
    }

    fn set(&mut self, series: &DraftSeries<'_>, time_ms: i64, set: &StatisticSet) {
        self.sample(series, time_ms, Sample::Set(*set));
    }

    fn filtered(&mut self, reason: &'static str) {
        self.tally.filtered += 1;
        self.taker.filtered(reason);
    }

    fn refused(&mut self, refusal: Refusal, piece: &[u8]) {
        self.tally.dead_letter += 1;
        self.taker.refused(&refusal, piece);
    }
}
