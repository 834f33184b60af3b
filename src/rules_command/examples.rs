//! Rules on the examples beside them, which are read as the service reads messages.

use std::collections::BTreeMap;
use std::sync::Arc;

use correlator::patterns::Stateful;
use processors::normalize::normalize;
use processors::tenant::Tenants;
use processors::{Catalog, Input};
use rules::examples::{self, Example, Examples};
use rules::timeline::{START_MS, Sent, TENANT};
use rules::{Asked, Canonical, Matcher, Problem, Rule, RuleSet, Severity, folder};
use schemas::time::Time;

use super::{asked, finding, stateful_of, timelines};
use crate::match_rules::hits::Hits;

/// Where stateful rules stand, by their ids.
type Places = BTreeMap<String, (String, usize)>;

/// Tries all rules of a set; what fails is added to its problems. Says how many examples were tried.
pub(super) fn try_all(set: &mut RuleSet) -> anyhow::Result<usize> {
    let stateful = stateful_of(set);
    if set.has_errors() {
        return Ok(0);
    }
    let places = places(set);
    let matcher = Matcher::new(std::mem::take(&mut set.rules))
        .map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let asked = Arc::new(asked(matcher, &stateful));
    let mut tried = 0;
    for rule in asked.matcher.rules() {
        tried += try_one(rule, &asked.matcher, &places, &mut set.problems)?;
    }
    tried += try_stateful(&stateful, &places, &asked, &mut set.problems)?;
    set.problems.sort();
    set.rules = asked.matcher.rules().to_vec();
    Ok(tried)
}

fn places(set: &RuleSet) -> Places {
    let correlations = set.correlations.iter().map(|of| (&of.id, &of.file, of.line));
    let patterns = set.patterns.iter().map(|of| (&of.id, &of.file, of.line));
    let all = correlations.chain(patterns);
    all.map(|(id, file, line)| (id.clone(), (file.clone(), line))).collect()
}

/// What stands beside a rule; what is wrong with it is told.
fn beside(
    file: &str,
    line: usize,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<Option<(String, Examples)>> {
    let Some(text) = folder::examples_of(file)? else {
        let what = "there are no examples beside this rule; a file of its name that ends in .test.yaml holds them";
        problems.push(error(file, line, what.to_owned()));
        return Ok(None);
    };
    match examples::read(&text) {
        Ok(examples) => Ok(Some((text.file, examples))),
        Err(mut wrong) => {
            problems.append(&mut wrong);
            Ok(None)
        }
    }
}

fn try_one(
    rule: &Rule,
    matcher: &Matcher,
    places: &Places,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<usize> {
    // Where a stateful rule stands in the same file, its timelines try them together.
    if places.values().any(|(file, _)| *file == rule.file) {
        return Ok(0);
    }
    let Some((file, examples)) = beside(&rule.file, rule.line, problems)? else { return Ok(0) };
    let wanted = examples.matches.iter().map(|example| (example, true));
    let all = wanted.chain(examples.ignores.iter().map(|example| (example, false)));
    for (example, is_wanted) in all {
        let wrong = try_event(example, rule, is_wanted, matcher);
        problems.extend(wrong.map(|what| error(&file, example.line, what)));
    }
    Ok(examples.matches.len() + examples.ignores.len())
}

fn try_event(example: &Example, rule: &Rule, is_wanted: bool, matcher: &Matcher) -> Option<String> {
    let is_hit = match is_hit(example, rule, matcher) {
        Ok(is_hit) => is_hit,
        Err(reason) => return Some(format!("this event cannot be read: {reason}")),
    };
    match (is_hit, is_wanted) {
        (false, true) => Some(format!("`{}` does not match this event, and should", rule.title)),
        (true, false) => Some(format!("`{}` matches this event, and should not", rule.title)),
        _ => None,
    }
}

fn is_hit(example: &Example, rule: &Rule, matcher: &Matcher) -> Result<bool, String> {
    let (json, tenant) = (example.json.clone(), TENANT.to_owned());
    let sent = Sent { at_ms: START_MS, arrives_ms: START_MS, tenant, json };
    if let Some(found) = finding::read(&sent).map_err(|error| format!("{error:#}"))? {
        let hits = matcher.canonical_hits(&Canonical::finding(&found));
        return Ok(hits.iter().any(|hit| hit.id == rule.id));
    }
    let input = Input::new(example.json.as_bytes(), Time::MIN);
    let mut hits = Hits::new(matcher, false);
    let input = Input { catalog: Catalog::built_in(), ..input };
    normalize(&input, "-", None, &Tenants::default(), &mut hits);
    let (ids, unread) = hits.end_row();
    unread.first().map_or(Ok(ids.contains(rule.id.as_str())), |reason| Err(reason.clone()))
}

/// Tries stateful rules on the timelines beside them, file by file.
fn try_stateful(
    all: &[Stateful],
    places: &Places,
    asked: &Arc<Asked>,
    problems: &mut Vec<Problem>,
) -> anyhow::Result<usize> {
    let mut files: BTreeMap<&str, (usize, Vec<&Stateful>)> = BTreeMap::new();
    for stateful in all {
        let Some((file, line)) = places.get(&stateful.id) else { continue };
        files.entry(file).or_insert_with(|| (*line, Vec::new())).1.push(stateful);
    }
    let mut tried = 0;
    for (file, (line, of_file)) in files {
        let Some((beside, examples)) = beside(file, line, problems)? else { continue };
        if examples.timelines.is_empty() {
            let what = "there are no timelines beside this stateful rule: `fires` and `quiet`";
            problems.push(error(file, line, what.to_owned()));
        }
        for timeline in &examples.timelines {
            let wrong = match timelines::play(timeline, &of_file, asked, all) {
                Ok(verdict) => verdict.wrong(timeline),
                Err(error) => Some(format!("{error:#}")),
            };
            problems.extend(wrong.map(|what| error(&beside, timeline.line, what)));
        }
        tried += examples.timelines.len();
    }
    Ok(tried)
}

fn error(file: &str, line: usize, what: String) -> Problem {
    Problem { file: file.to_owned(), line, severity: Severity::Error, what }
}
