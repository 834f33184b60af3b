//! Every setting, once: what it is called as a flag, in the environment and in the file, and what
//! it means. Flags win over the environment, the environment over the file.
//!
//! **Invariant:** a setting that is not in this table can be given nowhere, and one that is can be
//! given everywhere.

use clap::Arg;

/// One setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Its name in the file; the flag and the variable follow from it.
    pub(crate) name: &'static str,
    /// What to write for it, as help shows it.
    value: &'static str,
    /// What holds where it is not given, in words.
    pub(crate) default: &'static str,
    /// What it is for.
    help: &'static str,
}

impl Setting {
    /// True when its value is never to be shown, and may stand in a file of its own.
    pub(crate) fn is_secret(&self) -> bool {
        *self == DATABASE_URL || *self == RULES_KEY
    }

    /// `--grace-ms` for `grace_ms`.
    pub(crate) fn flag(&self) -> String {
        format!("--{}", self.name.replace('_', "-"))
    }

    /// `ISOBAR_GRACE_MS` for `grace_ms`.
    pub(crate) fn variable(&self) -> String {
        format!("{VARIABLES}{}", self.name.to_uppercase())
    }

    /// The flag as clap knows it; its value is checked later, together with all others.
    pub(crate) fn argument(&self) -> Arg {
        let help = format!("{} [default: {}] [env: {}]", self.help, self.default, self.variable());
        Arg::new(self.name)
            .long(self.name.replace('_', "-"))
            .value_name(self.value)
            .allow_negative_numbers(true)
            .help(help)
            .help_heading("Settings")
    }
}

/// How the names of our variables begin.
pub(crate) const VARIABLES: &str = "ISOBAR_";

/// Sections with a form of their own.
pub(crate) const SECTIONS: [&str; 8] = [
    "processors",
    "windows",
    "detection",
    "thresholds",
    "rules",
    "alerts",
    "incidents",
    "notifier",
];

pub(crate) const LOG: Setting = Setting {
    name: "log",
    value: "FILTER",
    default: "info; warn for `up`",
    help: "What is logged: error, warn, info, debug or trace, also by target: `info,isobar::events=debug`",
};
pub(crate) const LOG_FORMAT: Setting = Setting {
    name: "log_format",
    value: "auto|text|json",
    default: "auto: text on a terminal, else json",
    help: "How log lines look; they go to the standard error output",
};
pub(crate) const TRACE_ENDPOINT: Setting = Setting {
    name: "trace_endpoint",
    value: "URL",
    default: "$OTEL_EXPORTER_OTLP_ENDPOINT, else no traces",
    help: "Send traces to this OTLP collector over HTTP, such as http://localhost:4318",
};
pub(crate) const TRACE_SAMPLE_RATIO: Setting = Setting {
    name: "trace_sample_ratio",
    value: "0..1",
    default: "0.01",
    help: "The share of batches that are traced",
};
pub(crate) const WORKERS: Setting = Setting {
    name: "workers",
    value: "N",
    default: "1",
    help: "Worker threads of each service; more than its partitions is of no use",
};
pub(crate) const ADMIN_ADDRESS: Setting = Setting {
    name: "admin_address",
    value: "HOST:PORT",
    default: "127.0.0.1:9464; none for `up`",
    help: "Serve /livez, /readyz and /metrics here; port 0 takes a free one and prints it",
};
pub(crate) const GRACE_MS: Setting = Setting {
    name: "grace_ms",
    value: "MS",
    default: "10000",
    help: "How long an orderly end may take after SIGTERM or Ctrl-C; a second signal ends at once",
};
pub(crate) const STALL_MS: Setting = Setting {
    name: "stall_ms",
    value: "MS",
    default: "30000",
    help: "A worker that does not move for this long makes /livez fail",
};
pub(crate) const COMMIT_INTERVAL_MS: Setting = Setting {
    name: "commit_interval_ms",
    value: "MS",
    default: "10",
    help: "A record waits at most this long for its commit to begin",
};
pub(crate) const REPLAY_BUDGET_MS: Setting = Setting {
    name: "replay_budget_ms",
    value: "MS",
    default: "700",
    help: "A crash may cost this much replay; less means that state is written more often",
};
pub(crate) const BROKERS: Setting = Setting {
    name: "brokers",
    value: "HOST:PORT,…",
    default: "none: it has to be given",
    help: "Where Kafka is",
};
pub(crate) const SLOT: Setting = Setting {
    name: "slot",
    value: "NAME",
    default: "the host's name",
    help: "This process's own name, the same after every restart; worker n is NAME-n",
};
pub(crate) const SESSION_TIMEOUT_MS: Setting = Setting {
    name: "session_timeout_ms",
    value: "MS",
    default: "6000",
    help: "A worker that is silent for this long loses its partitions",
};
pub(crate) const TRANSACTION_TIMEOUT_MS: Setting = Setting {
    name: "transaction_timeout_ms",
    value: "MS",
    default: "4000",
    help: "A transaction open for longer is aborted by the broker",
};

pub(crate) const DATABASE_URL: Setting = Setting {
    name: "database_url",
    value: "URL",
    default: "none: `run postgres` needs it, `up` takes it",
    help: "The Postgres for results: postgres://USER:PASSWORD@HOST:PORT/DATABASE; others see flags, so a password is better off in the file or the environment",
};
pub(crate) const RETENTION_DAYS: Setting = Setting {
    name: "retention_days",
    value: "SIZE=DAYS,…",
    default: "1m=14,5m=30,15m=90,1h=400,1d=1825,records=400",
    help: "How long rows stay in Postgres: windows by their size, and records of findings, alerts, incidents and dead letters",
};
pub(crate) const RULES_KEY: Setting = Setting {
    name: "rules_key",
    value: "KEY",
    default: "none: rules change only with a restart",
    help: "What `rules apply` seals editions of the rules with, and services know them by; at least 16 characters, best kept in the file or the environment",
};

/// The settings of every command that works for a while.
pub(crate) const COMMON: [&Setting; 13] = [
    &LOG,
    &LOG_FORMAT,
    &TRACE_ENDPOINT,
    &TRACE_SAMPLE_RATIO,
    &WORKERS,
    &ADMIN_ADDRESS,
    &GRACE_MS,
    &STALL_MS,
    &COMMIT_INTERVAL_MS,
    &REPLAY_BUDGET_MS,
    &DATABASE_URL,
    &RETENTION_DAYS,
    &RULES_KEY,
];

/// The settings of a command that works on a Kafka cluster.
pub(crate) const KAFKA: [&Setting; 4] =
    [&BROKERS, &SLOT, &SESSION_TIMEOUT_MS, &TRANSACTION_TIMEOUT_MS];

/// The section of the file whose fields are passed on to the Kafka client; `--set` as a flag.
pub(crate) const CLIENT: &str = "client";

/// Every setting, in the order of the help.
pub(crate) fn all() -> impl Iterator<Item = &'static Setting> {
    COMMON.into_iter().chain(KAFKA)
}
