//! What can be asked for.

use std::num::NonZeroUsize;

use clap::{Args, Subcommand};

use super::filter::FilterArgs;
use super::letter::Id;
use crate::output::Format;
use crate::reach::ReachArgs;

/// What was asked for.
#[derive(Debug, Args)]
pub(crate) struct DeadLettersArgs {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// What could not be read, by reason
    List(ListArgs),
    /// Everything known of one, with the place where it is wrong
    Show(ShowArgs),
    /// Send messages back to the topics they came from
    Replay(ReplayArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Letters are grouped by topic, format and reason, the most frequent first. In a reason N stands for any
number, so that those which differ in nothing else are one. Times are those at which letters were
written.

Examples:
  isobar dead-letters list --since 2h --brokers kafka:9092
  isobar dead-letters list --topic isobar.in.audit --each --limit 20
  isobar dead-letters list --output json | jq 'select(.count > 100)'")]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// Each by itself, the newest last, instead of groups
    #[arg(long)]
    pub(super) each: bool,
    /// No more than these: the largest groups, or with --each the newest letters
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<NonZeroUsize>,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) output: Format,
    #[command(flatten)]
    pub(super) reach: ReachArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A message that held several pieces may have several letters; all of them are shown.

Examples:
  isobar dead-letters show isobar.in.audit/1/42
  isobar dead-letters show isobar.in.audit/1/42 --raw > message.json")]
pub(super) struct ShowArgs {
    /// topic/partition/offset of the message, or the letter's own id
    #[arg(value_name = "ID")]
    pub(super) id: Id,
    /// Write the message's value to standard output, byte for byte, and nothing else
    #[arg(long)]
    pub(super) raw: bool,
    #[command(flatten)]
    pub(super) reach: ReachArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Mend the cause first: a message that still cannot be read becomes a dead letter again.

Each message goes to the topic and partition it came from, with its key, headers and value, and one
header more, isobar-replayed-from: topic/partition/offset. There it is read like any other:
  - Events that were delivered already are known by their ids, and not delivered again, within the
    deduplication horizon: 30 minutes for audit events and 10 for others, unless configured.
  - Events older than that go to isobar.late, as nobody can tell whether they were delivered.
  - Points are not deduplicated: those that were delivered already are delivered again.
  - Nothing remembers that a message was sent, unless it comes back as a dead letter: then only the
    later one is sent. Otherwise the same replay again sends the same messages again.

Where one piece of a message could not be read, that piece goes, and not the others. A letter that
holds only a part of a long message is refused, and the others go. At the end,
matched = sent + skipped + refused; the exit code is 1 when something was refused.

Examples:
  isobar dead-letters replay isobar.in.audit/1/42
  isobar dead-letters replay --topic isobar.in.audit --since 2h --dry-run
  isobar dead-letters replay --reason 'no `eventName`' --limit 1")]
pub(super) struct ReplayArgs {
    /// topic/partition/offset of messages, or ids of letters, instead of a filter
    #[arg(value_name = "ID", conflicts_with_all = ["topic", "format", "reason", "since", "tenant", "all"])]
    pub(super) ids: Vec<Id>,
    #[command(flatten)]
    pub(super) filter: FilterArgs,
    /// Everything there is; has to be said, as no selection is not one
    #[arg(long, conflicts_with_all = ["topic", "format", "reason", "since", "tenant"])]
    pub(super) all: bool,
    /// Send no more than these, the oldest letters first
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<NonZeroUsize>,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    #[command(flatten)]
    pub(super) reach: ReachArgs,
}
