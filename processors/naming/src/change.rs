//! Tickets, commits and pull requests, wherever they are named: `OPS-123`, `3f2a91c`,
//! `acme/checkout-api#421`, or the address of one.
//!
//! **Invariant:** the same change has the same name from every source. A commit is called by its first
//! seven digits, as people write no fewer.

use crate::shape::{is_commit, is_number, is_record, is_ticket, words};

/// So many digits of a commit tell it from others.
const COMMIT_BYTES: usize = 7;
/// Ids that sources give themselves are longer than this.
const ID_BYTES_MIN: usize = 7;
/// So many of one text are taken.
const CHANGES_MAX: usize = 8;

/// What a change is called that its source names by itself.
pub(crate) fn of_id(id: &str) -> Option<String> {
    let is_id = |id: &String| id.len() >= ID_BYTES_MIN && id.contains(|letter| letter != '0');
    of_word(id).or_else(|| of_artifact(id)).or_else(|| Some(id.to_owned()).filter(is_id))
}

/// The changes that a text names.
pub(crate) fn of_text(text: &str) -> Vec<String> {
    let of = |word| match str::split_once(word, "://") {
        Some((_, address)) => of_address(address),
        None => of_word(word).or_else(|| of_branch(word)),
    };
    words(text).filter_map(of).take(CHANGES_MAX).collect()
}

/// An image or package that is called by the commit it was built of.
fn of_artifact(id: &str) -> Option<String> {
    let (_, version) = id.rsplit_once(['@', ':'])?;
    of_word(version).filter(|_| is_commit(version))
}

fn of_word(word: &str) -> Option<String> {
    if is_ticket(word) || is_record(word) {
        return Some(word.to_owned());
    }
    if is_commit(word) {
        // None is written as zeros.
        return word
            .get(..COMMIT_BYTES)
            .filter(|id| id.contains(|digit| digit != '0'))
            .map(str::to_owned);
    }
    let (place, number) = word.rsplit_once(['#', '!'])?;
    let is_one = place.contains('/') && !number.is_empty() && is_number(number);
    is_one.then(|| word.to_ascii_lowercase())
}

/// `feature/OPS-123-smaller-pool` is about `OPS-123`.
fn of_branch(word: &str) -> Option<String> {
    let last = word.rsplit('/').next()?;
    let (project, rest) = last.split_once('-')?;
    let (number, words) = rest.split_once('-').unwrap_or((rest, "a"));
    let key = format!("{project}-{number}");
    (is_ticket(&key) && words.starts_with(|first: char| first.is_ascii_alphabetic())).then_some(key)
}

/// `…/acme/checkout-api/pull/421`, `…/browse/OPS-123`, `…/commit/3f2a91c…`.
fn of_address(address: &str) -> Option<String> {
    let path = address.split(['?', '&']).next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| *part != "-").collect();
    let of_parts = |four: &[&str]| match four {
        [owner, name, "pull" | "issues", number] if is_number(number) => {
            Some(format!("{owner}/{name}#{number}").to_ascii_lowercase())
        }
        [owner, name, "merge_requests", number] if is_number(number) => {
            Some(format!("{owner}/{name}!{number}").to_ascii_lowercase())
        }
        _ => None,
    };
    let named = || parts.iter().rev().find_map(|part| of_word(part));
    parts.windows(4).find_map(of_parts).or_else(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_named_the_same_in_ids_and_in_texts() {
        let commit = "3f2a91c0123456789abcdef0123456789abcdef0";
        assert_eq!(of_id(commit).as_deref(), Some("3f2a91c"));
        assert_eq!(of_id("OPS-7").as_deref(), Some("OPS-7"));
        assert_eq!(of_id("acme/Cart#4").as_deref(), Some("acme/cart#4"));
        assert_eq!(of_id("run 17 of main").as_deref(), Some("run 17 of main"));
        assert_eq!(of_id("17"), None);
        let texts = [
            (
                "OPS-123: reverts 3f2a91c01 (see acme/cart#4).",
                &["OPS-123", "3f2a91c", "acme/cart#4"][..],
            ),
            ("<https://git.example/acme/cart/pull/4/files|this one>", &["acme/cart#4"]),
            ("https://git.example/acme/-/cart/merge_requests/9", &["acme/cart!9"]),
            ("https://jira.example/browse/OPS-123?focus=1", &["OPS-123"]),
            ("refs/heads/feature/OPS-123-smaller-pool", &["OPS-123"]),
            ("INC0010042 is caused by CHG0030007", &["INC0010042", "CHG0030007"]),
            ("UTF-8, CVE-2024-3094, 1234567, defaced, 10:30, a/b, and/or#x", &[]),
        ];
        for (text, expected) in texts {
            assert_eq!(of_text(text), expected, "{text}");
        }
    }
}
