//! Texts that have to fit somewhere, and texts within markup.
//!
//! **Invariant:** a text is cut between characters, and one that was cut ends with `…`.

/// The text, or its beginning, in at most so many characters.
pub(crate) fn fit(text: &str, characters_max: usize) -> String {
    if text.chars().count() <= characters_max {
        return text.to_owned();
    }
    let kept = characters_max.saturating_sub(1);
    text.chars().take(kept).chain(['…']).collect()
}

/// As many whole lines as fit, and how many did not.
pub(crate) fn fit_lines(lines: &[String], characters_max: usize) -> (Vec<String>, usize) {
    let mut room = characters_max;
    let mut kept = Vec::new();
    for line in lines {
        let length = line.chars().count() + 1;
        let Some(left) = room.checked_sub(length) else { break };
        room = left;
        kept.push(line.clone());
    }
    let left_out = lines.len() - kept.len();
    (kept, left_out)
}

/// For Slack: its three special characters. So `<!channel>` of an alert's text calls nobody.
pub(crate) fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// For HTML, also within attributes.
pub(crate) fn html(text: &str) -> String {
    slack(text).replace('"', "&quot;").replace('\'', "&#39;")
}

/// One line: what a subject or a title can hold.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters_and_lines_are_whole() {
        assert_eq!(fit("größer", 6), "größer");
        assert_eq!(fit("größer", 4), "grö…");
        let lines = ["one".to_owned(), "two".to_owned(), "three".to_owned()];
        assert_eq!(fit_lines(&lines, 8), (lines[..2].to_vec(), 1));
        assert_eq!(fit_lines(&lines, 3), (Vec::new(), 3));
    }

    #[test]
    fn markup_of_a_text_stays_a_text() {
        assert_eq!(slack("<!channel> a&b"), "&lt;!channel&gt; a&amp;b");
        assert_eq!(html("<a href=\"x\">'"), "&lt;a href=&quot;x&quot;&gt;&#39;");
        assert_eq!(one_line(" a\r\nBcc: b "), "a Bcc: b");
    }
}
