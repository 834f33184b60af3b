//! Logs and traces, as they are set.

use super::{Given, names};

/// How lines are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Text on a terminal, else JSON.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Logs and traces.
#[derive(Clone, Debug)]
pub(crate) struct Telemetry {
    /// What is logged.
    pub(crate) filter: String,
    /// How.
    pub(crate) format: LogFormat,
    /// Where traces go, where they go anywhere.
    pub(crate) traces: Option<Traces>,
}

/// Traces over OTLP.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    /// The collector; `None` leaves it to the variables that OpenTelemetry defines.
    pub(crate) endpoint: Option<String>,
    /// The share of batches that are traced.
    pub(crate) sample_ratio: f64,
}

pub(super) fn telemetry(given: &mut Given<'_>, filter_default: &str) -> Telemetry {
    let format = given.checked(&names::LOG_FORMAT, "auto, text or json", |text| match text {
        "auto" => Some(LogFormat::Auto),
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    });
    let filter = given.checked(
        &names::LOG,
        "a level (error, warn, info, debug, trace), and targets with theirs: info,isobar=debug",
        |text| crate::telemetry::is_filter(text).then(|| text.to_owned()),
    );
    Telemetry {
        filter: filter.unwrap_or_else(|| filter_default.to_owned()),
        format: format.unwrap_or(LogFormat::Auto),
        traces: traces(given),
    }
}

fn traces(given: &mut Given<'_>) -> Option<Traces> {
    let url = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    let endpoint =
        given.checked(&names::TRACE_ENDPOINT, "the URL of a collector, http://HOST:4318", |text| {
            url(text).then(|| text.trim_end_matches('/').to_owned())
        });
    let ratio = given.checked(&names::TRACE_SAMPLE_RATIO, "a number from 0 to 1", |text| {
        text.parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio))
    });
    let standard = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    let wanted = endpoint.is_some() || standard.iter().any(|name| given.variable(name).is_some());
    wanted.then(|| Traces { endpoint, sample_ratio: ratio.unwrap_or(0.01) })
}
