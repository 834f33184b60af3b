//! A file of thresholds as its rules, each with the line it begins at, so that every complaint has a line.
//!
//! **Invariant:** a rule that is no YAML hides no other of its file.

use serde_yaml_ng::{Mapping, Value};

/// One rule, or one file of timelines, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    text: String,
    /// How many lines of the file stand before it.
    before: usize,
}

/// The rules of a file: documents between `---`, and the items of those that are lists.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut documents = vec![Piece { text: String::new(), before: 0 }];
    for (number, line) in text.lines().enumerate() {
        let is_border = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.trim_end().is_empty() || rest.starts_with(" #"));
        if is_border {
            documents.push(Piece { text: String::new(), before: number + 1 });
        } else if let Some(last) = documents.last_mut() {
            last.text.push_str(line);
            last.text.push('\n');
        }
    }
    let pieces = documents.iter().flat_map(Piece::items);
    pieces.filter(|piece| piece.text.lines().any(says_something)).collect()
}

fn says_something(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}

impl Piece {
    /// A whole file.
    pub(super) fn of(text: &str) -> Self {
        Self { text: text.to_owned(), before: 0 }
    }

    /// The items of a list at its top, each as what stands behind the hyphen; else the piece itself.
    fn items(&self) -> Vec<Self> {
        let first = self.text.lines().find(|line| says_something(line)).unwrap_or_default();
        let depth = first.len() - first.trim_start().len();
        if !first.trim_start().starts_with("- ") {
            return vec![self.clone()];
        }
        let mut items: Vec<Self> = Vec::new();
        for (number, line) in self.text.lines().enumerate() {
            let is_item = line.len() - line.trim_start().len() == depth
                && line.trim_start().starts_with("- ");
            if is_item {
                let before = self.before + number;
                items.push(Self { text: String::new(), before });
            }
            if let Some(item) = items.last_mut() {
                let line = if is_item { line.replacen('-', " ", 1) } else { line.to_owned() };
                item.text.push_str(&line);
                item.text.push('\n');
            }
        }
        items
    }

    /// Its fields.
    ///
    /// # Errors
    /// A line of the file, and what is wrong there.
    pub(super) fn fields(&self) -> Result<Mapping, (usize, String)> {
        match serde_yaml_ng::from_str(&self.text) {
            Ok(Value::Mapping(fields)) => Ok(fields),
            Ok(_) => Err((self.first_line(), "give fields, `name: value`".to_owned())),
            Err(error) => {
                let line = error.location().map_or(1, |at| at.line());
                let text = error.to_string();
                let what = text.split(" at line ").next().unwrap_or(&text);
                Err((self.before + line, format!("no YAML: {what}")))
            }
        }
    }

    pub(super) fn first_line(&self) -> usize {
        self.before + 1 + self.text.lines().position(says_something).unwrap_or(0)
    }

    /// The line of a field; where it is not there that of the beginning.
    pub(super) fn line_of(&self, key: &str) -> usize {
        let line = self.text.lines().position(|line| holds(line, key));
        line.map_or_else(|| self.first_line(), |line| self.before + 1 + line)
    }

    /// The lines at which the items of a list begin that a field holds.
    pub(super) fn items_of(&self, key: &str) -> Vec<usize> {
        let depth = |line: &str| line.len() - line.trim_start().len();
        let lines = self.text.lines().enumerate().skip_while(|(_, line)| !line.starts_with(key));
        let inside = lines
            .skip(1)
            .take_while(|(_, line)| line.trim().is_empty() || line.starts_with([' ', '-', '#']));
        let items: Vec<_> =
            inside.filter(|(_, line)| line.trim_start().starts_with("- ")).collect();
        let outer = items.first().map_or(0, |(_, line)| depth(line));
        let outermost = items.into_iter().filter(|(_, line)| depth(line) == outer);
        outermost.map(|(number, _)| self.before + 1 + number).collect()
    }
}

/// Whether a key stands on this line, at its beginning or within braces.
fn holds(line: &str, key: &str) -> bool {
    let begins = |rest: &str| {
        let rest = rest.trim_start().trim_start_matches(['"', '\'']);
        let after = rest.strip_prefix(key).map(|rest| rest.trim_start_matches(['"', '\'']));
        after.is_some_and(|after| after.trim_start().starts_with(':'))
    };
    begins(line.trim_start().trim_start_matches("- ")) || line.split(['{', ',']).skip(1).any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_their_lines_as_documents_and_as_items() {
        let text = "# two\n- a: 1\n  b: 2\n- a: 3\n  b: {c: 4}\n---\na: 5\n\n---\n# nothing\n";
        let found = pieces(text);
        let lines: Vec<_> =
            found.iter().map(|piece| (piece.first_line(), piece.line_of("b"))).collect();
        assert_eq!(lines, [(2, 3), (4, 5), (7, 7)]);
        assert_eq!(found[1].line_of("c"), 5);
        assert!(found.iter().all(|piece| piece.fields().is_ok()));
        assert_eq!(pieces("a: 1\n---\nb: [\n---\nc: 2\n").len(), 3);
    }
}
