//! `isobar match`: which rules the values of a file match, through the code of the service.
//!
//! **Invariant:** a row is read and matched exactly as a message of that content would be; every row
//! is counted, and what cannot be read is told.

pub(crate) mod hits;

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use processors::normalize::normalize;
use processors::tenant::Tenants;
use processors::{Catalog, Input, Known};
use rules::Matcher;
use schemas::time::Time;

use crate::mappings::{catalog, known};
use crate::offline::{Progress, one_file, open, tell, unwritable, write_summary};
use crate::rules_command;
use hits::Hits;

/// What was asked for.
#[derive(Args, Debug)]
#[command(after_help = "\
The output has a line for each rule that a row matches: the row from 0, a tab, the rule's id. Rows are in
the order of the file, ids in theirs. The file is read as `isobar normalize` reads it: a value a line when
it is called *.ndjson or *.jsonl, also .gz.

Rules that tuning makes building blocks match like others, for correlation; --flagged leaves them out.

Examples:
  isobar match --rules rules/own --input events.ndjson.gz --output hits.tsv
  isobar match --rules sigma/rules/cloud --rules tuning.yaml --input - --format aws-cloudtrail --output -")]
pub(crate) struct MatchArgs {
    /// Sigma rules: a file, or a folder with all below it; may be given again
    #[arg(long, value_name = "PATH", required = true)]
    rules: Vec<PathBuf>,
    /// What to read: a file, or - for standard input (a value a line)
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Where hits go; - for standard output
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// Read everything as this format
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// Mappings of your own: YAML files, or folders of them
    #[arg(long, value_name = "PATH")]
    mappings: Vec<PathBuf>,
    /// Leave out hits of rules that tuning makes building blocks
    #[arg(long)]
    flagged: bool,
    /// Where the counts go, as JSON
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

/// Reads and matches everything; `arrival` counts as the time at which it all arrived.
pub(crate) fn run(arguments: &MatchArgs, arrival: Time) -> anyhow::Result<()> {
    let catalog = catalog(&arguments.mappings)?;
    let named = arguments.format.as_deref().map(|name| known(catalog, name)).transpose()?;
    let source = one_file(&arguments.input)?;
    let matcher = matcher(&arguments.rules)?;
    let mut work = Work {
        catalog,
        named,
        arrival,
        tenants: Tenants::default(),
        hits: Hits::new(&matcher, arguments.flagged),
        out: open(&arguments.output)?,
        progress: Progress::new(),
    };
    let name = source.name();
    source.visit(&mut |row, value| work.row(&name, row, value))?;
    work.out.flush().with_context(|| unwritable(&arguments.output))?;
    write_summary(arguments.summary.as_deref(), &work.hits.summary)?;
    work.progress.end(&work.hits.summary);
    Ok(())
}

fn matcher(paths: &[PathBuf]) -> anyhow::Result<Matcher> {
    let mut set = rules_command::load(paths)?;
    set.lower_material();
    let (matcher, problems) = rules_command::matcher(set)?;
    if !problems.is_empty() {
        tell(&format!("about the rules:{problems}"));
    }
    Ok(matcher)
}

struct Work<'m> {
    catalog: &'static Catalog,
    named: Option<Known>,
    arrival: Time,
    tenants: Tenants,
    hits: Hits<'m>,
    out: Box<dyn Write>,
    progress: Progress,
}

impl Work<'_> {
    fn row(&mut self, name: &str, row: u64, value: &[u8]) -> anyhow::Result<()> {
        let input = Input { catalog: self.catalog, ..Input::new(value, self.arrival) };
        let record = format!("{name}/0/{row}");
        normalize(&input, &record, self.named, &self.tenants, &mut self.hits);
        let (ids, unread) = self.hits.end_row();
        for reason in unread {
            self.progress.unread(self.hits.summary.unread, row, &reason);
        }
        for id in ids {
            writeln!(self.out, "{row}\t{id}").context("cannot write the output")?;
        }
        self.progress.tell(&self.hits.summary);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "\
title: t
id: 11111111-1111-4111-8111-111111111111
logsource: {product: aws, service: cloudtrail}
detection: {s: {eventName: DeleteBucket}, condition: s}
";
    const OTHER: &str = "\
title: u
id: 00000000-1111-4111-8111-111111111111
logsource: {product: aws}
detection: {s: {eventName|endswith: bucket}, condition: s}
---
tuning: [{rule: 00000000-1111-4111-8111-111111111111, reason: often, building_block: true}]
";

    fn matched(input: &str, flagged: bool) -> (String, serde_json::Value) {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::create_dir(path("rules")).unwrap();
        std::fs::write(path("rules/a.yaml"), RULE).unwrap();
        std::fs::write(path("rules/b.yml"), OTHER).unwrap();
        std::fs::write(path("in.ndjson"), input).unwrap();
        let arguments = MatchArgs {
            rules: vec![path("rules")],
            input: path("in.ndjson"),
            output: path("out.tsv"),
            format: None,
            mappings: Vec::new(),
            flagged,
            summary: Some(path("summary.json")),
        };
        run(&arguments, Time::MIN).unwrap();
        let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
        (read("out.tsv"), serde_json::from_str(&read("summary.json")).unwrap())
    }

    fn event(name: &str) -> String {
        format!(
            r#"{{"eventSource": "s3.amazonaws.com", "eventName": "{name}", "eventID": "{name}"}}"#
        )
    }

    #[test]
    fn rows_are_matched_in_order_each_rule_once_and_what_cannot_be_read_is_counted() {
        let (one, two) = (event("DeleteBucket"), event("CreateBucket"));
        let input =
            format!("{two}\nno event\n\n{{\"Records\": [{one}, {two}]}}\n{}\n", event("GetObject"));
        let (hits, summary) = matched(&input, false);
        let expected = "0\t00000000-1111-4111-8111-111111111111\n\
                        3\t00000000-1111-4111-8111-111111111111\n\
                        3\t11111111-1111-4111-8111-111111111111\n";
        assert_eq!(hits, expected);
        assert_eq!(
            (&summary["rows"], &summary["unread"], &summary["events"]),
            (&4.into(), &1.into(), &4.into())
        );
        let (hits, summary) = matched(&input, true);
        assert_eq!(hits, "3\t11111111-1111-4111-8111-111111111111\n");
        assert_eq!(summary["hits"], 1);
    }
}
