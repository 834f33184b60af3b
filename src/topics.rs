//! `isobar topics`: check the topic file, compare it with a cluster, apply it, and write one from a
//! cluster.
//!
//! Exit codes: 0 done, 1 failed (also when something was refused), 2 wrong use, 3 differences found
//! where `plan` was asked to fail on them. Results go to `out`, everything else to `err`.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use kafka_runtime::client::base;
use kafka_runtime::topics::{
    self, Admin, Colour, Copies, Options, Plan, Problems, Scope, TopicFile, TopicsError,
};

use crate::output::Format;
use crate::reach::{ReachArgs, WrongUse};

/// What was asked for.
#[derive(Debug, Args)]
pub(crate) struct TopicsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the topic file, without a cluster
    Lint(LintArgs),
    /// Show what `apply` would do to a cluster
    Plan(PlanArgs),
    /// Make a cluster's topics what the file says
    Apply(ApplyArgs),
    /// Write a topic file from a cluster's topics
    Export(ExportArgs),
}

#[derive(Debug, Args)]
struct FileArgs {
    /// The topic file [default: the one this program was built with]
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct LintArgs {
    #[command(flatten)]
    file: FileArgs,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Args)]
struct ClusterArgs {
    #[command(flatten)]
    reach: ReachArgs,
    /// Topics whose names begin like this belong to Isobar
    #[arg(long, value_name = "PREFIX", default_value = "isobar.", value_parser = NonEmptyStringValueParser::new())]
    prefix: String,
}

#[derive(Debug, Args)]
struct ChangeArgs {
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Replicas of every topic, instead of the file's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=32_767))]
    replicas: Option<u16>,
    /// Replicas that have to have a record, instead of the file's; at most as many as there are
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=32_767))]
    min_in_sync: Option<u16>,
    /// Also delete topics that belong to Isobar and are not in the file, with all their records
    #[arg(long)]
    delete: bool,
    /// How the plan is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
}

#[derive(Debug, Args)]
struct PlanArgs {
    #[command(flatten)]
    change: ChangeArgs,
    /// Exit with 3 when the cluster differs from the file
    #[arg(long)]
    fail_on_diff: bool,
}

#[derive(Debug, Args)]
struct ApplyArgs {
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, Args)]
struct ExportArgs {
    #[command(flatten)]
    file: FileArgs,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// All topics but Kafka's own, not only those that belong to Isobar
    #[arg(long)]
    all: bool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Failed,
    WrongUse,
    Differences,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::WrongUse => 2,
            Exit::Differences => 3,
        })
    }
}

/// Does what was asked for; `colour` is for plans that go to a terminal.
pub(crate) fn run(
    args: &TopicsArgs,
    colour: Colour,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let ended = match &args.command {
        Command::Lint(args) => lint(args, out),
        Command::Plan(args) => plan(args, colour, out),
        Command::Apply(args) => apply(args, colour, out),
        Command::Export(args) => export(args, out),
    };
    ended.unwrap_or_else(|error| {
        let exit = exit_of(&error);
        // There is nobody left to tell when even this cannot be written.
        writeln!(err, "isobar: {error:#}").map_or(Exit::Failed, |()| exit)
    })
}

fn exit_of(error: &anyhow::Error) -> Exit {
    let settings = matches!(error.downcast_ref(), Some(TopicsError::Settings(_)));
    if settings || error.is::<WrongUse>() { Exit::WrongUse } else { Exit::Failed }
}

fn lint(args: &LintArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let checked = args.file.checked()?;
    let (text, exit) = match (&checked, args.output) {
        (Ok(file), Format::Text) => {
            let count = file.topics().len();
            (format!("{}: {count} topics, nothing wrong", file.name()), Exit::Done)
        }
        (Ok(file), Format::Json) => {
            let none = Problems { file: file.name().to_owned(), problems: Vec::new() };
            (topics::problems_json(&none), Exit::Done)
        }
        (Err(problems), Format::Text) => (problems.to_string(), Exit::Failed),
        (Err(problems), Format::Json) => (topics::problems_json(problems), Exit::Failed),
    };
    writeln!(out, "{text}")?;
    Ok(exit)
}

fn plan(args: &PlanArgs, colour: Colour, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let PlanArgs { change, fail_on_diff } = args;
    let (file, options, admin) = (change.file.read()?, change.options()?, change.cluster.admin()?);
    let plan = change.plan(&admin, &file, &options)?;
    change.print(&plan, &file, colour, out)?;
    Ok(if *fail_on_diff && !plan.is_empty() { Exit::Differences } else { Exit::Done })
}

fn apply(args: &ApplyArgs, colour: Colour, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let change = &args.change;
    let (file, options, admin) = (change.file.read()?, change.options()?, change.cluster.admin()?);
    let plan = change.plan(&admin, &file, &options)?;
    change.print(&plan, &file, colour, out)?;
    out.flush()?;
    admin.apply(&plan, &file, &options)?;
    let refused = plan.refused().count();
    anyhow::ensure!(refused == 0, "{refused} differences were refused; the rest is done");
    if change.output == Format::Text && !plan.is_empty() {
        writeln!(out, "done")?;
    }
    Ok(Exit::Done)
}

fn export(args: &ExportArgs, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let (file, admin) = (args.file.read()?, args.cluster.admin()?);
    let options = Options { prefix: args.cluster.prefix.clone(), ..Options::default() };
    let scope = if args.all { Scope::All } else { Scope::Ours(&file, &options) };
    let text = topics::export(&admin.read(&scope)?, &file).context("cannot write YAML")?;
    out.write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

impl FileArgs {
    fn checked(&self) -> anyhow::Result<Result<TopicFile, Problems>> {
        let Some(path) = &self.file else { return Ok(Ok(TopicFile::built_in())) };
        let reading = || format!("cannot read {}", path.display());
        let text = std::fs::read_to_string(path).with_context(reading)?;
        Ok(TopicFile::parse(&path.display().to_string(), &text))
    }

    fn read(&self) -> anyhow::Result<TopicFile> {
        Ok(self.checked()??)
    }
}

impl ClusterArgs {
    fn admin(&self) -> anyhow::Result<Admin> {
        let settings = self.reach.settings()?;
        Ok(topics::admin(base(&settings))?)
    }
}

impl ChangeArgs {
    fn options(&self) -> anyhow::Result<Options> {
        let copies = Copies { replicas: self.replicas, min_in_sync: self.min_in_sync };
        if let (Some(replicas), Some(in_sync)) = (self.replicas, self.min_in_sync)
            && in_sync > replicas
        {
            let what = format!("--min-in-sync {in_sync} is more than --replicas {replicas}");
            return Err(WrongUse(what).into());
        }
        Ok(Options { copies, delete: self.delete, prefix: self.cluster.prefix.clone() })
    }

    fn plan(&self, admin: &Admin, file: &TopicFile, options: &Options) -> anyhow::Result<Plan> {
        Ok(topics::plan(file, &admin.read(&Scope::Ours(file, options))?, options))
    }

    fn print(
        &self,
        plan: &Plan,
        file: &TopicFile,
        colour: Colour,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        match self.output {
            Format::Text => out.write_all(topics::show(plan, file, colour).as_bytes())?,
            Format::Json => writeln!(out, "{}", topics::json(plan))?,
        }
        Ok(())
    }
}
