//! `isobar rank`: which node a fault began at, offline, on recorded cases.
//!
//! **Invariant:** every case has one line, in the order of their names; a file that cannot be read ends
//! the command, with its line.

mod case;
mod table;

use std::fmt;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use incidents::rank::{self, Graph, Ranked, Verdict};
use serde::Serialize;

use crate::offline::{Progress, open, unwritable};
use case::Case;

/// What was asked for.
#[derive(Args, Debug)]
#[command(after_help = "\
A case is a folder with a file case.json; its name is the folder's:
  {\"edges\": [[\"shop\", \"search\"], [\"search\", \"database\"]],        caller, then callee
   \"symptom\": {\"node\": \"shop\", \"metric\": \"latency\", \"statistic\": \"Average\"},
   \"normal\": \"../normal.csv\", \"current\": \"current.csv\"}           from the case's folder
Both tables begin with the line timestamp,node,metric,statistic,value; a timestamp is in unix seconds or
RFC 3339, and an empty value is missing. Names of metrics tell which way is bad: latency, errors and load
rise, availability and success fall, requests are traffic, anything else counts both ways.

The output has a line for each case: {\"case\", \"ranking\": [{\"node\", \"score\", \"reason\"}], \"symptom\"}, the
likeliest cause first. The ranking is empty when the symptom is normal: its own past shows as much in more
than one period in twenty; the field symptom says with which figures.

Examples:
  isobar rank --input cases/ --output ranks.ndjson
  isobar rank --input cases/checkout-slow --output - | jq -r '.ranking[0].reason'")]
pub(crate) struct RankArgs {
    /// The cases: a folder with case.json, or a folder of such folders
    #[arg(long, value_name = "FOLDER")]
    input: PathBuf,
    /// Where rankings go, one JSON value a line; - for standard output
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

/// One line of the output.
#[derive(Serialize)]
struct Line<'l> {
    case: &'l str,
    ranking: Vec<Cause>,
    /// Why there is a ranking, or why there is none.
    symptom: String,
    /// Abnormal nodes beyond those that are weighed.
    #[serde(skip_serializing_if = "is_zero")]
    left_out: usize,
}

#[derive(Serialize)]
struct Cause {
    node: String,
    score: f64,
    reason: String,
}

impl From<Ranked> for Cause {
    fn from(Ranked { node, score, reason }: Ranked) -> Self {
        Self { node, score, reason }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Ranks the causes of every case.
pub(crate) fn run(arguments: &RankArgs) -> anyhow::Result<()> {
    let folders = case::under(&arguments.input)?;
    let mut out = open(&arguments.output)?;
    let unwritable = || unwritable(&arguments.output);
    let (mut counts, mut progress) = (Counts::default(), Progress::new());
    for folder in &folders {
        let case = Case::read(folder)?;
        let line = line(&case, &mut counts);
        serde_json::to_writer(&mut out, &line).with_context(unwritable)?;
        writeln!(out).with_context(unwritable)?;
        progress.tell(&counts);
    }
    out.flush().with_context(unwritable)?;
    progress.end(&counts);
    Ok(())
}

fn line<'c>(case: &'c Case, counts: &mut Counts) -> Line<'c> {
    counts.cases += 1;
    counts.dropped += case.normal.dropped() + case.current.dropped();
    let empty = |symptom| Line { case: &case.name, ranking: Vec::new(), symptom, left_out: 0 };
    match rank::judge(&case.normal, &case.current, &case.symptom) {
        Verdict::Abnormal { symptom, evidence, text } => {
            counts.abnormal += 1;
            let graph = Graph::new(case.edges.iter().map(|(a, b)| (a.as_str(), b.as_str())));
            let ranking = rank::rank(&graph, &symptom, &evidence, &[]);
            let causes = ranking.causes.into_iter().map(Cause::from).collect();
            Line { ranking: causes, left_out: ranking.left_out, ..empty(text) }
        }
        Verdict::Normal { text } => empty(text),
        Verdict::Unknown { text } => {
            counts.unknown += 1;
            empty(text)
        }
    }
}

#[derive(Default)]
struct Counts {
    cases: u64,
    abnormal: u64,
    unknown: u64,
    dropped: u64,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cases, abnormal, unknown, dropped } = self;
        write!(
            f,
            "{cases} cases: {abnormal} with causes, {} with a normal symptom, {unknown} that cannot be \
             judged; {dropped} values were no finite numbers",
            cases - abnormal - unknown
        )
    }
}

#[cfg(test)]
mod tests;
