//! What was typed. Nothing here knows the file or the environment, and values of settings are still
//! text: `config` resolves them all together, so that every mistake is told at once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand};

use crate::balance::BalanceArgs;
use crate::correlate::CorrelateArgs;
use crate::dead_letters::DeadLettersArgs;
use crate::detect::DetectArgs;
use crate::match_rules::MatchArgs;
use crate::normalize::NormalizeArgs;
use crate::output::Format;
use crate::rank::RankArgs;
use crate::rules_command::RulesArgs;
use crate::service;
use crate::settings::{self, Setting};
use crate::telemetry::build;
use crate::topics::TopicsArgs;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "isobar",
    version = build::VERSION,
    about = "Turns the events and metrics on your Kafka topics into aggregates, findings and incidents",
    after_help = "\
Examples:
  isobar up                                    see it work: no Kafka, generated events
  isobar topics apply --brokers kafka:9092     make the topics
  isobar run processors --brokers kafka:9092   run a service
  isobar balance                               what came in, and where all of it went
  isobar dead-letters list --since 2h          what could not be read

Exit codes: 0 done, 1 failed, 2 wrong use, 3 differences found by `topics plan --fail-on-diff`"
)]
pub(crate) struct Typed {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in this process, with generated events and no Kafka
    Up(UpFlags),
    /// Run services on a Kafka cluster
    Run(RunFlags),
    /// Check, plan, apply and export Kafka topics
    Topics(TopicsArgs),
    /// Show what came in and where all of it went
    Balance(BalanceArgs),
    /// Look at messages that could not be read, and send them back to where they came from
    DeadLetters(DeadLettersArgs),
    /// Read files as the processors read topics: events and points out, with a balance
    Normalize(NormalizeArgs),
    /// Read a file as the processors read topics, and say which detection rules each row matches
    Match(MatchArgs),
    /// Read a file as the processors read topics, and say which incident each row is part of, and why
    Correlate(CorrelateArgs),
    /// Read recorded faults, and say which node each of them began at, and why
    Rank(RankArgs),
    /// Find anomalies in series: CSV files in, a score and a reason for each row out
    Detect(DetectArgs),
    /// Check detection rules, and try them on the examples beside them
    Rules(RulesArgs),
}

/// `isobar up`.
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is kept: the log is in memory, and gone when the process ends.

Examples:
  isobar up                                  until Ctrl-C
  isobar up --for 20s --output json          a line of JSON every second, and one at the end
  isobar up --rate 20000 --workers 2         how far it goes on this machine
  isobar up --admin-address 127.0.0.1:9464   with metrics
  isobar up --database-url postgres://isobar@localhost/up   with its results in a database of its own")]
pub(crate) struct UpFlags {
    /// Print lines without colour, also on a terminal
    #[arg(long)]
    pub(crate) plain: bool,
    /// End by itself after this long: 20s, 5m, 1h
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) lasting: Option<Duration>,
    /// Events and points generated a second
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rate: u32,
    /// Which events: the same seed generates the same ones
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Event time passes this many times faster than the clock, so that minutes close in seconds
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(crate) speed: u16,
    #[command(flatten)]
    pub(crate) shared: SharedFlags,
    #[command(flatten)]
    pub(crate) common: CommonSettings,
}

/// `isobar run`.
#[derive(Debug, Args)]
#[command(after_help = format!("\
Services:{}

Each setting may also stand in the file or in the environment; a flag wins over the environment,
the environment over the file. Example of a file:

  brokers: kafka-0:9092,kafka-1:9092
  workers: 2
  processors:                                # what the processors read: docs/formats.md
    mappings: [/etc/isobar/mappings]
    topics: {{isobar.in.audit: {{format: aws-cloudtrail}}}}
    accounts: {{'123456789012': acme}}        # whose events they are
  windows:                                   # patience, limits, measures, groups: docs/windows.md
    metrics: {{grace: 5m}}
  client:                                    # passed on to the Kafka client (librdkafka)
    security.protocol: sasl_ssl
    sasl.mechanisms: SCRAM-SHA-512
    sasl.username: isobar
    sasl.password: {{file: /run/secrets/kafka}} # or ${{KAFKA_PASSWORD}}, from the environment

Examples:
  isobar run metric-windows --brokers localhost:9092
  isobar run metric-windows --config /etc/isobar.yaml --slot \"$POD_NAME\" --admin-address 0.0.0.0:9464
  isobar run metric-windows --brokers kafka:9093 --set security.protocol=ssl
  isobar run postgres --config /etc/isobar.yaml   # database_url: {{file: /run/secrets/postgres}}", service::listing()))]
pub(crate) struct RunFlags {
    /// Which services
    #[arg(required = true, value_name = "SERVICE", value_parser = services())]
    pub(crate) services: Vec<String>,
    /// A setting of the Kafka client, such as security.protocol=ssl; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) client: Vec<String>,
    #[command(flatten)]
    pub(crate) shared: SharedFlags,
    #[command(flatten)]
    pub(crate) kafka: KafkaSettings,
    #[command(flatten)]
    pub(crate) common: CommonSettings,
}

/// What goes for both.
#[derive(Debug, Args)]
pub(crate) struct SharedFlags {
    /// A YAML file with settings
    #[arg(long, value_name = "FILE", env = "ISOBAR_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// How results are printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) output: Format,
}

fn services() -> PossibleValuesParser {
    PossibleValuesParser::new(service::names())
}

/// A number and its unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration; give a whole number and ms, s, m or h: 20s");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit_ms).map(Duration::from_millis).ok_or_else(wrong)
}

/// What was typed for settings, by name.
pub(crate) type TypedSettings = BTreeMap<&'static str, String>;

/// Flags of the settings that all commands share.
#[derive(Debug)]
pub(crate) struct CommonSettings(pub(crate) TypedSettings);

/// Flags of the settings for a Kafka cluster.
#[derive(Debug)]
pub(crate) struct KafkaSettings(pub(crate) TypedSettings);

fn typed(of: &[&'static Setting], matches: &ArgMatches) -> TypedSettings {
    let text = |setting: &&'static Setting| {
        Some((setting.name, matches.get_one::<String>(setting.name)?.clone()))
    };
    of.iter().filter_map(text).collect()
}

/// A table of settings as clap's flags.
macro_rules! flags {
    ($name:ident, $table:expr) => {
        impl Args for $name {
            fn augment_args(command: clap::Command) -> clap::Command {
                command.args($table.map(Setting::argument))
            }

            fn augment_args_for_update(command: clap::Command) -> clap::Command {
                Self::augment_args(command)
            }
        }

        impl FromArgMatches for $name {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                Ok(Self(typed(&$table, matches)))
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                self.0.extend(typed(&$table, matches));
                Ok(())
            }
        }
    };
}

flags!(CommonSettings, settings::COMMON);
flags!(KafkaSettings, settings::KAFKA);

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Typed::command().debug_assert();
    }

    #[test]
    fn durations_have_units() {
        assert_eq!(duration("20s"), Ok(Duration::from_secs(20)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        for wrong in ["", "20", "s", "-1s", "1d", "99999999999999999999s", "9999999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
