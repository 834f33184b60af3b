//! Events, points and dead letters as lines of JSON.

use std::io::Write;

use processors::canonical::Series;
use processors::dead_letter::{Origin, dead_letter};
use processors::normalize::{Sample, Taker};
use processors::tenant::Tenants;
use processors::{Input, Refusal};
use schemas::codec;
use schemas::envelope::Envelope;
use schemas::event::Event;
use schemas::metric::PointKind;
use schemas::series::SeriesDefinition;
use schemas::time::Time;
use serde::Serialize;

type Out = Box<dyn Write>;

/// Writes what is found; the first thing that goes wrong is kept and told at the end.
pub(super) struct Writer {
    out: Out,
    dead: Option<Out>,
    failed: Option<anyhow::Error>,
    file: String,
    row: u64,
    refused: Vec<(Refusal, Vec<u8>)>,
}

/// A point, or the statistics of an interval.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    payload: &'static str,
    tenant: &'a str,
    time: Time,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max: Option<f64>,
    #[serde(flatten)]
    series: SeriesDefinition,
}

impl Writer {
    pub(super) fn new(out: Out, dead: Option<anyhow::Result<Out>>) -> Self {
        let (dead, failed) = match dead {
            Some(Err(error)) => (None, Some(error)),
            Some(Ok(dead)) => (Some(dead), None),
            None => (None, None),
        };
        Self { out, dead, failed, file: String::new(), row: 0, refused: Vec::new() }
    }

    /// What comes now is of this row of this file.
    pub(super) fn at(&mut self, file: &str, row: u64) {
        self.row = row;
        if self.file != file {
            file.clone_into(&mut self.file);
        }
    }

    /// What went wrong so far.
    pub(super) fn check(&mut self) -> anyhow::Result<()> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Writes what was refused since the last call, now that the format is known.
    pub(super) fn letters(
        &mut self,
        format: &str,
        input: &Input<'_>,
        tenants: &Tenants,
    ) -> anyhow::Result<()> {
        let origin = Origin { topic: &self.file, partition: 0, offset: self.row };
        for (refusal, piece) in std::mem::take(&mut self.refused) {
            let letter = dead_letter(input, None, &origin, (format, &refusal, &piece), tenants);
            if let Some(dead) = &mut self.dead {
                dead.write_all(&codec::encode(&letter)?)?;
                dead.write_all(b"\n")?;
            }
        }
        self.check()
    }

    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        self.out.flush()?;
        self.dead.as_mut().map_or(Ok(()), |dead| Ok(dead.flush()?))
    }

    fn line(&mut self, line: anyhow::Result<Vec<u8>>) {
        let written = line.and_then(|mut line| {
            line.push(b'\n');
            Ok(self.out.write_all(&line)?)
        });
        if let Err(error) = written {
            self.failed.get_or_insert(error.context("cannot write the output"));
        }
    }
}

impl Taker for Writer {
    fn event(&mut self, event: Envelope<Event>) {
        self.line(codec::encode(&event).map_err(Into::into));
    }

    fn sample(&mut self, series: &Series<'_>, time_ms: i64, sample: Sample) {
        let (kind, value, set) = match sample {
            Sample::Point(value, PointKind::Value) => ("value", Some(value), None),
            Sample::Point(value, PointKind::Start) => ("start", Some(value), None),
            // Sets come as such.
            Sample::Point(_, _) => ("stale", None, None),
            Sample::Set(set) => ("set", None, Some(set)),
        };
        let set = set.unwrap_or_default();
        let time = Time::from_millis(time_ms).unwrap_or(Time::MIN);
        let line = Line {
            payload: "isobar.point",
            tenant: series.tenant,
            time,
            kind,
            value,
            count: set.count,
            sum: set.sum,
            min: set.min,
            max: set.max,
            series: series.definition(),
        };
        self.line(serde_json::to_vec(&line).map_err(Into::into));
    }

    fn filtered(&mut self, _reason: &'static str) {}

    fn refused(&mut self, refusal: &Refusal, piece: &[u8]) {
        self.refused.push((refusal.clone(), piece.to_vec()));
    }
}
