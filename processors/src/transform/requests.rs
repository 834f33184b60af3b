//! Sentences that ask for something to be done, or to be told.
//!
//! **Invariant:** sentences come in small letters; what is denied (`no need to`) asks for nothing.

use super::message_words::{DENIALS, IMPERATIVES, NOUN_BEFORE, QUESTIONS, REQUESTS};
use super::phrases::{is_one_of, longest};
use super::text::words;

/// Whether a sentence asks for something to be done.
pub(super) fn is_request(sentence: &str) -> bool {
    let trimmed = sentence.trim_start_matches(['-', '*', '+', '•', ' ']);
    if trimmed.starts_with("[x]") {
        return false;
    }
    let words: Vec<&str> = words(trimmed).collect();
    let is_open_box = trimmed.starts_with("[ ]") && !words.is_empty();
    is_open_box || is_imperative(&words) || asks(&words)
}

fn asks(words: &[&str]) -> bool {
    (0..words.len()).any(|at| {
        let found = words.get(at..).and_then(|rest| longest(REQUESTS, rest));
        found.is_some() && !is_denied(words.get(..at).unwrap_or_default())
    })
}

/// `No need to`, `you don't need to`, `not todo`.
fn is_denied(before: &[&str]) -> bool {
    before.last().is_some_and(|word| is_one_of(DENIALS, word) || word.ends_with("n't"))
}

fn is_imperative(words: &[&str]) -> bool {
    let [first, second, ..] = words else { return false };
    is_one_of(IMPERATIVES, first) && !is_one_of(NOUN_BEFORE, second)
}

/// Whether a sentence asks to be told something.
pub(super) fn is_question(sentence: &str) -> bool {
    let marked = sentence.trim_end_matches(['!', '"', '\'', ')', '*', '_', ' ']);
    if marked.ends_with(['?', '？']) {
        return true;
    }
    let words: Vec<&str> = words(sentence).take(3).collect();
    longest(QUESTIONS, &words).is_some()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn requests_and_questions() {
        let sentences = [
            "please restart it",
            "no need to restart it",
            "you don't need to",
            "check the logs",
            "review of the week",
            "update on the incident",
            "todo: write it down",
            "[ ] clean up",
            "- [x] clean up",
            "can you check",
            "is it up?",
            "is it up?!",
            "a?b=c is the address",
            "does anyone know it",
            "peux-tu regarder",
            "bitte prüfen",
            "it is done",
            "?",
        ];
        let of = |sentence: &&str| {
            let (request, question) = (is_request(sentence), is_question(sentence));
            format!("{sentence}: request {request}, question {question}")
        };
        expect![[r#"
            please restart it: request true, question false
            no need to restart it: request false, question false
            you don't need to: request false, question false
            check the logs: request true, question false
            review of the week: request false, question false
            update on the incident: request false, question false
            todo: write it down: request true, question false
            [ ] clean up: request true, question false
            - [x] clean up: request false, question false
            can you check: request true, question true
            is it up?: request false, question true
            is it up?!: request false, question true
            a?b=c is the address: request false, question false
            does anyone know it: request false, question true
            peux-tu regarder: request true, question false
            bitte prüfen: request true, question false
            it is done: request false, question false
            ?: request false, question true"#]]
        .assert_eq(&sentences.iter().map(of).collect::<Vec<_>>().join("\n"));
    }
}
