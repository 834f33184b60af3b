//! A file as its YAML documents, each with the line it begins at, so that every complaint has a line.
//!
//! **Invariant:** a document that is no YAML does not hide the others of its file.

use serde_yaml_ng::Value;

use crate::problem::{Problem, Severity};

/// One document of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Document<'a> {
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    /// How many lines of the file stand before it.
    before: usize,
}

/// The documents of a file that hold anything.
pub(crate) fn documents<'a>(file: &'a str, text: &'a str) -> Vec<Document<'a>> {
    let mut found = Vec::new();
    let (mut start, mut at, mut before) = (0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if is_border(line) {
            found.push(Document { file, text: text.get(start..at).unwrap_or_default(), before });
            (start, before) = (at + line.len(), number + 1);
        }
        at += line.len();
    }
    found.push(Document { file, text: text.get(start..).unwrap_or_default(), before });
    found.retain(|document| document.text.lines().any(says_something));
    found
}

fn is_border(line: &str) -> bool {
    line.strip_prefix("---")
        .is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with(" #"))
}

fn says_something(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

impl<'a> Document<'a> {
    /// A whole file as one document.
    pub(crate) fn of(file: &'a str, text: &'a str) -> Self {
        Self { file, text, before: 0 }
    }

    /// The lines where the items of a list begin that a top-level key holds.
    pub(crate) fn items_of(&self, key: &str) -> Vec<usize> {
        let depth = |line: &str| line.len() - line.trim_start().len();
        let lines = self.text.lines().enumerate();
        let below = lines.skip_while(|(_, line)| !line.starts_with(key)).skip(1);
        let inside = below
            .take_while(|(_, line)| line.trim().is_empty() || line.starts_with([' ', '-', '#']));
        let items: Vec<_> =
            inside.filter(|(_, line)| line.trim_start().starts_with("- ")).collect();
        let outer = items.first().map_or(0, |(_, line)| depth(line));
        let outermost = items.into_iter().filter(|(_, line)| depth(line) == outer);
        outermost.map(|(number, _)| self.before + 1 + number).collect()
    }

    /// What it holds.
    pub(crate) fn parse(&self) -> Result<Value, Problem> {
        serde_yaml_ng::from_str(self.text).map_err(|error| {
            let line = error.location().map_or(1, |location| location.line());
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or(&text);
            self.problem(Severity::Error, self.before + line, format!("no YAML: {what}"))
        })
    }

    /// The line where it begins to say something.
    pub(crate) fn first_line(&self) -> usize {
        let first = self.text.lines().position(says_something);
        self.before + 1 + first.unwrap_or(0)
    }

    /// The line of the key that is reached by these keys, or of the last of them that is found.
    pub(crate) fn line_of(&self, path: &[&str]) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        let (mut from, mut found) = (0, None);
        for key in path {
            let here = lines.iter().skip(from).position(|line| holds_key(line, key));
            let Some(here) = here else { break };
            found = Some(from + here);
            from += here;
        }
        found.map_or_else(|| self.first_line(), |line| self.before + 1 + line)
    }

    /// The first line that holds this text.
    pub(crate) fn line_with(&self, text: &str) -> usize {
        let line = self.text.lines().position(|line| line.contains(text));
        line.map_or_else(|| self.first_line(), |line| self.before + 1 + line)
    }

    /// Something that is wrong at a line of the file.
    pub(crate) fn problem(
        &self,
        severity: Severity,
        line: usize,
        what: impl Into<String>,
    ) -> Problem {
        Problem { file: self.file.to_owned(), line, severity, what: what.into() }
    }
}

/// Whether a key stands on this line: plain or quoted, at its beginning or within braces. A field stands
/// there with its modifiers.
fn holds_key(line: &str, key: &str) -> bool {
    let line = line.trim_start().trim_start_matches("- ");
    let begins = |rest: &str| {
        let quoted = rest.trim_start_matches(['"', '\'']);
        let after = quoted.strip_prefix(key).map(|rest| rest.trim_start_matches(['"', '\'']));
        after.is_some_and(|after| after.trim_start().starts_with([':', '|']))
    };
    begins(line) || line.split(['{', ',']).skip(1).any(|part| begins(part.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str =
        "# about\n---\ntitle: a\nx: [1\n---\n\ntitle: b\ny:\n  'z|re': q\n  - {w: 1, v: 2}\n";

    #[test]
    fn a_broken_document_hides_no_other() {
        let found = documents("f", TWO);
        assert_eq!(found.len(), 2);
        let problem = found[0].parse().unwrap_err();
        assert!((3..=5).contains(&problem.line), "{problem}");
        assert_eq!(found[1].first_line(), 7);
    }

    #[test]
    fn keys_have_lines() {
        let found = documents("f", TWO);
        assert_eq!(found[1].line_of(&["y", "z|re"]), 9);
        assert_eq!(found[1].line_of(&["y", "v"]), 10);
        assert_eq!(found[1].line_of(&["y", "nowhere"]), 8);
        assert_eq!(found[1].line_of(&["nowhere"]), 7);
    }
}
