//! The `isobar` binary: what was typed, what is meant, and how it ended.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use, 3 differences found where a command was asked to fail
//! on them.

mod cli;
mod config;
mod settings;

mod balance;
mod correlate;
mod dead_letters;
mod detect;
mod match_rules;
mod normalize;
mod offline;
mod rank;
mod reach;
mod rule_editions;
mod rules_command;
mod run;
mod topics;
mod up;

mod process;
mod service;

mod fleet;
mod health;
mod notifier;
mod shutdown;
mod sink;

mod clock;
mod events;
mod mappings;
mod metrics;

mod admin;
mod output;
mod telemetry;

use std::io::{stderr, stdout};
use std::process::ExitCode;

use clap::Parser;
use kafka_runtime::topics::Colour;

use cli::{Command, Typed};
use config::{Common, Problems};
use telemetry::Telemetry;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const FAILED: u8 = 1;
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    let environment = |name: &str| std::env::var(name).ok();
    match Typed::parse().command {
        Command::Run(flags) => match config::run(flags, &environment) {
            Ok(meant) => work(&meant.common, &meant.slot, async |to| run::run(&meant, to).await),
            Err(problems) => wrong_use(problems),
        },
        Command::Up(flags) => match config::up(flags, &environment) {
            Ok(meant) => work(&meant.common, "up", async |to| up::up(&meant, to).await),
            Err(problems) => wrong_use(problems),
        },
        Command::Normalize(arguments) => match normalize::run(&arguments, clock::now()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::failure(false, &error);
                FAILED.into()
            }
        },
        Command::Match(arguments) => match match_rules::run(&arguments, clock::now()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::failure(false, &error);
                FAILED.into()
            }
        },
        Command::Rank(arguments) => match rank::run(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::failure(false, &error);
                FAILED.into()
            }
        },
        Command::Correlate(arguments) => match correlate::run(&arguments, clock::now()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::failure(false, &error);
                FAILED.into()
            }
        },
        Command::Detect(arguments) => match detect::run(&arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                output::failure(false, &error);
                FAILED.into()
            }
        },
        Command::Balance(arguments) => {
            balance::run(&arguments, &mut stdout(), &mut stderr()).into()
        }
        Command::DeadLetters(arguments) => {
            dead_letters::run(&arguments, clock::now(), &mut stdout(), &mut stderr()).into()
        }
        Command::Rules(arguments) => {
            rules_command::run(&arguments, clock::now(), &mut stdout(), &mut stderr()).into()
        }
        Command::Topics(arguments) => {
            let colour = if output::is_terminal() { Colour::On } else { Colour::Off };
            topics::run(&arguments, colour, &mut stdout(), &mut stderr()).into()
        }
    }
}

/// Does what lasts, with logs and traces around it.
fn work(
    common: &Common,
    instance: &str,
    command: impl AsyncFnOnce(&Telemetry) -> anyhow::Result<()>,
) -> ExitCode {
    let ended = telemetry::start(&common.telemetry, instance).and_then(|telemetry| {
        // Only signals and the admin endpoints are asynchronous; workers have threads of their own.
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build()?;
        let ended = runtime.block_on(command(&telemetry));
        telemetry.end();
        ended
    });
    let Err(error) = ended else { return ExitCode::SUCCESS };
    output::failure(telemetry::is_json(common.telemetry.format), &error);
    FAILED.into()
}

fn wrong_use(Problems(problems): Problems) -> ExitCode {
    problems.into_iter().for_each(|problem| output::failure(false, &anyhow::Error::msg(problem)));
    WRONG_USE.into()
}
