//! Words that are known by their shape alone: tickets, commits, and the beginnings of both.

/// Standards look like keys of tickets.
const STANDARDS: [&str; 14] = [
    "AES", "ECMA", "HTTP", "IEC", "IEEE", "ISO", "MD", "PEP", "RFC", "RSA", "SHA", "TLS", "UTF",
    "X",
];
/// Records of `ServiceNow` begin with these and have seven digits.
const RECORDS: [&str; 6] = ["INC", "CHG", "PRB", "RITM", "TASK", "CTASK"];
/// What divides words, beside spaces.
const BETWEEN_WORDS: &str = "<>\"'`,;()[]{}|=";

/// `SHOP-17`; `UTF-8` is none.
#[must_use]
pub fn is_ticket(name: &str) -> bool {
    name.split_once('-').is_some_and(|(project, number)| {
        is_project(project) && (1..=7).contains(&number.len()) && is_number(number)
    })
}

fn is_project(name: &str) -> bool {
    let is_of_project = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (2..=10).contains(&name.len())
        && name.starts_with(|letter: char| letter.is_ascii_uppercase())
        && name.bytes().all(is_of_project)
        && !STANDARDS.contains(&name)
}

/// `INC0010042`.
pub(crate) fn is_record(name: &str) -> bool {
    let number = RECORDS.iter().find_map(|prefix| name.strip_prefix(prefix));
    number.is_some_and(|number| number.len() == 7 && is_number(number))
}

/// Whether it is made of digits alone.
#[must_use]
pub fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A whole hash of Git or a usual beginning of one. Only letters are a word, only digits a number.
#[must_use]
pub fn is_commit(name: &str) -> bool {
    let is_hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (name.len() == 40 || (7..=12).contains(&name.len()))
        && name.bytes().all(is_hexadecimal)
        && name.bytes().any(|byte| byte.is_ascii_digit())
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// The words of a text, without the marks around them.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    let pieces =
        text.split(|letter: char| letter.is_whitespace() || BETWEEN_WORDS.contains(letter));
    let trimmed = |word| str::trim_matches(word, ['.', ':', '!', '?', '*', '~', '@']);
    pieces.map(trimmed).filter(|word| word.len() > 2)
}
