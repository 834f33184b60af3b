//! Messages: how urgent they are, what they ask for, whom they name.
//!
//! **Invariant:** only what stands in the words counts: `not urgent` is not urgent, and a message
//! without text is neither urgent nor not.

use schemas::envelope::Extra;
use schemas::event::Event;

use super::given;
use super::phrases::folded;
use super::requests::{self, is_request};
use super::text::{beginning, sentences};
use super::urgency;

/// So much of a message is read.
const TEXT_BYTES_MAX: usize = 16_384;

/// So many requests are kept, each this long.
const ITEMS_MAX: usize = 10;
const ITEM_BYTES_MAX: usize = 300;

/// So many names are kept; longer ones are no names.
const MENTIONS_MAX: usize = 20;
const MENTION_BYTES_MAX: usize = 64;

pub(super) fn apply(event: &mut Event) {
    if let Some(text) = event.text.as_deref().filter(|text| !text.trim().is_empty()) {
        read(&mut event.extra, beginning(text, TEXT_BYTES_MAX));
    }
}

fn read(extra: &mut Extra, text: &str) {
    let mut items = Vec::new();
    let mut judgement = urgency::Judgement::default();
    let mut is_question = false;
    // People end their lines, and not always their sentences.
    for sentence in text.lines().flat_map(sentences) {
        let folded = folded(sentence);
        judgement.hear(&folded);
        is_question |= requests::is_question(&folded);
        if items.len() < ITEMS_MAX && is_request(&folded) {
            items.push(beginning(sentence, ITEM_BYTES_MAX));
        }
    }
    judgement.see(text);
    // Our words are no reasons for a level that is theirs.
    if !given::has(extra, "urgency") {
        given::add(extra, "urgency", Some(judgement.level.as_str()));
        given::add_list(extra, "urgency_words", judgement.words);
    }
    given::add_list(extra, "action_items", items);
    given::add(extra, "is_question", Some(is_question));
    given::add_list(extra, "mentions", mentions(text));
}

/// `@ana`, `<@U024BE7LH>` and `<@U024BE7LH|ana>`, but not the end of an address.
fn mentions(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut before = ' ';
    for (at, letter) in text.char_indices() {
        let follows_word = before.is_alphanumeric() || matches!(before, '.' | '_' | '-' | '@');
        if letter == '@' && !follows_word {
            let name = name_at(text.get(at + 1..).unwrap_or_default());
            if !name.is_empty() && name.len() <= MENTION_BYTES_MAX && !found.contains(&name) {
                found.push(name);
            }
        }
        if found.len() == MENTIONS_MAX {
            break;
        }
        before = letter;
    }
    found
}

fn name_at(text: &str) -> &str {
    let is_of_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-');
    let end = text.find(|letter| !is_of_name(letter)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_end_matches(['.', '-', '_'])
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use schemas::kind::Kind;
    use serde_json::json;

    use super::*;
    use crate::transform::testing::added;

    #[test]
    fn messages() {
        let texts = [
            "Prod is down!! @ana please restart the gateway. Anyone else seeing this?",
            "not urgent: could you review the PR when you have time?",
            "- [ ] update the docs\n- [x] merge\nTODO: ask <@U024BE7LH|bo> about mail@example.com",
            "Bitte prüfen. Danke!",
            "See https://example.com/a?b=c for details",
            "You don't need to do anything, it must have been the cache",
            "",
        ];
        let of =
            |text: &&str| format!("{text}\n  {}", added(Kind::Messages, &json!({}), Some(text)));
        expect![[r#"
            Prod is down!! @ana please restart the gateway. Anyone else seeing this?
              {"action_items":["@ana please restart the gateway."],"is_question":true,"mentions":["ana"],"urgency":"critical","urgency_words":["down"]}
            not urgent: could you review the PR when you have time?
              {"action_items":["not urgent: could you review the PR when you have time?"],"is_question":true,"urgency":"none"}
            - [ ] update the docs
            - [x] merge
            TODO: ask <@U024BE7LH|bo> about mail@example.com
              {"action_items":["- [ ] update the docs","TODO: ask <@U024BE7LH|bo> about mail@example.com"],"is_question":false,"mentions":["U024BE7LH"],"urgency":"none"}
            Bitte prüfen. Danke!
              {"action_items":["Bitte prüfen."],"is_question":false,"urgency":"none"}
            See https://example.com/a?b=c for details
              {"is_question":false,"urgency":"none"}
            You don't need to do anything, it must have been the cache
              {"is_question":false,"urgency":"none"}
  
              {}"#]].assert_eq(&texts.iter().map(of).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn what_the_source_said_stays() {
        let details = json!({"mentions": [], "urgency": "as they say"});
        let added = added(Kind::Messages, &details, Some("@ana urgent"));
        expect![[r#"{"is_question":false}"#]].assert_eq(&added);
    }

    #[test]
    fn lists_end_somewhere() {
        let text = format!("{}\n{}", "please look @u1 ".repeat(2_000), "please @x".repeat(1_000));
        let mut many = String::new();
        for number in 0..100 {
            many.push_str(&format!("Please ask @user{number} {}.\n", "now".repeat(200)));
        }
        for text in [text, many] {
            let mut extra = Extra::new();
            read(&mut extra, beginning(&text, TEXT_BYTES_MAX));
            assert!(given::list(&extra, "action_items").len() <= ITEMS_MAX);
            assert!(given::list(&extra, "mentions").len() <= MENTIONS_MAX);
        }
    }
}
