//! Reading texts: their beginning, their words, their sentences.
//!
//! **Invariant:** each byte is looked at a bounded number of times, and every piece lies within the
//! text it was cut from.

/// The beginning of a text, without a character that is cut in two.
pub(super) fn beginning(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

/// The words of a text: letters and digits, with apostrophes inside of them (`don't`).
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let pieces = text.split(|letter: char| !is_of_word(letter));
    pieces.map(|word| word.trim_matches(is_apostrophe)).filter(|word| !word.is_empty())
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || is_apostrophe(letter)
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’')
}

/// The sentences of a text, trimmed; pieces without any word are none.
pub(super) fn sentences(text: &str) -> Sentences<'_> {
    Sentences { rest: text }
}

/// See [`sentences`].
pub(super) struct Sentences<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Sentences<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let (sentence, rest) = self.rest.split_at(end_of_sentence(self.rest));
            self.rest = rest;
            if sentence.contains(char::is_alphanumeric) {
                return Some(sentence.trim());
            }
        }
        None
    }
}

/// A mark that is followed by white space ends a sentence, unless a small letter follows (`e.g. so`);
/// so does an empty line, and one that begins like a heading or an item of a list.
fn end_of_sentence(text: &str) -> usize {
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        let rest = text.get(end..).unwrap_or_default();
        let ends = match letter {
            '。' | '！' | '？' => true,
            '!' | '?' | '…' => rest.starts_with(ends_after_mark),
            '.' => rest.starts_with(ends_after_mark) && !goes_on(rest),
            '\n' => begins_anew(rest),
            _ => false,
        };
        if ends {
            return end;
        }
    }
    text.len()
}

fn ends_after_mark(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'' | ')' | '”' | '»' | '*' | '_')
}

fn goes_on(rest: &str) -> bool {
    rest.trim_start_matches([' ', '\t']).starts_with(char::is_lowercase)
}

fn begins_anew(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    line.starts_with(|letter: char| "\r\n-*+•#>|".contains(letter) || letter.is_ascii_digit())
}

/// The parts of a name: `CreateAccessKey`, `storage.buckets.delete`, `ADD_GROUP_MEMBER`.
pub(super) fn parts(name: &str) -> Parts<'_> {
    Parts { skipped: "", rest: name }
}

/// See [`parts`].
pub(super) struct Parts<'a> {
    /// What stood between the last two parts.
    pub(super) skipped: &'a str,
    rest: &'a str,
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let start = self.rest.bytes().position(is_of_name)?;
        let (skipped, name) = self.rest.split_at_checked(start)?;
        self.skipped = skipped;
        let (part, rest) = name.split_at_checked(end_of_part(name.as_bytes()))?;
        self.rest = rest;
        Some(part)
    }
}

/// Bytes of characters beyond ASCII count as letters, so that parts end at whole characters.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// Where the first part ends: before a sign, before `K` in `AccessKey`, before `P` in `IAMPolicy`.
fn end_of_part(name: &[u8]) -> usize {
    let ends = |(before, [first, second]): (u8, [u8; 2])| {
        let is_hump = first.is_ascii_uppercase();
        !is_of_name(first)
            || is_hump && (!before.is_ascii_uppercase() || second.is_ascii_lowercase())
    };
    let seconds = name.iter().skip(2).copied().chain([0]);
    let pairs = name.iter().skip(1).zip(seconds).map(|(first, second)| [*first, second]);
    let found = name.iter().copied().zip(pairs).position(ends);
    found.map_or(name.len(), |position| position + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_their_parts() {
        let of = |name| parts(name).collect::<Vec<_>>().join(" ");
        assert_eq!(of("CreateAccessKey"), "Create Access Key");
        assert_eq!(of("SetIAMPolicy"), "Set IAM Policy");
        assert_eq!(of("storage.buckets.delete"), "storage buckets delete");
        assert_eq!(of("ADD_GROUP-MEMBER"), "ADD GROUP MEMBER");
        assert_eq!(of("sev1 v2GetX"), "sev1 v2 Get X");
        assert_eq!(of("größeÄndern é"), "größeÄndern é");
        assert_eq!(of(" ./ "), "");
    }

    #[test]
    fn texts_fall_into_sentences() {
        let of = |text| sentences(text).collect::<Vec<_>>().join("|");
        assert_eq!(of("One. Two? Three!"), "One.|Two?|Three!");
        assert_eq!(of("See e.g. this, v1.2 of it."), "See e.g. this, v1.2 of it.");
        assert_eq!(
            of("# Head\n\nA line\nthat goes on.\n- item\n- item"),
            "# Head|A line\nthat goes on.|- item|- item"
        );
        assert_eq!(of("一。二。"), "一。|二。");
        assert_eq!(of("... !?"), "");
        assert_eq!(
            words("It isn't 'so': größe 3").collect::<Vec<_>>(),
            ["It", "isn't", "so", "größe", "3"]
        );
    }

    #[test]
    fn a_beginning_ends_at_a_character() {
        assert_eq!(beginning("aé", 2), "a");
        assert_eq!(beginning("aé", 3), "aé");
        assert_eq!(beginning("", 3), "");
    }
}
