//! Tables of phrases, and where they stand in texts.
//!
//! **Invariant:** a table is sorted, so a word costs a binary search and not a walk over the table;
//! every table has a test that says so.

/// Phrases in small letters, their words separated by one space, each with what it means.
pub(super) type Phrases<T> = [(&'static str, T)];

/// The longest phrase of the table with which these words begin.
pub(super) fn longest<T: Copy>(table: &Phrases<T>, words: &[&str]) -> Option<(&'static str, T)> {
    let first = words.first()?;
    let start = table.partition_point(|(phrase, _)| phrase < first);
    let candidates = table.get(start..)?.iter().take_while(|(phrase, _)| phrase.starts_with(first));
    let fitting = candidates.filter(|(phrase, _)| begins_with(words, phrase));
    fitting.max_by_key(|(phrase, _)| phrase.len()).copied()
}

fn begins_with(words: &[&str], phrase: &str) -> bool {
    let mut words = words.iter();
    phrase.split(' ').all(|of_phrase| words.next().is_some_and(|word| *word == of_phrase))
}

/// Whether a word is one of a sorted list.
pub(super) fn is_one_of(sorted: &[&str], word: &str) -> bool {
    sorted.binary_search(&word).is_ok()
}

/// What makes `text` small letters with plain apostrophes, as the tables are written.
pub(super) fn folded(text: &str) -> String {
    text.to_lowercase().replace('’', "'")
}

#[cfg(test)]
pub(super) fn assert_sorted<T>(table: &Phrases<T>) {
    let wrong = table.windows(2).find(|pair| pair[0].0 >= pair[1].0);
    assert!(wrong.is_none(), "out of order: {:?}", wrong.map(|pair| (pair[0].0, pair[1].0)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phrase_is_found() {
        let table = [("a", 1), ("a b", 2), ("a b c", 3), ("ab", 4)];
        assert_sorted(&table);
        let of = |words: &[&str]| longest(&table, words).map(|(_, number)| number);
        assert_eq!(of(&["a", "b", "d"]), Some(2));
        assert_eq!(of(&["a", "b", "c"]), Some(3));
        assert_eq!(of(&["ab"]), Some(4));
        assert_eq!(of(&["b"]), None);
        assert_eq!(of(&[]), None);
        assert_eq!(folded("Isn’t"), "isn't");
    }
}
