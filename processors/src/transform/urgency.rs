//! How urgent a message is: phrases, less those that are denied, over, or spoken of in general.
//!
//! **Invariant:** the level is that of the most urgent phrase that counts, and every phrase that
//! counts is named.

use super::message_words::{CALMING, COPULAS, DENIALS, HARMLESS_AFTER, SERVICES, URGENT};
use super::phrases::{is_one_of, longest};
use super::text::words;

/// So many phrases are named.
const WORDS_MAX: usize = 8;

/// A denial reaches over so many words: `not really that urgent`.
const DENIAL_WORDS: usize = 3;

/// What is down is named so many words before it is said to be: `the API has been down`.
const SERVICE_WORDS: usize = 4;

/// How soon somebody has to act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Nothing says so.
    #[default]
    None,
    /// One of these days.
    Low,
    /// Next.
    High,
    /// Now.
    Critical,
}

impl Level {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What was heard so far.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    pub(super) level: Level,
    pub(super) words: Vec<&'static str>,
}

impl Judgement {
    /// Hears a sentence, in small letters.
    pub(super) fn hear(&mut self, sentence: &str) {
        if is_calm(&words(sentence).collect::<Vec<_>>()) {
            return;
        }
        // A denial does not reach over a comma: `No, this is urgent`.
        for clause in sentence.split([',', ';', ':', '(', '–', '—']) {
            self.hear_clause(&words(clause).collect::<Vec<_>>());
        }
    }

    fn hear_clause(&mut self, words: &[&str]) {
        let mut at = 0;
        while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((phrase, level)) = longest(URGENT, rest).or_else(|| down(words, at)) else {
                at += 1;
                continue;
            };
            let length = phrase.split(' ').count();
            if !is_denied(words, at) && !is_harmless(words, at + length) {
                self.count(phrase, level);
            }
            at += length;
        }
    }

    /// Sees signs that are no words.
    pub(super) fn see(&mut self, text: &str) {
        if text.contains('🚨') {
            self.count("🚨", Level::High);
        }
    }

    fn count(&mut self, phrase: &'static str, level: Level) {
        self.level = self.level.max(level);
        if self.words.len() < WORDS_MAX && !self.words.contains(&phrase) {
            self.words.push(phrase);
        }
    }
}

/// Whether a sentence tells of something that is over, or that may happen one day.
fn is_calm(words: &[&str]) -> bool {
    (0..words.len()).any(|at| {
        let found = words.get(at..).and_then(|rest| longest(CALMING, rest));
        found.is_some() && !is_denied(words, at)
    })
}

fn is_denied(words: &[&str], at: usize) -> bool {
    let reached = words.get(at.saturating_sub(DENIAL_WORDS)..at).unwrap_or_default();
    reached.iter().any(|word| is_one_of(DENIALS, word) || word.ends_with("n't"))
}

/// The critical path and the urgent queue are names of things.
fn is_harmless(words: &[&str], after: usize) -> bool {
    words.get(after).is_some_and(|word| is_one_of(HARMLESS_AFTER, word))
}

/// `prod is down`, `the API has been down for 10 minutes`; usage that is down by 20 is no outage.
fn down(words: &[&str], at: usize) -> Option<(&'static str, Level)> {
    if !matches!(words.get(at), Some(&("down" | "unreachable" | "unavailable" | "caída" | "caído")))
    {
        return None;
    }
    let before = words.get(at.saturating_sub(SERVICE_WORDS)..at)?;
    let is_copula = before.last().is_some_and(|word| is_one_of(COPULAS, word));
    let is_service = before.iter().any(|word| is_one_of(SERVICES, word));
    let is_measure = matches!(words.get(at + 1), Some(&("by" | "to" | "from")));
    (is_copula && is_service && !is_measure).then_some(("down", Level::Critical))
}
