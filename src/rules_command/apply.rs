//! `isobar rules apply`: all rules as one record into every partition whose tasks go by them.
//!
//! **Invariant:** rules with an error are sent nowhere. To apply the same rules again is harmless, and
//! mends what a run that failed half-way left.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use kafka_runtime::KafkaSettings;
use kafka_runtime::resend::{Resender, Resent};
use rules::Text;
use schemas::id::Hash128;
use schemas::time::Time;
use schemas::topic;
use serde::Serialize;

use super::{load_texts, texts};
use crate::output::Format;
use crate::reach::ReachArgs;
use crate::rule_editions::pack;

/// What was asked for.
#[derive(Debug, Args)]
#[command(after_help = "\
Running services take the rules on at their place in each partition: no restart, and a replay decides
as the first run did. What was applied holds until something else is applied, also over the rules of a
service's configuration file. Services need the same rules_key.

Examples:
  isobar rules apply sigma/rules/cloud/aws --brokers kafka:9092
  isobar rules apply rules/ --config /etc/isobar.yaml --dry-run
  isobar rules apply rules/ --without-own --by \"$CI_COMMIT_SHA\"")]
pub(super) struct ApplyArgs {
    /// Rule files, or folders with all below them
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Leave out the rules that come with Isobar
    #[arg(long)]
    without_own: bool,
    /// Who applies them, or from which commit
    #[arg(long, value_name = "NAME", default_value = "unknown")]
    by: String,
    /// Only check, and tell what would be sent
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    reach: ReachArgs,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) output: Format,
}

/// What was sent.
#[derive(Debug, Serialize)]
pub(super) struct Applied {
    edition: Hash128,
    rules: usize,
    correlations: usize,
    /// The length of the record.
    bytes: usize,
    /// Partitions it was sent to, or would be.
    partitions: usize,
    dry_run: bool,
}

/// Checks the rules and sends them; `now` is when they begin to hold.
pub(super) fn apply(args: &ApplyArgs, now: Time, err: &mut dyn Write) -> anyhow::Result<Applied> {
    let texts = without_thresholds(texts_of(args)?, err)?;
    let set = load_texts(&texts);
    for problem in &set.problems {
        writeln!(err, "{problem}")?;
    }
    if set.has_errors() {
        bail!("the rules have errors; nothing was sent");
    }
    let key = args.reach.rules_key()?;
    let (edition, value) = pack(&texts, &args.by, now, &key)?;
    let settings = args.reach.settings()?;
    let resender = Resender::new(&settings)?;
    let targets = targets(&resender, &settings)?;
    let applied = Applied {
        edition,
        rules: set.rules.len(),
        correlations: set.correlations.len(),
        bytes: value.len(),
        partitions: targets.len(),
        dry_run: args.dry_run,
    };
    if !args.dry_run {
        send(resender, &targets, &value)?;
    }
    Ok(applied)
}

fn texts_of(args: &ApplyArgs) -> anyhow::Result<Vec<Text>> {
    let mut all = if args.without_own { Vec::new() } else { rules::own::texts() };
    all.extend(texts(&args.paths)?);
    Ok(all)
}

/// Windows are judged by the thresholds of a service's configuration; an edition does not reach them.
fn without_thresholds(texts: Vec<Text>, err: &mut dyn Write) -> anyhow::Result<Vec<Text>> {
    let (thresholds, texts): (Vec<Text>, Vec<Text>) =
        texts.into_iter().partition(|of| rules::is_threshold(&of.file, &of.text));
    for of in thresholds {
        let what = "thresholds are not applied; name the file under `thresholds:` in the configuration of services";
        writeln!(err, "{}:1: warning: {what}", of.file)?;
    }
    Ok(texts)
}

/// The partitions of all inputs, whose processors match, then those of signals, where hits are joined:
/// so nobody waits for hits that nobody finds yet.
fn targets(
    resender: &Resender,
    settings: &KafkaSettings,
) -> anyhow::Result<Vec<(&'static str, i32)>> {
    let mut targets = Vec::new();
    for topic in topic::INPUTS.iter().chain([&topic::SIGNALS]) {
        let partitions = resender.partitions(topic.name)?;
        if partitions == 0 {
            let what = "is not there; make it with `isobar topics apply`";
            bail!("the topic {} {what} --brokers {}", topic.name, settings.brokers);
        }
        let last = i32::try_from(partitions).context("more partitions than Kafka has")?;
        targets.extend((0..last).map(|partition| (topic.name, partition)));
    }
    Ok(targets)
}

fn send(resender: Resender, targets: &[(&str, i32)], value: &[u8]) -> anyhow::Result<()> {
    for (number, (topic, partition)) in targets.iter().enumerate() {
        let partition = *partition;
        let message = Resent { topic, partition, key: None, value: Some(value), headers: &[] };
        resender.send(number, &message);
    }
    let refused = resender.finish()?;
    if let Some((number, why)) = refused.iter().next() {
        let place = targets.get(*number).map(|(topic, at)| format!("{topic}/{at}"));
        bail!(
            "{} of {} partitions did not take the rules, {} first: {why}; apply them again",
            refused.len(),
            targets.len(),
            place.unwrap_or_default()
        );
    }
    Ok(())
}

impl Applied {
    pub(super) fn print(&self, format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
        if format == Format::Json {
            return Ok(writeln!(out, "{}", serde_json::to_string(self)?)?);
        }
        let Self { edition, rules, correlations, bytes, partitions, dry_run } = self;
        let sent = if *dry_run { "would be sent" } else { "sent" };
        let what = format!("{rules} rules, {correlations} correlations, {bytes} bytes");
        Ok(writeln!(out, "edition {edition}: {what}, {sent} to {partitions} partitions")?)
    }
}
