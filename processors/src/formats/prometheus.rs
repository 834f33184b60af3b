//! What all that comes from Prometheus has in common: names, stale markers and targets.

use std::borrow::Cow;

use schemas::metric::PointKind;
use schemas::series::Temporality;

use crate::draft::{DraftSeries, Labels};

/// The feed.
const SOURCE: &str = "prometheus";
/// The one NaN that says: the series has no value from now on.
pub(crate) const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// A series as its labels come in; kept from one to the next, so that it reserves only once.
#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    name: Cow<'a, str>,
    resource: Labels<'a>,
    labels: Labels<'a>,
}

impl<'a> Found<'a> {
    /// A series with room for so many labels.
    pub(crate) fn with_room(labels: usize) -> Self {
        Self { labels: Labels::with_capacity(labels), ..Self::default() }
    }

    /// Forgets the labels of the series before.
    pub(crate) fn clear(&mut self) {
        self.name = Cow::Borrowed("");
        self.resource.clear();
        self.labels.clear();
    }

    /// Takes a label: the name, what is measured, or what tells the series apart.
    pub(crate) fn take(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) {
        match name.as_ref() {
            "__name__" => self.name = value,
            "instance" => self.resource.push((Cow::Borrowed("service.instance.id"), value)),
            "job" => self.resource.push((Cow::Borrowed("service.name"), value)),
            _ => self.labels.push((name, value)),
        }
    }

    /// Names the series where its labels do not.
    pub(crate) fn name_if_unnamed(&mut self, name: Cow<'a, str>) {
        if self.name.is_empty() {
            self.name = name;
        }
    }

    /// The name of the metric.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The series.
    pub(crate) fn series(&self, temporality: Temporality) -> DraftSeries<'_> {
        DraftSeries {
            source: SOURCE,
            account: None,
            resource: &self.resource,
            metric: Cow::Borrowed(&self.name),
            unit: None,
            temporality,
            labels: &self.labels,
        }
    }
}

/// What a value means, by the endings that Prometheus asks for.
pub(crate) fn temporality_of_name(name: &str) -> Temporality {
    let counts = ["_total", "_count", "_sum", "_bucket"];
    match counts.iter().any(|ending| name.ends_with(ending)) {
        true => Temporality::Cumulative,
        false => Temporality::Gauge,
    }
}

/// How a value is to be taken.
pub(crate) fn kind_of(value: f64) -> PointKind {
    if value.to_bits() == STALE_BITS { PointKind::Stale } else { PointKind::Value }
}
