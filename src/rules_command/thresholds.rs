//! Thresholds, read from their files and tried on the timelines beside them.
//!
//! **Invariant:** a timeline goes through the code of the service, and all that its rule says counts.

use analytics::thresholds::{self, Examples, Rule};
use rules::{Problem, Severity, Text, folder};

/// The thresholds of these files, and what is wrong with them.
pub(crate) fn thresholds_of(texts: &[Text]) -> (Vec<Rule>, Vec<Problem>) {
    let files: Vec<(&str, &str)> = texts.iter().map(|of| (&*of.file, &*of.text)).collect();
    let (rules, problems) = thresholds::read(&files);
    (rules, problems.into_iter().map(problem).collect())
}

fn problem(of: thresholds::Problem) -> Problem {
    error(of.file, of.line, of.what)
}

fn error(file: String, line: usize, what: String) -> Problem {
    Problem { file, line, severity: Severity::Error, what }
}

/// Tries thresholds on what stands beside them, file by file; says how many timelines were tried.
pub(super) fn try_all(rules: &[Rule], problems: &mut Vec<Problem>) -> anyhow::Result<usize> {
    let mut tried = 0;
    for of_file in rules.chunk_by(|one, next| one.file == next.file) {
        let Some((file, examples)) = beside(of_file, problems)? else { continue };
        tried += examples.timelines.len();
        for timeline in &examples.timelines {
            let Some(rule) = of_file.iter().find(|rule| rule.id == timeline.rule) else { continue };
            let wrong = thresholds::play(timeline, rule).wrong;
            problems.extend(wrong.map(|what| error(file.clone(), timeline.line, what)));
        }
    }
    problems.sort();
    Ok(tried)
}

fn beside(
    rules: &[Rule],
    problems: &mut Vec<Problem>,
) -> anyhow::Result<Option<(String, Examples)>> {
    let Some(first) = rules.first() else { return Ok(None) };
    let Some(text) = folder::examples_of(&first.file)? else {
        let what = "there are no timelines beside this threshold; a file of its name that ends in .test.yaml holds them";
        problems.push(error(first.file.clone(), first.line, what.to_owned()));
        return Ok(None);
    };
    match thresholds::examples(&text.file, &text.text, &rules.iter().collect::<Vec<_>>()) {
        Ok(examples) => Ok(Some((text.file, examples))),
        Err(wrong) => {
            problems.extend(wrong.into_iter().map(problem));
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::rules_command::{test, texts};

    const RULE: &str = "title: t\nid: 11111111-1111-4111-8111-111111111111\nmeasure: m\nstatistic: mean\n\
        above: 2\nfor: 2m\nseverity: low\n";

    fn told(rule: &str, examples: &str) -> Vec<(usize, String)> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.yaml"), rule).unwrap();
        std::fs::write(dir.path().join("a.test.yaml"), examples).unwrap();
        let report = test(&[dir.path().to_owned()]).unwrap();
        assert_eq!(report.thresholds, usize::from(rule == RULE));
        report.problems.into_iter().map(|of| (of.line, of.what)).collect()
    }

    #[test]
    fn timelines_that_fail_are_told_with_their_lines() {
        let right = "fires:\n  - {name: two, values: 1 3x2 1, told: [{firing: 3m}, {over: 4m}]}\n\
            quiet:\n  - {name: one, values: 1 3 1}\n";
        assert_eq!(told(RULE, right), []);
        let wrong = right.replace("firing: 3m", "firing: 2m").replace("1 3 1", "3x2");
        let told_of = told(RULE, &wrong);
        assert_eq!(told_of.len(), 2, "{told_of:?}");
        assert!(told_of[0].1.starts_with(
            "\"two\" misses firing at 2m; it says and should not firing at 3m (mean of m"
        ));
        assert_eq!((told_of[0].0, told_of[1].0), (2, 4));
        let none = told(RULE, "fires:\n  - {name: a, values: 3x2, told: [{firing: 2m}]}\n");
        assert!(none[0].1.contains("no timeline of `t` in `quiet`"), "{none:?}");
        let slip = told(&RULE.replace("above", "abvoe"), right);
        assert!(
            slip.iter()
                .any(|of| *of == (5, "unknown field `abvoe`; did you mean `above`?".to_owned())),
            "{slip:?}"
        );
    }

    #[test]
    fn own_thresholds_have_what_people_need() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/own/thresholds");
        let (rules, problems) = thresholds_of(&texts(&[own]).unwrap());
        assert_eq!(problems, []);
        for rule in &rules {
            assert!(rule.name.is_some(), "name: {}", rule.file);
            assert!(
                rule.runbook.as_ref().is_some_and(|text| text.len() > 80),
                "runbook: {}",
                rule.file
            );
        }
    }
}
