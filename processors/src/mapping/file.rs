//! The file of a mapping, and what may be wrong with it: file, line, what and how to mend it.

use serde::Deserialize;

use super::condition::When;
use super::reference::Reference;
use super::shape::Shape;
use super::{Detect, Mapping, Skip};

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MappingError(pub String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    #[serde(default)]
    about: String,
    detect: Vec<Detect>,
    #[serde(default)]
    each: Option<String>,
    #[serde(default)]
    skip: Vec<SkipWhen>,
    event: Shape,
    #[serde(default)]
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SkipWhen {
    when: When,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    when: When,
    event: Shape,
}

impl Mapping {
    /// Reads a mapping; `path` is told in errors.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn parse(path: &str, written: &str) -> Result<Self, MappingError> {
        let file: File = serde_yaml_ng::from_str(written).map_err(|error| told(path, &error))?;
        let wrong = |line: usize, what: &str| {
            MappingError(format!("{path}:{line}: {}", with_suggestion(what)))
        };
        let line = |key: &str| line_of(written, key);
        if !is_name(&file.format) {
            let what = "`format` is a name of small letters, digits, dots and hyphens";
            return Err(wrong(line("format:"), what));
        }
        if file.detect.iter().any(Detect::is_empty) {
            let what = "each way to detect it needs `header`, `keys` or `mentions`: else it fits everything";
            return Err(wrong(line("detect:"), what));
        }
        let names = |each: &str| each.trim_start_matches('$').parse::<Reference>()?.into_names();
        let each = file.each.as_deref().map(names).transpose();
        let each = each.map_err(|what| wrong(line("each:"), &what))?;
        let shapes: Vec<(When, Shape)> = file
            .variants
            .into_iter()
            .map(|variant| (variant.when, variant.event.over(&file.event)))
            .collect();
        for shape in [&file.event].into_iter().chain(shapes.iter().map(|(_, shape)| shape)) {
            if let Some(what) = shape.wrong() {
                let said = what.split('`').nth(1).unwrap_or_default();
                let named = if what.starts_with("`event`") { "event:" } else { said };
                return Err(wrong(line(named), &what));
            }
        }
        Ok(Self {
            // Mappings are read once and live as long as the process; counts name them.
            name: file.format.leak(),
            about: file.about,
            detect: file.detect,
            each,
            skip: file.skip.into_iter().map(Skip::from).collect(),
            shape: file.event,
            variants: shapes,
        })
    }
}

impl From<SkipWhen> for Skip {
    fn from(SkipWhen { when, reason }: SkipWhen) -> Self {
        Self { when, reason: reason.leak() }
    }
}

fn is_name(name: &str) -> bool {
    let good =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    !name.is_empty() && name.bytes().all(good)
}

/// The first line that holds a text, from 1.
fn line_of(written: &str, text: &str) -> usize {
    written.lines().position(|line| line.contains(text)).map_or(1, |at| at + 1)
}

fn told(path: &str, error: &serde_yaml_ng::Error) -> MappingError {
    let place = error.location().map_or(1, |location| location.line());
    let what = error.to_string();
    // The place stands before the message now.
    let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what);
    MappingError(format!("{path}:{place}: {}", with_suggestion(what)))
}

/// `unknown field `sevrity`, expected one of …` gets the nearest of those.
fn with_suggestion(what: &str) -> String {
    let mut quoted = what.split('`').skip(1).step_by(2);
    let Some(wrong) = quoted.next().filter(|_| what.contains("expected")) else {
        return what.to_owned();
    };
    let near = quoted
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    match near {
        Some((_, name)) => format!("{what}; did you mean `{name}`?"),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    const GOOD: &str = "\
format: tracker
detect:
  - keys: [issue]
event:
  source: tracker
  class: ticket
  kind: projects
  action: $action
  severity: {from: $priority, map: {P1: critical}}
";

    fn wrong(from: &str, to: &str) -> String {
        let written = GOOD.replacen(from, to, 1);
        assert_ne!(written, GOOD);
        Mapping::parse("tracker.yaml", &written).unwrap_err().to_string() + "\n"
    }

    #[test]
    fn a_good_one_is_taken_and_every_mistake_is_told_with_its_line() {
        Mapping::parse("tracker.yaml", GOOD).unwrap();
        let told = [
            wrong("format: tracker", "format: The Tracker"),
            wrong("keys: [issue]", "key: [issue]"),
            wrong("keys: [issue]", "without: [issue]"),
            wrong("class: ticket", "class: tickt"),
            wrong("  kind: projects\n", ""),
            wrong("severity:", "sevrity:"),
            wrong("map: {P1: critical}", "map: {P1: crticial}"),
            wrong("$action", "$action|upper"),
            wrong("$action", "\"a ${b\""),
            wrong("action: $action", "action: {form: $a, map: {}}"),
            wrong("event:", "event"),
            wrong("  action:", "  details: {severity: $a}\n  action:"),
        ];
        expect![[r#"
            tracker.yaml:1: `format` is a name of small letters, digits, dots and hyphens
            tracker.yaml:3: detect[0]: unknown field `key`, expected one of `header`, `keys`, `without`, `mentions`; did you mean `keys`?
            tracker.yaml:2: each way to detect it needs `header`, `keys` or `mentions`: else it fits everything
            tracker.yaml:6: event.class: unknown variant `tickt`, expected one of `metric`, `log`, `trace`, `deploy`, `change`, `audit`, `alert`, `ticket`, `chat`, `document`, `knowledge`, `finding`, `command`; did you mean `ticket`?
            tracker.yaml:4: `event` has no `kind`
            tracker.yaml:9: event: unknown field `sevrity`, expected one of `source`, `class`, `kind`, `class_uid`, `id`, `time`, `action`, `outcome`, `severity`, `account`, `subject`, `text`, `actor`, `resource`, `network`, `hints`, `details`; did you mean `severity`?
            tracker.yaml:9: unknown severity `crticial`, expected one of `unknown`, `informational`, `low`, `medium`, `high`, `critical`, `fatal`; did you mean `critical`?
            tracker.yaml:8: event.action: there is no filter `upper`; there are count, lower and first_line
            tracker.yaml:8: event.action: `a ${b` has a `${` without its `}`
            tracker.yaml:8: event.action: unknown field `form`, expected one of `from`, `map`, `else`; did you mean `from`?
            tracker.yaml:5: could not find expected ':' at line 5 column 9, while scanning a simple key
            tracker.yaml:8: `severity` is a field of every event and cannot be a detail; name it otherwise
        "#]].assert_eq(&told.concat());
    }
}
