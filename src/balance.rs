//! `isobar balance`: what came in and where all of it went, as the services publish it.
//!
//! Exit codes: 0 it closes, 1 failed, 2 wrong use, 3 it does not close and `--fail-on-open` was given.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use kafka_runtime::KafkaSettings;
use kafka_runtime::bounded::BoundedReader;
use schemas::balance::{Balance, Tally};
use schemas::codec;
use schemas::topic::{BALANCE, INPUTS};
use serde_json::json;
use stream::LogError;

use crate::output::Format;
use crate::reach::{ReachArgs, WrongUse};
use crate::topics::Exit;

/// What was asked for.
#[derive(Debug, Args)]
#[command(after_help = "\
Every message that was read is `found` to hold some pieces, and each of those is one of: an event, a
point, a duplicate, late, filtered, a dead letter. What lies on the input topics and is not counted yet is
in flight. The counts are committed together with the positions they count up to, so no crash can put
them wrong; they are at most a second old while the services run.

Examples:
  isobar balance --brokers kafka:9092
  isobar balance --topic isobar.in.audit
  isobar balance --output json | jq .open")]
pub(crate) struct BalanceArgs {
    /// Only what came in by this topic
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Exit with 3 when the balance does not close
    #[arg(long)]
    fail_on_open: bool,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    reach: ReachArgs,
}

/// Prints the balance.
pub(crate) fn run(args: &BalanceArgs, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let ended = args.reach.settings().map_err(anyhow::Error::from).and_then(|settings| {
        let (ledger, written) = read(&settings, args.topic.as_deref())?;
        print(&ledger, written, args.output, out)?;
        let is_open = ledger.total().open() != 0;
        Ok(if is_open && args.fail_on_open { Exit::Differences } else { Exit::Done })
    });
    ended.unwrap_or_else(|error| {
        let text = match error.downcast_ref::<LogError>() {
            Some(error) => error.to_string(),
            None => format!("{error:#}"),
        };
        let exit = if error.is::<WrongUse>() { Exit::WrongUse } else { Exit::Failed };
        // There is nobody left to tell when even this cannot be written.
        writeln!(err, "isobar: {text}").map_or(Exit::Failed, |()| exit)
    })
}

/// The balance, and how many messages lie on its topics.
fn read(settings: &KafkaSettings, topic: Option<&str>) -> anyhow::Result<(Ledger, u64)> {
    let mut ledger = Ledger::default();
    BoundedReader::open(settings, BALANCE.name)?.visit(&mut |_, record| {
        ledger.take(record.value.as_deref().unwrap_or_default());
        Ok::<(), LogError>(())
    })?;
    ledger.latest.retain(|(of, _), _| topic.is_none_or(|topic| topic == of));
    let mut written = 0;
    for input in INPUTS.iter().filter(|input| topic.is_none_or(|topic| topic == input.name)) {
        let ends = BoundedReader::open(settings, input.name)?.ends();
        written += ends.values().map(|end| u64::try_from(*end).unwrap_or(0)).sum::<u64>();
    }
    Ok((ledger, written))
}

fn print(ledger: &Ledger, written: u64, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => {
            ledger.lines(written).iter().try_for_each(|line| writeln!(out, "{line}"))?
        }
        Format::Json => writeln!(out, "{}", ledger.json(written))?,
    }
    out.flush()
}

/// The latest balance of each input partition.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    latest: BTreeMap<(String, u32), Balance>,
}

impl Ledger {
    /// Takes a record; what is none of a balance is left out.
    pub(crate) fn take(&mut self, value: &[u8]) {
        if let Ok(envelope) = codec::decode::<Balance>(value) {
            let of = (envelope.data.topic.clone(), envelope.data.partition);
            self.latest.insert(of, envelope.data);
        }
    }

    /// Messages that it tells of, and those that were never read because they were gone.
    pub(crate) fn read_until(&self) -> u64 {
        self.latest.values().map(|balance| balance.next_offset).sum()
    }

    /// Everything together.
    pub(crate) fn total(&self) -> Tally {
        self.by_format().values().fold(Tally::default(), |mut total, tally| {
            total.add(tally);
            total
        })
    }

    fn by_format(&self) -> BTreeMap<String, Tally> {
        let mut formats: BTreeMap<String, Tally> = BTreeMap::new();
        for (format, tally) in self.latest.values().flat_map(|balance| &balance.formats) {
            formats.entry(format.clone()).or_default().add(tally);
        }
        formats
    }

    /// A table for people, when so many messages lie on the topics.
    pub(crate) fn lines(&self, written: u64) -> Vec<String> {
        let total = self.total();
        let heading = format!(
            "{:<30}{:>10}{:>10} ={:>10}{:>10}{:>12}{:>7}{:>10}{:>14}",
            "balance by format",
            "messages",
            "found",
            "events",
            "points",
            "duplicates",
            "late",
            "filtered",
            "dead letters"
        );
        let formats = self.by_format();
        let rows = formats.iter().map(|(format, tally)| row(format, tally));
        let closes = match total.open() {
            0 => "it closes".to_owned(),
            open => format!("IT DOES NOT CLOSE: {open} pieces are not accounted for"),
        };
        let in_flight = written.saturating_sub(self.read_until());
        let sum = format!("{written} messages written, {in_flight} in flight; {closes}");
        [heading].into_iter().chain(rows).chain([row("all", &total), sum]).collect()
    }

    /// The same for programs.
    pub(crate) fn json(&self, written: u64) -> serde_json::Value {
        let total = self.total();
        json!({
            "written": written,
            "in_flight": written.saturating_sub(self.read_until()),
            "open": i64::try_from(total.open()).unwrap_or(i64::MAX),
            "total": total,
            "formats": self.by_format(),
        })
    }
}

fn row(name: &str, tally: &Tally) -> String {
    format!(
        "{name:<30}{:>10}{:>10} ={:>10}{:>10}{:>12}{:>7}{:>10}{:>14}",
        tally.read,
        tally.found,
        tally.events,
        tally.points,
        tally.duplicates,
        tally.late,
        tally.filtered,
        tally.dead_letters
    )
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn ledger(found: u64) -> Ledger {
        let tally =
            Tally { read: 5, found, events: 6, duplicates: 1, dead_letters: 2, ..Tally::default() };
        let balance = |partition| Balance {
            service: "processors".to_owned(),
            topic: "isobar.in.audit".to_owned(),
            partition,
            next_offset: 5,
            formats: BTreeMap::from([("aws-cloudtrail".to_owned(), tally.clone())]),
            extra: schemas::envelope::Extra::new(),
        };
        let latest = [0, 1].map(|at| (("isobar.in.audit".to_owned(), at), balance(at)));
        Ledger { latest: latest.into() }
    }

    #[test]
    fn it_is_summed_up_and_says_whether_it_closes() {
        expect![[r#"
            balance by format               messages     found =    events    points  duplicates   late  filtered  dead letters
            aws-cloudtrail                        10        18 =        12         0           2      0         0             4
            all                                   10        18 =        12         0           2      0         0             4
            12 messages written, 2 in flight; it closes"#]].assert_eq(&ledger(9).lines(12).join("\n"));
        assert!(ledger(10).lines(10).join("").contains("DOES NOT CLOSE: 2 pieces"));
        assert_eq!(ledger(9).json(12)["in_flight"], 2);
    }
}
