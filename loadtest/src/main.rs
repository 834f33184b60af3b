//! The `isobar-loadtest` binary.

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use loadtest::commit_cost::{self, CommitCost, CommitCostArgs};
use loadtest::drain::{self, DrainArgs};
use loadtest::kill::{self, KillArgs};
use loadtest::output::{note, print};
use loadtest::passthrough::{self, PartArgs, PassthroughArgs, Row};
use loadtest::recovery::{self, RecoveryArgs};
use loadtest::signals::latency::{self, LatencyArgs};
use loadtest::stories::{self, StoriesArgs};
use loadtest::windows::freshness::{self, FreshnessArgs};
use serde::Serialize;

#[derive(Parser)]
#[command(
    name = "isobar-loadtest",
    version,
    about = "Disturbs and measures Isobar on real Kafka",
    after_help = "\
Examples:
  isobar-loadtest kill                                   500,000 records, 20 kills, one broker
  isobar-loadtest kill --brokers 3 --broker-kills 3      and the brokers killed as well
  isobar-loadtest kill --seed 17                         a run again
  isobar-loadtest kill --service metric-windows          the windows over metrics
  isobar-loadtest passthrough --brokers 127.0.0.1:9092   what exactly-once costs

Exit codes: 0 done, 1 failed, 2 wrong use, 3 the output differs from what it has to be"
)]
struct Typed {
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    output: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// Kill, stop and restart workers while they work, and compare the output with the oracle
    Kill(KillArgs),
    /// Measure how soon work goes on after a crash, a lost worker and an orderly end
    Recovery(RecoveryArgs),
    /// Measure the commit time of a broker
    CommitCost(CommitCostArgs),
    /// Measure records passed through one worker, beside the raw producer and consumer
    Passthrough(PassthroughArgs),
    /// Measure how fast one worker of the processors reads what lies on the topics
    Drain(DrainArgs),
    /// Measure how soon points are in Postgres, and windows final
    Freshness(FreshnessArgs),
    /// Measure how soon a signal is an alert that others can read, beside a pass-through
    AlertLatency(LatencyArgs),
    /// Measure how much of stories across sources is put together, beside plain rules
    Stories(StoriesArgs),
    /// One process of a pass-through
    #[command(hide = true)]
    PassthroughPart(PartArgs),
}

fn main() -> ExitCode {
    let typed = Typed::parse();
    match run(&typed) {
        Ok(code) => code,
        Err(error) => {
            note(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(typed: &Typed) -> anyhow::Result<ExitCode> {
    let json = typed.output == Format::Json;
    match &typed.command {
        Command::Kill(arguments) => {
            let report = kill::run(arguments)?;
            show(json, &report, &report.line())?;
            let same = report.differences.is_empty();
            return Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(3) });
        }
        Command::Recovery(arguments) => {
            let cases = recovery::run(arguments)?;
            cases.iter().for_each(|case| heading(json, &case.line()));
            show(json, &cases, "")?;
        }
        Command::CommitCost(arguments) => {
            heading(json, CommitCost::heading());
            let costs = commit_cost::run(arguments, |cost| heading(json, &cost.line()))?;
            show(json, &costs, "")?;
        }
        Command::Passthrough(arguments) => {
            heading(json, Row::heading());
            let rows = passthrough::run(arguments, |row| heading(json, &row.line()))?;
            show(json, &rows, "")?;
        }
        Command::Drain(arguments) => {
            let report = drain::run(arguments)?;
            show(json, &report, &report.lines())?;
        }
        Command::Freshness(arguments) => {
            let report = freshness::run(arguments)?;
            show(json, &report, &report.lines())?;
        }
        Command::AlertLatency(arguments) => {
            let report = latency::run(arguments)?;
            show(json, &report, &report.lines())?;
        }
        Command::Stories(arguments) => {
            let report = stories::run(arguments)?;
            show(json, &report, &report.lines())?;
        }
        Command::PassthroughPart(arguments) => {
            print(&serde_json::to_string(&passthrough::run_part(arguments)?)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Text that comes while the work goes on.
fn heading(json: bool, line: &str) {
    if !json {
        print(line);
    }
}

/// The result, for whoever asked.
fn show(json: bool, result: &impl Serialize, line: &str) -> anyhow::Result<()> {
    if json {
        print(&serde_json::to_string(result)?);
    } else if !line.is_empty() {
        print(line);
    }
    Ok(())
}
