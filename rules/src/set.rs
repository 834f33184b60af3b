//! All rules of some files.
//!
//! **Invariant:** the same texts in the same order give the same rules in the same order. Rules that
//! share an id both match, and their hits carry that id; a text that occurs again is left out.

use std::collections::{BTreeMap, BTreeSet};

use rsigma_parser::{CorrelationRule, SigmaRule};
use schemas::id::Hash128;

use crate::document::{self, Holds, Parsed};
use crate::near::did_you_mean;
use crate::pattern::Pattern;
use crate::problem::{Problem, Severity};
use crate::rule::{Correlation, Rule};
use crate::threshold::is_threshold;
use crate::tuning::Tuning;
use crate::yaml::{self, Document};

/// A file and what it holds.
#[derive(Debug, Clone)]
pub struct Text {
    /// What it is called in problems.
    pub file: String,
    /// What it holds.
    pub text: String,
}

/// The rules of some files, and all that is wrong with them.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// What can be matched, in the order of the files.
    pub rules: Vec<Rule>,
    /// What the correlator runs: Sigma's correlations.
    pub correlations: Vec<Correlation>,
    /// The same: stateful rules of our own form.
    pub patterns: Vec<Pattern>,
    /// Files of thresholds, which are not about records: who judges windows reads them.
    pub thresholds: Vec<Text>,
    /// What is wrong, in the order of files and lines.
    pub problems: Vec<Problem>,
}

impl RuleSet {
    /// Reads all documents of all texts; those that cannot be used are told in the problems.
    #[must_use]
    pub fn load(texts: &[Text]) -> Self {
        let mut loading = Loading::default();
        let (thresholds, texts): (Vec<&Text>, Vec<&Text>) =
            texts.iter().partition(|text| is_threshold(&text.file, &text.text));
        loading.set.thresholds = thresholds.into_iter().cloned().collect();
        let documents = texts.into_iter().flat_map(|text| yaml::documents(&text.file, &text.text));
        let documents: Vec<Document<'_>> = documents.collect();
        for document in &documents {
            match document::read(document, &mut loading.set.problems) {
                Some(Holds::Rule(rule)) => loading.rules.push((document, *rule)),
                Some(Holds::Correlation(parsed)) => loading.correlations.push((document, *parsed)),
                Some(Holds::Pattern(parsed)) => loading.patterns.push((document, *parsed)),
                Some(Holds::Tuning(entries)) => {
                    loading.tuning.extend(entries.into_iter().map(|entry| (document, entry)));
                }
                None => {}
            }
        }
        loading.end()
    }

    /// What people call a rule or a correlation.
    #[must_use]
    pub fn title(&self, id: &str) -> Option<&str> {
        let rule = self.rules.iter().find(|rule| rule.id == id).map(|rule| rule.title.as_str());
        let correlation = || self.correlations.iter().find(|correlation| correlation.id == id);
        let pattern = || self.patterns.iter().find(|pattern| pattern.id == id);
        rule.or_else(|| correlation().map(|correlation| correlation.title.as_str()))
            .or_else(|| pattern().map(|pattern| pattern.title.as_str()))
    }

    /// Rules that a correlation takes flag nothing by themselves, unless it says `generate: true`.
    pub fn lower_material(&mut self) {
        let material: BTreeSet<String> = self.material().map(str::to_owned).collect();
        for rule in self.rules.iter_mut().filter(|rule| material.contains(&rule.id)) {
            rule.is_building_block = true;
        }
    }

    /// Whether a correlation or pattern takes this rule and does not let it flag anything by itself.
    #[must_use]
    pub fn is_material(&self, id: &str) -> bool {
        self.material().any(|material| material == id)
    }

    fn material(&self) -> impl Iterator<Item = &str> {
        let correlations = self.correlations.iter().filter(|of| !of.parsed.generate);
        let patterns = self.patterns.iter().filter(|of| !of.generate);
        let rules = correlations.flat_map(|of| &of.rules).chain(patterns.flat_map(|of| &of.rules));
        rules.map(String::as_str)
    }

    /// Whether something cannot be used.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

/// What was read so far.
#[derive(Default)]
struct Loading<'a> {
    set: RuleSet,
    rules: Vec<(&'a Document<'a>, Parsed<SigmaRule>)>,
    correlations: Vec<(&'a Document<'a>, Parsed<CorrelationRule>)>,
    patterns: Vec<(&'a Document<'a>, Parsed<Pattern>)>,
    tuning: Vec<(&'a Document<'a>, Tuning)>,
}

impl Loading<'_> {
    fn end(mut self) -> RuleSet {
        self.leave_out_copies();
        self.unused_tuning();
        self.correlate();
        for (document, parsed) in std::mem::take(&mut self.rules) {
            let rule = compiled(parsed, document, &self.tuning, &mut self.set.problems);
            self.set.rules.extend(rule);
        }
        self.set.problems.sort();
        self.set
    }

    /// Of documents with the same text one is kept; the same id with another text is told.
    fn leave_out_copies(&mut self) {
        let mut first: BTreeMap<String, (String, String)> = BTreeMap::new();
        let problems = &mut self.set.problems;
        self.rules.retain(|(document, rule)| {
            let here = format!("{}:{}", rule.file, rule.line);
            let Some((text, there)) = first.get(&rule.id) else {
                first.insert(rule.id.clone(), (rule.text.clone(), here));
                return true;
            };
            let is_copy = *text == rule.text;
            let what = match is_copy {
                true => format!("the same rule as {there}; it counts once"),
                false => format!(
                    "the id {} is that of {there} too; both match, and hits cannot tell them apart",
                    rule.id
                ),
            };
            let line = document.line_of(&["id"]);
            problems.push(document.problem(Severity::Warning, line, what));
            !is_copy
        });
    }

    fn unused_tuning(&mut self) {
        for (document, tuning) in &self.tuning {
            let known = || self.rules.iter().map(|(_, rule)| rule.id.as_str());
            if !known().any(|id| id == tuning.rule) {
                let what = format!(
                    "no rule with the id {} is loaded, so this tunes nothing{}",
                    tuning.rule,
                    did_you_mean(&tuning.rule, known())
                );
                let problem = document.problem(Severity::Warning, tuning.line, what);
                self.set.problems.push(problem);
            }
        }
    }

    fn correlate(&mut self) {
        let names = Names::of(&self.rules, &self.correlations, &self.patterns);
        let problems = &mut self.set.problems;
        for (document, parsed) in std::mem::take(&mut self.correlations) {
            let Some(rules) = names.ids(&parsed.sigma.rules, document, problems) else { continue };
            self.set.correlations.push(Correlation {
                id: parsed.id,
                title: parsed.sigma.title.clone(),
                version: version(&[&parsed.text]),
                file: parsed.file,
                line: parsed.line,
                rules,
                runbook: parsed.runbook,
                parsed: parsed.sigma,
            });
        }
        for (document, parsed) in std::mem::take(&mut self.patterns) {
            let Some(rules) = names.ids(&parsed.sigma.rules, document, problems) else { continue };
            let (file, version) = (parsed.file, version(&[&parsed.text]));
            self.set.patterns.push(Pattern { file, version, rules, ..parsed.sigma });
        }
    }
}

/// What rules and correlations may be called in a correlation: by id or name as Sigma says, and by
/// title, as some sets do.
struct Names(BTreeMap<String, String>);

impl Names {
    fn of(
        rules: &[(&Document<'_>, Parsed<SigmaRule>)],
        correlations: &[(&Document<'_>, Parsed<CorrelationRule>)],
        patterns: &[(&Document<'_>, Parsed<Pattern>)],
    ) -> Self {
        let rules = rules.iter().map(|(_, of)| (&of.id, of.sigma.name.as_ref(), &of.sigma.title));
        let correlations = correlations.iter();
        let correlations =
            correlations.map(|(_, of)| (&of.id, of.sigma.name.as_ref(), &of.sigma.title));
        let patterns =
            patterns.iter().map(|(_, of)| (&of.id, of.sigma.name.as_ref(), &of.sigma.title));
        let all: Vec<_> = rules.chain(correlations).chain(patterns).collect();
        let mut names = BTreeMap::new();
        names.extend(all.iter().map(|(id, _, title)| ((*title).clone(), (*id).clone())));
        names
            .extend(all.iter().filter_map(|(id, name, _)| Some(((*name)?.clone(), (*id).clone()))));
        names.extend(all.iter().map(|(id, _, _)| ((*id).clone(), (*id).clone())));
        Self(names)
    }

    /// The ids of rules by their names; a name that is none is told.
    fn ids(
        &self,
        names: &[String],
        document: &Document<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<Vec<String>> {
        for name in names.iter().filter(|name| !self.0.contains_key(*name)) {
            let near = did_you_mean(name, self.0.keys().map(String::as_str));
            let what =
                format!("the correlation names `{name}`, which is no rule that is loaded{near}");
            problems.push(document.problem(Severity::Error, document.line_with(name), what));
        }
        names.iter().map(|name| self.0.get(name).cloned()).collect()
    }
}

fn version(texts: &[&str]) -> String {
    Hash128::of("rule", texts).to_string()
}

fn compiled(
    parsed: Parsed<SigmaRule>,
    document: &Document<'_>,
    tuning: &[(&Document<'_>, Tuning)],
    problems: &mut Vec<Problem>,
) -> Option<Rule> {
    let tuning: Vec<&Tuning> =
        tuning.iter().map(|(_, tuning)| tuning).filter(|tuning| tuning.rule == parsed.id).collect();
    let compiled = document::compile(&parsed.sigma, document, problems)?;
    let mut texts = vec![parsed.text.as_str()];
    texts.extend(tuning.iter().map(|tuning| tuning.text.as_str()));
    Some(Rule {
        version: version(&texts),
        id: parsed.id,
        title: parsed.sigma.title,
        level: parsed.sigma.level,
        tags: parsed.sigma.tags,
        runbook: parsed.runbook,
        is_building_block: tuning.iter().any(|tuning| tuning.is_building_block),
        file: parsed.file,
        line: parsed.line,
        compiled,
        unless: tuning.iter().filter_map(|tuning| tuning.unless.clone()).collect(),
    })
}
