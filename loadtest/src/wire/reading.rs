//! One undisturbed reading of a message: the bits of its points, and what its generator has to agree with.

use anyhow::Context as _;
use processors::canonical::Series;
use processors::normalize::{Sample, Taker, normalize};
use processors::tenant::Tenants;
use processors::{Input, Refusal};
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::metric::PointKind;
use schemas::source_class::SourceClass;
use schemas::time::Time;

use super::PointName;
use crate::company::Message;

/// What one undisturbed reading finds.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) events: Vec<(u128, SourceClass)>,
    pub(super) points: Vec<PointName>,
    pub(super) samples: u64,
    pub(super) filtered: u64,
    pub(super) refused: u64,
}

impl Reading {
    pub(super) fn message(&mut self, message: &Message) -> anyhow::Result<&'static str> {
        let arrival = Time::from_millis(message.arrival.0).context("an arrival")?;
        let headers = &message.headers;
        let input = Input { headers, ..Input::new(&message.value, arrival) };
        Ok(normalize(&input, "", None, &Tenants::default(), self).0)
    }

    fn point(&mut self, series: &Series<'_>, time_ms: i64, value: f64, kind: PointKind) {
        self.points.push((series.id.as_u64(), time_ms, value.to_bits(), kind as u8));
    }
}

impl Taker for Reading {
    fn event(&mut self, event: Envelope<Event>) {
        self.events.push((event.attributes.id.0.as_u128(), event.attributes.source_class));
    }

    fn sample(&mut self, series: &Series<'_>, time_ms: i64, sample: Sample) {
        self.samples += 1;
        match sample {
            Sample::Point(value, kind) => self.point(series, time_ms, value, kind),
            Sample::Set(set) => {
                let pieces = [
                    (set.count, PointKind::SetCount),
                    (set.sum, PointKind::SetSum),
                    (set.min, PointKind::SetMin),
                    (set.max, PointKind::SetMax),
                ];
                for (value, kind) in pieces {
                    value.into_iter().for_each(|value| self.point(series, time_ms, value, kind));
                }
            }
        }
    }

    fn filtered(&mut self, _: &'static str) {
        self.filtered += 1;
    }

    fn refused(&mut self, _: &Refusal, _: &[u8]) {
        self.refused += 1;
    }
}
