//! `isobar rules`: check rule files, and try rules on the examples beside them.
//!
//! Exit codes: 0 done, 1 something is wrong, 2 wrong use. Results go to `out`, everything else to `err`.

mod apply;
mod examples;
mod finding;
#[cfg(test)]
mod labelled;
mod stage;
mod thresholds;
mod timelines;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use apply::ApplyArgs;
use clap::{Args, Subcommand};
use correlator::patterns::{self, Plan, Stateful};
use rules::{Asked, Matcher, Problem, RuleSet, Severity, Text, folder};
use schemas::time::Time;
use serde::Serialize;
pub(crate) use thresholds::thresholds_of;

use crate::output::Format;
use crate::reach::WrongUse;
use crate::topics::Exit;

/// What was asked for.
#[derive(Debug, Args)]
pub(crate) struct RulesArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check rule files: every problem, with file and line
    Check(FilesArgs),
    /// Try each rule on the events or timelines beside it: NAME.test.yaml beside NAME.yaml
    Test(FilesArgs),
    /// Check rules and put them in force in running services
    Apply(ApplyArgs),
}

#[derive(Debug, Args)]
struct FilesArgs {
    /// Rule files, or folders with all below them
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How the result is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    output: Format,
}

/// What was found.
#[derive(Debug, Serialize)]
struct Report {
    rules: usize,
    correlations: usize,
    /// Stateful rules of our own form.
    patterns: usize,
    /// Rules over the figures of windows.
    thresholds: usize,
    /// Rules by the product whose events they are about.
    products: BTreeMap<String, usize>,
    /// Events that were tried, by `rules test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    examples: Option<usize>,
    errors: usize,
    warnings: usize,
    problems: Vec<Problem>,
}

/// Does what was asked for; `now` is when applied rules begin to hold.
pub(crate) fn run(args: &RulesArgs, now: Time, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let ended = match &args.command {
        Command::Apply(args) => return applied(args, now, out, err),
        Command::Check(args) => check(&args.paths).map(|report| (report, args.output)),
        Command::Test(args) => test(&args.paths).map(|report| (report, args.output)),
    };
    let printed = ended.and_then(|(report, format)| {
        report.print(format, out)?;
        Ok(if report.errors > 0 { Exit::Failed } else { Exit::Done })
    });
    printed.unwrap_or_else(|error| {
        // There is nobody left to tell when even this cannot be written.
        writeln!(err, "isobar: {error:#}").map_or(Exit::Failed, |()| Exit::Failed)
    })
}

fn applied(args: &ApplyArgs, now: Time, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let printed = apply::apply(args, now, err).and_then(|of| of.print(args.output, out));
    let told = printed.map(|()| Exit::Done).or_else(|error| {
        let exit = if error.is::<WrongUse>() { Exit::WrongUse } else { Exit::Failed };
        writeln!(err, "isobar: {error:#}").map(|()| exit)
    });
    // There is nobody left to tell when even this cannot be written.
    told.unwrap_or(Exit::Failed)
}

/// The rules of these texts, with all that is wrong with them as stateless and as stateful ones.
fn load_texts(texts: &[Text]) -> RuleSet {
    let mut set = RuleSet::load(texts);
    stateful_of(&mut set);
    let (_, mut wrong) = thresholds_of(&set.thresholds);
    set.problems.append(&mut wrong);
    set.problems.sort();
    set
}

/// The rules of these files and folders, with all that is wrong with them.
///
/// # Errors
/// When a file or folder cannot be read.
pub(crate) fn load(paths: &[PathBuf]) -> anyhow::Result<RuleSet> {
    texts(paths).map(|texts| RuleSet::load(&texts))
}

/// What these files and folders hold.
///
/// # Errors
/// When a file or folder cannot be read.
pub(crate) fn texts(paths: &[PathBuf]) -> anyhow::Result<Vec<Text>> {
    let mut texts = Vec::new();
    for path in paths {
        texts.append(&mut folder::read(path)?);
    }
    Ok(texts)
}

/// The stateful rules of a set; what of them cannot be run is added to its problems. Rules that are only
/// there for them flag nothing by themselves.
pub(crate) fn stateful_of(set: &mut RuleSet) -> Vec<Stateful> {
    let title = |id: &str| set.title(id).map(str::to_owned);
    let correlations = set.correlations.iter().map(|of| {
        let made = patterns::stateful(of, &title);
        made.map_err(|what| error(&of.file, of.line, what))
    });
    let own = set.patterns.iter().map(|of| {
        let made = patterns::own(of, &title);
        made.map_err(|what| error(&of.file, of.line, what))
    });
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    for made in correlations.chain(own) {
        match made {
            Ok(stateful) => all.push(stateful),
            Err(problem) => wrong.push(problem),
        }
    }
    set.problems.append(&mut wrong);
    set.lower_material();
    for stateful in &mut all {
        stateful.is_material = set.is_material(&stateful.id);
    }
    all
}

fn error(file: &str, line: usize, what: String) -> Problem {
    Problem { file: file.to_owned(), line, severity: Severity::Error, what }
}

/// Rules, with what stateful ones want to know of their hits.
fn asked(matcher: Matcher, stateful: &[Stateful]) -> Asked {
    let plan = Plan::new(stateful.to_vec());
    let ids = stateful.iter().flat_map(|of| of.rules.iter().map(|(id, _)| id.clone()));
    Asked { matcher, fields: ids.map(|id| (id.clone(), plan.fields_of(&id))).collect() }
}

/// A set, ready to be asked about events, and what is to be said about it.
///
/// # Errors
/// All problems, when one of them is an error.
pub(crate) fn matcher(set: RuleSet) -> anyhow::Result<(Matcher, String)> {
    let problems: String = set.problems.iter().map(|problem| format!("\n  {problem}")).collect();
    if set.has_errors() {
        bail!("the rules cannot be used:{problems}");
    }
    let matcher = Matcher::new(set.rules).map_err(|problem| anyhow!("{problem}"))?;
    Ok((matcher, problems))
}

fn check(paths: &[PathBuf]) -> anyhow::Result<Report> {
    texts(paths).map(|texts| Report::of(&load_texts(&texts)))
}

fn test(paths: &[PathBuf]) -> anyhow::Result<Report> {
    let mut set = load(paths)?;
    let (rules, mut wrong) = thresholds_of(&set.thresholds);
    set.problems.append(&mut wrong);
    let mut tried = if set.has_errors() { 0 } else { examples::try_all(&mut set)? };
    if !set.has_errors() {
        tried += thresholds::try_all(&rules, &mut set.problems)?;
    }
    Ok(Report { examples: Some(tried), ..Report::of(&set) })
}

impl Report {
    fn of(set: &RuleSet) -> Self {
        let mut products = BTreeMap::new();
        for rule in &set.rules {
            *products.entry(rule.product().unwrap_or("(any)").to_owned()).or_default() += 1;
        }
        let are =
            |severity| set.problems.iter().filter(|problem| problem.severity == severity).count();
        Self {
            rules: set.rules.len(),
            correlations: set.correlations.len(),
            patterns: set.patterns.len(),
            thresholds: thresholds_of(&set.thresholds).0.len(),
            products,
            examples: None,
            errors: are(Severity::Error),
            warnings: are(Severity::Warning),
            problems: set.problems.clone(),
        }
    }

    fn print(&self, format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
        if format == Format::Json {
            writeln!(out, "{}", serde_json::to_string(self)?)?;
            return Ok(());
        }
        for problem in &self.problems {
            writeln!(out, "{problem}")?;
        }
        writeln!(out, "{}", self.sum())?;
        Ok(())
    }

    fn sum(&self) -> String {
        let products: Vec<_> =
            self.products.iter().map(|(product, count)| format!("{product} {count}")).collect();
        let examples = self.examples.map(|count| format!("{count} examples, ")).unwrap_or_default();
        format!(
            "{} rules ({}), {} correlations, {} patterns, {} thresholds, {examples}{} errors, {} warnings",
            self.rules,
            products.join(", "),
            self.correlations,
            self.patterns,
            self.thresholds,
            self.errors,
            self.warnings
        )
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn tried(path: PathBuf) -> Report {
        test(&[path]).unwrap()
    }

    #[test]
    fn our_own_rules_do_what_their_examples_say() {
        let report = tried(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/own"));
        assert_eq!(report.problems, [], "{report:#?}");
        assert!(report.examples >= Some(2 * report.rules), "{report:#?}");
        assert!(report.correlations + report.patterns >= 19, "{report:#?}");
    }

    /// Five correlations shaped like those that others publish for `CloudTrail`.
    #[test]
    fn correlations_as_others_write_them_fire_on_their_timelines() {
        let report = tried(Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/tests/correlations"));
        assert_eq!(report.problems, [], "{report:#?}");
        assert_eq!((report.correlations, report.examples), (5, Some(23)), "{report:#?}");
    }

    #[test]
    fn examples_that_fail_or_are_missing_are_told_with_their_lines() {
        let dir = tempfile::tempdir().unwrap();
        let rule = |id: u8| {
            format!(
                "title: t\nid: {id}1111111-1111-4111-8111-111111111111\nlogsource: {{product: aws}}\n\
                 detection: {{s: {{eventName: One}}, condition: s}}\n"
            )
        };
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("a.yaml", &rule(1));
        write("b.yaml", &rule(2));
        let of = |name: &str| format!("{{eventSource: x.amazonaws.com, eventName: {name}}}");
        let wrong = format!(
            "matches:\n  - {}\n  - {}\nignores:\n  - {}\n",
            of("One"),
            of("Two"),
            of("One")
        );
        write("a.test.yaml", &wrong);
        let report = tried(dir.path().to_owned());
        let told: Vec<_> = report.problems.iter().map(|of| (of.line, of.what.as_str())).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(told.first(), Some(&(3, "`t` does not match this event, and should")));
        assert_eq!(told.get(1), Some(&(5, "`t` matches this event, and should not")));
        assert!(told.get(2).is_some_and(|(line, what)| *line == 1 && what.contains("no examples")));
    }
}
