//! Documents: how long, how much of them is new, how hard they are to read.
//!
//! **Invariant:** measures that need many words, or words that are told apart by spaces, are left out
//! where there are none. Readability and complexity are of the beginning only; where that is less
//! than the text, `measured_bytes` says how much it was.

use schemas::envelope::Extra;
use schemas::event::Event;

use super::given;
use super::text::{beginning, sentences, words};

/// So much of a text is measured; its characters are counted to the end.
const TEXT_BYTES_MAX: usize = 65_536;

/// With fewer words, averages say more about chance than about the text.
const WORDS_MIN: i64 = 30;

/// A word of more letters is a long one, in the measure LIX.
const LETTERS_OF_SHORT: usize = 6;

/// The steps of LIX: what is easy for children, and what only experts read.
const LIX_OF_EASY: f64 = 20.0;
const LIX_OF_HARD: f64 = 60.0;

pub(super) fn apply(event: &mut Event) {
    let extra = &mut event.extra;
    if let Some(text) = event.text.as_deref().filter(|text| !text.is_empty()) {
        given::add(extra, "characters", Some(given::signed(text.chars().count())));
        measure(extra, text);
    }
    change(extra);
}

fn measure(extra: &mut Extra, text: &str) {
    let measured = beginning(text, TEXT_BYTES_MAX);
    let counts = Counts::of(measured);
    if !counts.has_spaced_words() {
        return;
    }
    given::add(extra, "words", Some(counts.words));
    given::add(extra, "sentences", Some(counts.sentences));
    if counts.words >= WORDS_MIN {
        given::add(extra, "readability", counts.is_latin().then(|| counts.readability()));
        given::add(extra, "complexity", Some(counts.complexity()));
    }
    let is_cut = measured.len() < text.len();
    given::add(extra, "measured_bytes", is_cut.then(|| given::signed(measured.len())));
}

/// How many characters more or fewer, and what share of the longer version that is.
fn change(extra: &mut Extra) {
    let characters = given::count(extra, "characters");
    let Some((now, before)) = characters.zip(given::count(extra, "previous_characters")) else {
        return;
    };
    let change = now - before;
    let longer = now.max(before);
    let share = given::rounded(change.abs() as f64 / longer as f64, 4);
    given::add(extra, "change_characters", Some(change));
    given::add(extra, "change_share", (longer > 0).then_some(share));
}

#[derive(Default)]
struct Counts {
    words: i64,
    long_words: i64,
    sentences: i64,
    syllables: i64,
    letters: i64,
    latin: i64,
    unspaced: i64,
}

impl Counts {
    fn of(text: &str) -> Self {
        let mut counts =
            Self { sentences: given::signed(sentences(text).count()), ..Self::default() };
        for word in words(text) {
            counts.words += 1;
            counts.syllables += syllables(word);
            counts.long_words += i64::from(word.chars().nth(LETTERS_OF_SHORT).is_some());
            for letter in word.chars().filter(|letter| letter.is_alphabetic()) {
                counts.letters += 1;
                counts.latin += i64::from(is_latin(letter));
                counts.unspaced += i64::from(is_unspaced(letter));
            }
        }
        counts
    }

    fn has_spaced_words(&self) -> bool {
        self.words > 0 && self.unspaced * 2 <= self.letters
    }

    fn is_latin(&self) -> bool {
        self.latin * 10 >= self.letters * 9
    }

    fn words_per_sentence(&self) -> f64 {
        self.words as f64 / self.sentences.max(1) as f64
    }

    /// Flesch's reading ease: 100 is easy, 0 is hard. The constants are those of English.
    fn readability(&self) -> f64 {
        let syllables_per_word = self.syllables as f64 / self.words as f64;
        let ease = 206.835 - 1.015 * self.words_per_sentence() - 84.6 * syllables_per_word;
        given::rounded(ease.clamp(-100.0, 121.22), 1)
    }

    /// LIX, which needs no syllables and so serves any language with spaces, between 0 and 1.
    fn complexity(&self) -> f64 {
        let lix = self.words_per_sentence() + 100.0 * self.long_words as f64 / self.words as f64;
        let share = (lix - LIX_OF_EASY) / (LIX_OF_HARD - LIX_OF_EASY);
        given::rounded(share.clamp(0.0, 1.0), 3)
    }
}

/// Groups of vowels, less an `e` at the end that English does not speak; every word has one.
fn syllables(word: &str) -> i64 {
    let mut groups = 0;
    let mut was_vowel = false;
    let mut before = ' ';
    let mut ends = [' '; 2];
    for letter in word.chars() {
        let is_vowel = is_vowel(letter);
        groups += i64::from(is_vowel && !was_vowel);
        was_vowel = is_vowel;
        ends = [before, letter];
        before = letter;
    }
    let is_silent =
        matches!(ends, [of_l, 'e' | 'E'] if !is_vowel(of_l) && !matches!(of_l, 'l' | 'L'));
    (groups - i64::from(is_silent)).max(1)
}

fn is_vowel(letter: char) -> bool {
    let is_accented = matches!(letter, 'à'..='æ' | 'è'..='ï' | 'ò'..='ö' | 'ø'..='ý' | 'ÿ'
        | 'À'..='Æ' | 'È'..='Ï' | 'Ò'..='Ö' | 'Ø'..='Ý' | 'œ' | 'Œ');
    is_accented || matches!(letter.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

fn is_latin(letter: char) -> bool {
    matches!(letter, '\0'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
}

/// Chinese, Japanese, Thai, Lao, Burmese, Khmer: scripts that put no spaces between words.
fn is_unspaced(letter: char) -> bool {
    matches!(letter, '\u{E00}'..='\u{EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{323AF}')
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use schemas::kind::Kind;
    use serde_json::{Value, json};

    use super::*;
    use crate::transform::testing::added;

    const EASY: &str = "The cat sat on the mat. The dog ran to the cat. The cat did not like it. \
        It ran up a tree. The dog sat down and had a nap. Then the cat came down.";
    const HARD: &str = "Notwithstanding considerable organisational resistance, comprehensive \
        architectural documentation substantially facilitates interdisciplinary collaboration, \
        particularly wherever heterogeneous infrastructure necessitates continuous reconciliation \
        of contradictory operational requirements across independently administered environments.";

    #[expect(clippy::needless_pass_by_value, reason = "json! makes values")]
    fn shown(details: Value, text: &str) -> String {
        added(Kind::Documents, &details, Some(text))
    }

    #[test]
    fn documents() {
        let german =
            "Die Anwendung liest die Ereignisse. Sie schreibt sie danach in eine Tabelle. ";
        let rows = [
            shown(json!({}), EASY),
            shown(json!({}), &HARD.repeat(2)),
            shown(json!({}), &german.repeat(4)),
            shown(json!({}), &"Сервис читает события из очереди. ".repeat(8)),
            shown(json!({}), &"服务从队列中读取事件。".repeat(8)),
            shown(json!({}), "Too short to judge."),
            shown(json!({"previous_characters": 10}), "0123456789abcde"),
            shown(json!({"characters": "300", "previous_characters": 400}), "An excerpt."),
            shown(json!({"characters": 0, "previous_characters": 0}), ""),
            shown(json!({"characters": [1], "previous_characters": -1}), "..."),
            shown(json!({}), &"Word after word. ".repeat(10_000)),
        ];
        expect![[r#"
            {"characters":146,"complexity":0.0,"readability":116.1,"sentences":6,"words":36}
            {"characters":672,"complexity":1.0,"readability":-100.0,"sentences":1,"words":52}
            {"characters":308,"complexity":0.483,"readability":66.8,"sentences":8,"words":48}
            {"characters":272,"complexity":0.625,"sentences":8,"words":40}
            {"characters":88}
            {"characters":19,"sentences":1,"words":4}
            {"change_characters":5,"change_share":0.3333,"characters":15,"sentences":1,"words":1}
            {"change_characters":-100,"change_share":0.25,"sentences":1,"words":2}
            {"change_characters":0}
            {}
            {"characters":170000,"complexity":0.0,"measured_bytes":65536,"readability":91.0,"sentences":3856,"words":11566}"#]].assert_eq(&rows.join("\n"));
    }

    #[test]
    fn syllables_are_counted_by_vowels() {
        let words = ["cat", "make", "table", "reading", "area", "queue", "the", "über", "nth", "e"];
        assert_eq!(words.map(syllables), [1, 1, 2, 2, 2, 1, 1, 2, 1, 1]);
    }
}
