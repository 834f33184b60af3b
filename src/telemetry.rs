//! Logs and traces: set up once, before anything else runs, and flushed at the end.
//!
//! Log lines go to the standard error output: text on a terminal, JSON elsewhere.

mod traces;

use std::io::IsTerminal;
use std::time::Duration;

use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing_subscriber::EnvFilter;

use crate::config;
use crate::config::LogFormat;

/// What this program was built from.
pub(crate) mod build {
    /// The version of the release.
    pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
    /// The commit, where the build was told it.
    pub(crate) const COMMIT: &str = match option_env!("ISOBAR_COMMIT") {
        Some(commit) => commit,
        None => "unknown",
    };
}

/// Spans that are not sent by then are lost: an end must not wait for a collector that is away.
const FLUSH: Duration = Duration::from_secs(3);
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// What was set up.
pub(crate) struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

/// Starts logging, and tracing where it is configured. `instance` names this process in traces.
///
/// # Errors
/// When the collector's address cannot be used.
pub(crate) fn start(config: &config::Telemetry, instance: &str) -> anyhow::Result<Telemetry> {
    let filter = EnvFilter::builder().parse(&config.filter)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if is_json(config.format) {
        lines.json().init();
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).init();
    }
    std::panic::set_hook(Box::new(panicked));
    let provider = config.traces.as_ref().map(|to| traces::provider(to, instance)).transpose()?;
    Ok(Telemetry { provider })
}

/// Whether lines of this format are JSON.
pub(crate) fn is_json(format: LogFormat) -> bool {
    match format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    }
}

/// Whether a text filters logs. A word alone has to be a level: tracing would take a misspelt one
/// for the name of a target, and be silent about everything else.
pub(crate) fn is_filter(text: &str) -> bool {
    let words = text.split(',').map(str::trim);
    let is_level = |word: &str| LEVELS.contains(&word.to_lowercase().as_str());
    words.clone().all(|word| is_level(word) || word.contains(['=', '[']))
        && EnvFilter::builder().parse(text).is_ok()
}

/// A panic as a log line, in the format of all others.
fn panicked(panic: &std::panic::PanicHookInfo<'_>) {
    let thread = std::thread::current();
    tracing::error!(
        thread = thread.name().unwrap_or("unnamed"),
        at = panic.location().map(tracing::field::display),
        what = panic.payload_as_str().unwrap_or("no message"),
        "a thread panicked"
    );
}

impl Telemetry {
    /// What makes spans, where traces are configured.
    pub(crate) fn tracer(&self) -> Option<SdkTracer> {
        self.provider.as_ref().map(traces::tracer)
    }

    /// Sends what is still here.
    pub(crate) fn end(self) {
        let ended = self.provider.map(|provider| provider.shutdown_with_timeout(FLUSH));
        if let Some(Err(error)) = ended {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_level_is_no_filter() {
        for good in ["info", "WARN", "off", "info,isobar::events=debug", "isobar=trace,warn"] {
            assert!(is_filter(good), "{good}");
        }
        for bad in ["inof", "", "info,,warn", "info,isobar", "isobar=loud"] {
            assert!(!is_filter(bad), "{bad}");
        }
    }
}
