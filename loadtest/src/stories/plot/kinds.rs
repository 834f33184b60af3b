//! The kinds of stories there are.

/// What a story comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    Deploy,
    Configuration,
    Database,
    Instances,
    Key,
    /// Nothing that anybody did.
    None,
}

/// A kind of story.
#[derive(Debug)]
pub(super) struct Plot {
    pub(super) cause: Cause,
    pub(super) rules: [&'static str; 2],
    pub(super) measures: [&'static str; 2],
    pub(super) words: [&'static str; 3],
}

pub(super) const PLOTS: [Plot; 9] = [
    Plot {
        cause: Cause::Deploy,
        rules: ["HighErrorRate", "CrashLooping"],
        measures: ["http.server.errors", "http.server.duration"],
        words: ["returns 500", "fails since the release", "restarts all the time"],
    },
    Plot {
        cause: Cause::Deploy,
        rules: ["MemoryGrows", "OutOfMemory"],
        measures: ["process.memory.usage", "k8s.container.restarts"],
        words: ["eats memory", "was killed for its memory", "leaks since the new version"],
    },
    Plot {
        cause: Cause::Configuration,
        rules: ["SlowAnswers", "HighErrorRate"],
        measures: ["http.server.duration", "http.server.errors"],
        words: ["is slow since the change", "times out", "cannot reach its cache"],
    },
    Plot {
        cause: Cause::None,
        rules: ["UpstreamDown", "HighErrorRate"],
        measures: ["http.client.errors", "http.server.errors"],
        words: ["does not answer", "is down", "refuses connections"],
    },
    Plot {
        cause: Cause::None,
        rules: ["CertificateExpired", "HandshakeFails"],
        measures: ["tls.handshake.errors", "http.server.errors"],
        words: ["has an expired certificate", "fails handshakes", "is not trusted any more"],
    },
    Plot {
        cause: Cause::None,
        rules: ["QuotaUsedUp", "Throttled"],
        measures: ["http.client.throttled", "queue.length"],
        words: ["is throttled", "has used up its quota", "gets 429 from the provider"],
    },
    Plot {
        cause: Cause::Database,
        rules: ["SlowQueries", "ConnectionsUsedUp"],
        measures: ["db.client.duration", "db.client.connections"],
        words: ["has slow queries", "waits for locks", "has no connections left"],
    },
    Plot {
        cause: Cause::Instances,
        rules: ["CostsRunAway", "TooManyInstances"],
        measures: ["cost.hourly", "instances.count"],
        words: ["costs ten times as much", "has far too many instances", "grows without end"],
    },
    Plot {
        cause: Cause::Key,
        rules: ["UnusualCalls", "CredentialMisused"],
        measures: ["audit.calls", "audit.denied"],
        words: [
            "was called with a strange key",
            "gave out secrets",
            "is being read by nobody we know",
        ],
    },
];
