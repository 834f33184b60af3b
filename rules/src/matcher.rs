//! All rules of a set over one event.

use std::sync::Arc;

use rsigma_eval::event::Event;
use rsigma_eval::{CompiledRule, evaluate_rule};

use crate::canonical_fields::{CATEGORIES, Canonical, PRODUCT};
use crate::index::Index;
use crate::log_sources::{self, Row};
use crate::problem::{Problem, Severity};
use crate::record::Record;
use crate::rule::Rule;

/// Rules, ready to be asked about events.
#[derive(Debug)]
pub struct Matcher {
    rules: Vec<Rule>,
    sources: Vec<Source>,
    /// Those over records of ours; categories without rules are not there.
    categories: Vec<Category>,
}

/// The rules that are about one category of our records.
#[derive(Debug)]
struct Category {
    name: &'static str,
    rules: Vec<OfFeed>,
    index: Index,
}

/// A rule, and the feed it is about where it names one.
#[derive(Debug)]
struct OfFeed {
    compiled: Compiled,
    feed: Option<String>,
}

/// The rules that are about one row of the table of log sources.
#[derive(Debug)]
struct Source {
    row: Row,
    rules: Vec<Compiled>,
    index: Index,
}

/// A rule as the record of this log source has its fields.
#[derive(Debug)]
struct Compiled {
    place: usize,
    rule: CompiledRule,
    unless: Vec<CompiledRule>,
}

impl Matcher {
    /// Indexes rules by the log sources they are about.
    ///
    /// # Errors
    /// When the table of log sources, which is part of the program, cannot be read.
    pub fn new(rules: Vec<Rule>) -> Result<Self, Problem> {
        let wrong = |error: serde_yaml_ng::Error| Problem {
            file: "log_sources.yaml".to_owned(),
            line: error.location().map_or(1, |location| location.line()),
            severity: Severity::Error,
            what: error.to_string(),
        };
        let rows = log_sources::table().map_err(wrong)?;
        let sources = rows.into_iter().map(|row| Source::new(row, &rules)).collect();
        let categories = CATEGORIES.into_iter().map(|name| Category::new(name, &rules));
        let categories = categories.filter(|category| !category.rules.is_empty()).collect();
        Ok(Self { rules, sources, categories })
    }

    /// The rules over records of ours that one matches, in the order of the set.
    #[must_use]
    pub fn canonical_hits(&self, record: &Canonical<'_>) -> Vec<&Rule> {
        let Some(category) = self.categories.iter().find(|of| of.name == record.category()) else {
            return Vec::new();
        };
        let candidates = category.index.candidates(record).into_iter();
        let rules = candidates.filter_map(|place| category.rules.get(place));
        let hits = rules.filter(|rule| rule.is_about(record) && rule.compiled.matches(record));
        hits.filter_map(|rule| self.rules.get(rule.compiled.place)).collect()
    }

    /// The same, asking every rule of its category: what the index is compared with.
    #[must_use]
    pub fn canonical_hits_without_index(&self, record: &Canonical<'_>) -> Vec<&Rule> {
        let of = self.categories.iter().filter(|of| of.name == record.category());
        let rules = of.flat_map(|category| &category.rules);
        let hits = rules.filter(|rule| rule.is_about(record) && rule.compiled.matches(record));
        hits.filter_map(|rule| self.rules.get(rule.compiled.place)).collect()
    }

    /// Whether a rule is about records of ours of this category.
    #[must_use]
    pub fn is_about(&self, category: &str) -> bool {
        self.categories.iter().any(|of| of.name == category)
    }

    /// The rules an event of this feed matches, in the order of the set.
    #[must_use]
    pub fn hits(&self, feed: &str, record: &Record<'_>) -> Vec<&Rule> {
        let Some(source) = self.source(feed, record) else { return Vec::new() };
        let candidates = source.index.candidates(record);
        let compiled = candidates.into_iter().filter_map(|place| source.rules.get(place));
        self.those_that_match(compiled, record)
    }

    /// The same, asking every rule that is about the feed: what the index is compared with.
    #[must_use]
    pub fn hits_without_index(&self, feed: &str, record: &Record<'_>) -> Vec<&Rule> {
        let Some(source) = self.source(feed, record) else { return Vec::new() };
        self.those_that_match(source.rules.iter(), record)
    }

    /// All rules, in the order of the set.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// How many rules are about a feed, and how many of them the index cannot spare any event.
    #[must_use]
    pub fn counts(&self, feed: &str) -> (usize, usize) {
        let of_feed = self.sources.iter().filter(|source| source.row.feed == feed);
        of_feed.fold((0, 0), |(all, always), source| {
            (all + source.rules.len(), always + source.index.always())
        })
    }

    fn source(&self, feed: &str, record: &Record<'_>) -> Option<&Source> {
        self.sources.iter().find(|source| source.row.feed == feed && source.is_of(record))
    }

    fn those_that_match<'m>(
        &'m self,
        rules: impl Iterator<Item = &'m Compiled>,
        record: &Record<'_>,
    ) -> Vec<&'m Rule> {
        let hits = rules.filter(|compiled| compiled.matches(record));
        hits.filter_map(|compiled| self.rules.get(compiled.place)).collect()
    }
}

impl Source {
    fn new(row: Row, rules: &[Rule]) -> Self {
        let about =
            rules.iter().enumerate().filter(|(_, rule)| row.takes(&rule.compiled.logsource));
        let rules: Vec<_> = about.map(|(place, rule)| Compiled::of(place, rule, &row)).collect();
        let index = Index::over(&rules.iter().map(|compiled| &compiled.rule).collect::<Vec<_>>());
        Self { row, rules, index }
    }

    fn is_of(&self, record: &Record<'_>) -> bool {
        self.row.given.iter().all(|(field, values)| {
            let value = record.get_field(field);
            let text = value.as_ref().and_then(|value| value.as_str());
            text.is_some_and(|text| values.iter().any(|value| value.eq_ignore_ascii_case(&text)))
        })
    }
}

impl Category {
    fn new(name: &'static str, rules: &[Rule]) -> Self {
        let is = |wanted: &Option<String>, is: &str| {
            wanted.as_deref().is_some_and(|wanted| wanted.eq_ignore_ascii_case(is))
        };
        let about = rules.iter().enumerate().filter(|(_, rule)| {
            let source = &rule.compiled.logsource;
            is(&source.product, PRODUCT)
                && (source.category.is_none() || is(&source.category, name))
        });
        let of_feed = |(place, rule): (usize, &Rule)| OfFeed {
            compiled: Compiled::prepared(place, rule, &without_words),
            feed: rule.compiled.logsource.service.clone(),
        };
        let rules: Vec<OfFeed> = about.map(of_feed).collect();
        let index = Index::over(&rules.iter().map(|rule| &rule.compiled.rule).collect::<Vec<_>>());
        Self { name, rules, index }
    }
}

impl OfFeed {
    fn is_about(&self, record: &Canonical<'_>) -> bool {
        self.feed.as_deref().is_none_or(|feed| feed.eq_ignore_ascii_case(record.feed()))
    }
}

impl Compiled {
    fn of(place: usize, rule: &Rule, row: &Row) -> Self {
        Self::prepared(place, rule, &|rule| row.renamed(&without_words(rule)))
    }

    fn prepared(
        place: usize,
        rule: &Rule,
        prepare: &dyn Fn(&CompiledRule) -> CompiledRule,
    ) -> Self {
        Self {
            place,
            rule: prepare(&rule.compiled),
            unless: rule.unless.iter().map(prepare).collect(),
        }
    }

    fn matches(&self, record: &impl Event) -> bool {
        let holds = |rule: &CompiledRule| evaluate_rule(rule, record).is_some();
        holds(&self.rule) && !self.unless.iter().any(holds)
    }
}

/// A rule without what would only be copied into every hit.
fn without_words(rule: &CompiledRule) -> CompiledRule {
    CompiledRule {
        title: String::new(),
        id: None,
        tags: Vec::new(),
        description: None,
        falsepositives: Vec::new(),
        include_event: false,
        custom_attributes: Arc::default(),
        ..rule.clone()
    }
}
