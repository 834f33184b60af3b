//! What a metric's name says about which way is bad.
//!
//! **Invariant:** a name that says nothing counts both ways; nothing is left out because of its name.

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// More is worse: latency, errors, load.
    Bad,
    /// Less is worse: availability.
    Good,
    /// How much is asked for. It follows callers, so it is rather an effect than a cause.
    Traffic,
    /// The name does not say.
    Unknown,
}

const BAD: [&str; 17] = [
    "latency",
    "duration",
    "time",
    "delay",
    "lag",
    "error",
    "fault",
    "fail",
    "timeout",
    "throttl",
    "5xx",
    "4xx",
    "restart",
    "cpu",
    "memory",
    "queue",
    "saturation",
];
const GOOD: [&str; 5] = ["availab", "success", "uptime", "healthy", "ready"];
const TRAFFIC: [&str; 6] = ["request", "throughput", "traffic", "calls", "count", "rps"];

impl Kind {
    /// By the first list that has a part of the name. Lists go from what says most to what says least:
    /// `request_errors` are errors, `request_count` is traffic.
    #[must_use]
    pub fn of(metric: &str) -> Self {
        let metric = metric.to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| metric.contains(part));
        match () {
            () if has(&["unhealthy", "unavailab", "unready"]) => Self::Bad,
            () if has(&GOOD) => Self::Good,
            () if has(&BAD) => Self::Bad,
            () if has(&TRAFFIC) => Self::Traffic,
            () => Self::Unknown,
        }
    }

    /// The factors with which more is worse.
    pub(super) fn directions(self) -> &'static [f64] {
        match self {
            Self::Bad => &[1.0],
            Self::Good => &[-1.0],
            Self::Traffic | Self::Unknown => &[1.0, -1.0],
        }
    }
}
