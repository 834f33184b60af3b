//! Patterns of text: `*` stands for any run of characters, all else for itself.

use serde::{Deserialize, Serialize};

/// A pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Glob(pub(super) String);

impl Glob {
    /// Whether the whole text is as the pattern says.
    pub(super) fn takes(&self, text: &str) -> bool {
        let Some((start, rest)) = self.0.split_once('*') else { return self.0 == text };
        let Some(mut text) = text.strip_prefix(start) else { return false };
        let Some((middle, end)) = rest.rsplit_once('*') else { return text.ends_with(rest) };
        for part in middle.split('*') {
            // The first place is the best: it leaves the most to what follows.
            let Some((_, after)) = text.split_once(part) else { return false };
            text = after;
        }
        text.ends_with(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_of_characters() {
        for (glob, text, takes) in [
            ("http.*", "http.requests", true),
            ("http.*", "https", false),
            ("*", "", true),
            ("", "x", false),
            ("a*b", "ab", true),
            ("ab*ba", "aba", false),
            ("*check*out*", "pre-check-and-out", true),
            ("*a*a", "ba", false),
            ("a**b", "axb", true),
            ("plain", "plain", true),
        ] {
            assert_eq!(Glob(glob.to_owned()).takes(text), takes, "{glob} {text}");
        }
    }
}
