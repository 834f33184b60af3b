//! What hosts measure, in the formats of metrics: a message tells of several hosts of one service.
//!
//! **Invariant:** a format counts as many points as it writes samples; the statistics of an interval
//! are one.

mod clouds;
mod lines;
mod otlp;
mod prometheus;

use super::load::Reading;
use super::pack::Packer;
use super::parcel::Parcel;
use super::world::{Cloud, Host, Service};
use crate::dice::Dice;

/// What some hosts of a service measured at one time.
#[derive(Debug)]
pub(super) struct Measured<'a> {
    pub(super) service: &'a Service,
    pub(super) hosts: Vec<(&'a Host, Reading)>,
    pub(super) time_ms: i64,
}

/// A format of metrics.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sort {
    Otlp,
    OtlpJson,
    MetricStream,
    AzureMonitor,
    RemoteWrite,
    KafkaAdapter,
    LineProtocol,
    Telegraf,
}

/// The formats, with their shares of the messages. The adapter's messages are the only ones with a
/// single point.
pub(super) const SORTS: [(Sort, u32); 8] = [
    (Sort::Otlp, 30),
    (Sort::OtlpJson, 5),
    (Sort::MetricStream, 15),
    (Sort::AzureMonitor, 10),
    (Sort::RemoteWrite, 20),
    (Sort::KafkaAdapter, 4),
    (Sort::LineProtocol, 10),
    (Sort::Telegraf, 6),
];

impl Sort {
    /// Where the services run that are measured so.
    pub(super) fn measures(self, cloud: Cloud) -> bool {
        match self {
            Self::Otlp | Self::OtlpJson => true,
            Self::MetricStream => cloud == Cloud::Aws,
            Self::AzureMonitor => cloud == Cloud::Azure,
            Self::RemoteWrite | Self::KafkaAdapter => cloud == Cloud::Kubernetes,
            Self::LineProtocol => cloud == Cloud::Gcp,
            Self::Telegraf => matches!(cloud, Cloud::Gcp | Cloud::Azure),
        }
    }

    /// Whether its messages have the service as their key, as Telegraf's do.
    pub(super) fn is_keyed(self) -> bool {
        matches!(self, Self::LineProtocol | Self::Telegraf)
    }

    /// Writes what was measured.
    pub(super) fn write(
        self,
        measured: &Measured<'_>,
        packer: &mut Packer,
        dice: &mut Dice,
    ) -> Parcel {
        match self {
            Self::Otlp => otlp::protobuf(measured),
            Self::OtlpJson => otlp::json(measured),
            Self::MetricStream => clouds::metric_stream(measured),
            Self::AzureMonitor => clouds::azure_monitor(measured),
            Self::RemoteWrite => prometheus::remote_write(measured, packer),
            Self::KafkaAdapter => prometheus::kafka_adapter(measured, dice),
            Self::LineProtocol => lines::line_protocol(measured),
            Self::Telegraf => lines::telegraf(measured),
        }
    }
}
