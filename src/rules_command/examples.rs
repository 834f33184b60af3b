//! Rules on the events beside them, which are read as the service reads messages.

use processors::normalize::normalize;
use processors::tenant::Tenants;
use processors::{Catalog, Input};
use rules::examples::{self, Example};
use rules::{Matcher, Problem, Rule, RuleSet, Severity, folder};
use schemas::time::Time;

use crate::match_rules::hits::Hits;

/// Tries all rules of a set; what fails is added to its problems. Says how many events were tried.
pub(super) fn try_all(set: &mut RuleSet) -> anyhow::Result<usize> {
    let matcher = Matcher::new(std::mem::take(&mut set.rules))
        .map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let mut tried = 0;
    for rule in matcher.rules() {
        tried += try_one(rule, &matcher, &mut set.problems)?;
    }
    set.problems.sort();
    set.rules = matcher.rules().to_vec();
    Ok(tried)
}

fn try_one(rule: &Rule, matcher: &Matcher, problems: &mut Vec<Problem>) -> anyhow::Result<usize> {
    let Some(file) = folder::examples_of(&rule.file)? else {
        let what = "there are no examples beside this rule; a file of its name that ends in .test.yaml holds them";
        problems.push(error(&rule.file, rule.line, what.to_owned()));
        return Ok(0);
    };
    let examples = match examples::read(&file) {
        Ok(examples) => examples,
        Err(mut wrong) => {
            problems.append(&mut wrong);
            return Ok(0);
        }
    };
    let wanted = examples.matches.iter().map(|example| (example, true));
    let all = wanted.chain(examples.ignores.iter().map(|example| (example, false)));
    for (example, is_wanted) in all {
        let wrong = try_event(example, rule, is_wanted, matcher);
        problems.extend(wrong.map(|what| error(&file.file, example.line, what)));
    }
    Ok(examples.matches.len() + examples.ignores.len())
}

fn try_event(example: &Example, rule: &Rule, is_wanted: bool, matcher: &Matcher) -> Option<String> {
    let input = Input::new(example.json.as_bytes(), Time::MIN);
    let mut hits = Hits::new(matcher, false);
    normalize(
        &Input { catalog: Catalog::built_in(), ..input },
        "-",
        None,
        &Tenants::default(),
        &mut hits,
    );
    let (ids, unread) = hits.end_row();
    if let Some(reason) = unread.first() {
        return Some(format!("this event cannot be read: {reason}"));
    }
    match (ids.contains(rule.id.as_str()), is_wanted) {
        (false, true) => Some(format!("`{}` does not match this event, and should", rule.title)),
        (true, false) => Some(format!("`{}` matches this event, and should not", rule.title)),
        _ => None,
    }
}

fn error(file: &str, line: usize, what: String) -> Problem {
    Problem { file: file.to_owned(), line, severity: Severity::Error, what }
}
