//! `isobar dead-letters`: what could not be read, for people who have to find out why, and who send
//! it back once it can be.
//!
//! Exit codes: 0 done, 1 failed (also when something was refused, or is not there), 2 wrong use.
//! Results go to `out`, everything else to `err`. **Invariant:** nothing is written to Kafka but by
//! `replay` without `--dry-run`, and that only when it was said what.

mod args;
mod filter;
mod groups;
mod letter;
mod picture;
mod plan;
mod reading;
mod replay;
#[cfg(test)]
mod samples;
mod show;
mod singles;
mod text;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::num::NonZeroUsize;

use schemas::time::Time;
use stream::LogError;

use crate::output::Format;
use crate::reach::WrongUse;
use crate::topics::Exit;
pub(crate) use args::DeadLettersArgs;
use args::{Command, ListArgs, ReplayArgs, ShowArgs};
use groups::Groups;
use letter::{Id, Letter};
use plan::Survey;
use reading::Letters;
use singles::Singles;

/// Does what was asked for; `now` is what `--since` counts from.
pub(crate) fn run(
    args: &DeadLettersArgs,
    now: Time,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let ended = match &args.command {
        Command::List(args) => list(args, now, out, err),
        Command::Show(args) => show(args, out, err),
        Command::Replay(args) => replay(args, now, out, err),
    };
    ended.and_then(|exit| Ok(out.flush().map(|()| exit)?)).unwrap_or_else(|error| {
        let Some(exit) = exit_of(&error) else { return Exit::Done };
        // An error of the log names its cause itself.
        let text = match error.downcast_ref::<LogError>() {
            Some(error) => error.to_string(),
            None => format!("{error:#}"),
        };
        // There is nobody left to tell when even this cannot be written.
        writeln!(err, "isobar: {text}").map_or(Exit::Failed, |()| exit)
    })
}

/// A reader that went away, such as `head`, is no failure of ours.
fn exit_of(error: &anyhow::Error) -> Option<Exit> {
    let written = error.downcast_ref::<io::Error>().map(io::Error::kind);
    match written {
        Some(io::ErrorKind::BrokenPipe) => None,
        _ if error.is::<WrongUse>() => Some(Exit::WrongUse),
        _ => Some(Exit::Failed),
    }
}

fn list(
    args: &ListArgs,
    now: Time,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> anyhow::Result<Exit> {
    let letters = Letters::open(&args.reach.settings()?)?;
    let limit = args.limit.map(NonZeroUsize::get);
    let (mut groups, mut singles) = (Groups::default(), Singles::new(limit));
    letters.visit(err, &mut |letter| {
        if !args.filter.takes(&letter, now) {
            return Ok(());
        }
        if args.each {
            singles.add(letter)
        } else {
            groups.add(&letter)
        }
        Ok(())
    })?;
    let text = match (args.each, args.output) {
        (false, Format::Text) => groups.text(limit),
        (false, Format::Json) => groups.json(limit),
        (true, Format::Text) => singles.text(),
        (true, Format::Json) => singles.json(),
    };
    out.write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

fn show(args: &ShowArgs, out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<Exit> {
    let letters = Letters::open(&args.reach.settings()?)?;
    let mut found = Vec::new();
    letters.visit(err, &mut |letter| {
        found.extend(args.id.names(&letter).then_some(letter));
        Ok(())
    })?;
    anyhow::ensure!(!found.is_empty(), missing(&[&args.id]));
    if args.raw {
        return raw(&found, out, err);
    }
    let texts: Vec<_> = found.iter().map(show::describe).collect();
    out.write_all(texts.join("\n").as_bytes())?;
    Ok(Exit::Done)
}

fn raw(found: &[Letter], out: &mut dyn Write, err: &mut dyn Write) -> anyhow::Result<Exit> {
    let message = |letter: &Letter| letter.envelope.data.message.clone();
    let Some(first) = found.first().map(message) else { return Ok(Exit::Done) };
    anyhow::ensure!(
        found.iter().all(|letter| message(letter).value == first.value),
        several(found)
    );
    if first.cut {
        writeln!(err, "isobar: only a part of the message is kept; this is its beginning")?;
    }
    out.write_all(&first.value.unwrap_or_default().0)?;
    Ok(Exit::Done)
}

/// Some ids are enough to see what is meant.
fn several(found: &[Letter]) -> String {
    let ids: BTreeSet<_> =
        found.iter().map(|letter| letter.envelope.attributes.id.to_string()).collect();
    let some: Vec<_> = ids.into_iter().take(3).collect();
    format!(
        "this message has {} letters, each with another piece; name one by its id, as `show` without --raw tells \
         it, such as {}",
        found.len(),
        some.join(", ")
    )
}

fn replay(
    args: &ReplayArgs,
    now: Time,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> anyhow::Result<Exit> {
    if !args.all && args.ids.is_empty() && !args.filter.is_given() {
        let what = "say which: IDs, or --topic, --format, --reason, --since or --tenant; --all for everything";
        return Err(WrongUse(what.to_owned()).into());
    }
    let settings = args.reach.settings()?;
    let letters = Letters::open(&settings)?;
    let (mut survey, mut unseen) = (Survey::default(), Vec::from_iter(&args.ids));
    letters.visit(err, &mut |letter| {
        let named = args.ids.is_empty() || args.ids.iter().any(|id| id.names(&letter));
        unseen.retain(|id| !id.names(&letter));
        survey.see(&letter, named && args.filter.takes(&letter, now));
        Ok(())
    })?;
    anyhow::ensure!(unseen.is_empty(), "{}; nothing was sent", missing(&unseen));
    let plan = survey.plan(args.limit.map(NonZeroUsize::get));
    let outcome = replay::replay(&settings, &letters, plan, args.dry_run, err)?;
    out.write_all(outcome.text().as_bytes())?;
    Ok(if outcome.refused.is_empty() { Exit::Done } else { Exit::Failed })
}

fn missing(ids: &[&Id]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    format!(
        "there is no dead letter {}: it may be too old and deleted; `isobar dead-letters list --each` shows those there \
         are",
        ids.join(", nor ")
    )
}
