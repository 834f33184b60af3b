//! One YAML document of a file, and on which line of the file each of its fields stands.

use serde_yaml_ng::Value;

/// A document with the lines it stands on.
#[derive(Clone, Debug)]
pub(super) struct Document {
    lines: Vec<String>,
    /// The number of the first of them, from 1.
    first: usize,
}

/// Cuts a file at its `---` lines.
pub(super) fn split(text: &str) -> Vec<Document> {
    let mut documents = vec![Document { lines: Vec::new(), first: 1 }];
    for (index, line) in text.lines().enumerate() {
        let content = match separated(line) {
            Some(rest) => {
                documents.push(Document { lines: Vec::new(), first: index + 1 });
                rest
            }
            None => line,
        };
        if let Some(document) = documents.last_mut() {
            document.lines.push(content.to_owned());
        }
    }
    documents
}

/// What follows `---` on its line.
fn separated(line: &str) -> Option<&str> {
    line.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

impl Document {
    pub(super) fn parse(&self) -> Result<Value, serde_yaml_ng::Error> {
        // Lines before it are blank, so that the parser counts lines of the file.
        let padding = "\n".repeat(self.first - 1);
        serde_yaml_ng::from_str(&format!("{padding}{}", self.lines.join("\n")))
    }

    /// The line of a field, or of the nearest field around it that can be found.
    pub(super) fn line_of(&self, path: &[&str]) -> usize {
        let mut found = None;
        let mut within = 0..self.lines.len();
        for key in path {
            let Some(index) = self.field(within, key) else { break };
            found = Some(index);
            within = index + 1..self.end_of(index);
        }
        let index = found.or_else(|| self.lines.iter().position(|line| is_content(line)));
        self.first + index.unwrap_or_default()
    }

    /// The field of this name among the outermost ones of these lines.
    fn field(&self, within: std::ops::Range<usize>, key: &str) -> Option<usize> {
        let lines = || self.lines.iter().enumerate().take(within.end).skip(within.start);
        let outermost =
            lines().map(|(_, line)| line).find(|line| is_content(line)).map(|line| indent(line))?;
        lines()
            .find(|(_, line)| indent(line) == outermost && names(line, key))
            .map(|(index, _)| index)
    }

    /// Where the lines end that are indented below this one.
    fn end_of(&self, index: usize) -> usize {
        let outer = self.lines.get(index).map_or(0, |line| indent(line));
        let next = self.lines.iter().enumerate().skip(index + 1);
        let ends = |line: &String| is_content(line) && indent(line) <= outer;
        next.filter(|(_, line)| ends(line)).map(|(at, _)| at).next().unwrap_or(self.lines.len())
    }
}

fn is_content(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with('#')
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn names(line: &str, key: &str) -> bool {
    let quotes = ['"', '\''];
    let rest = line.trim_start().trim_start_matches(quotes).strip_prefix(key);
    rest.is_some_and(|rest| rest.trim_start_matches(quotes).trim_start().starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_on_their_lines_of_the_file() {
        let text = "# header\n--- # first\nkind: A\n---\nmetadata:\n  labels:\n    name: x\n  # why\n  \
                    name: y\nspec: { partitions: 1 }\n";
        let documents = split(text);
        let line = |path: &[&str]| documents[2].line_of(path);
        assert_eq!(documents.len(), 3);
        assert_eq!(documents[1].line_of(&["kind"]), 3);
        assert_eq!(line(&["metadata", "name"]), 9, "not the label of that name");
        assert_eq!(line(&["spec", "partitions"]), 10, "the line of what is around it");
        assert_eq!(line(&["status"]), 5, "the first line of the document");
    }

    #[test]
    fn the_parser_counts_lines_of_the_file() {
        let documents = split("a: 1\n---\nb: 1\nb: 2\n");
        let error = documents[1].parse().unwrap_err();
        assert_eq!(error.location().map(|at| at.line()), Some(3));
    }
}
