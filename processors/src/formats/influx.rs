//! The line protocol of `InfluxDB`, as Telegraf writes it: `measurement,tag=a field=1.5,other=2i time`.
//!
//! A value holds many lines, and a text field may hold line ends. Every field that is a number
//! becomes a point of `measurement.field`; texts are no points. Times are nanoseconds, but smaller
//! numbers are taken for larger units. A line that is wrong is refused alone.

use std::borrow::Cow;

use schemas::metric::PointKind;
use schemas::series::Temporality;

use super::{Format, Look};
use crate::draft::{DraftSeries, Labels};
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "influx_line_protocol", sniff, read };

/// One line; kept from one to the next, so that it reserves only once.
#[derive(Debug, Default)]
struct Line<'a> {
    measurement: Cow<'a, str>,
    resource: Labels<'a>,
    labels: Labels<'a>,
    fields: Vec<(Cow<'a, str>, Option<f64>)>,
    time: Option<i64>,
}

fn sniff(look: &Look<'_>) -> bool {
    let Ok(text) = str::from_utf8(look.input.value) else { return false };
    let mut rest = Rest(text);
    !look.is_json() && rest.next_line() && Line::default().read(&mut rest).is_ok()
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let text = str::from_utf8(input.value)
        .map_err(|error| Refusal::at(error.valid_up_to(), "line protocol that is not UTF-8"))?;
    let (mut rest, mut line) = (Rest(text), Line::default());
    while rest.next_line() {
        let start = rest.0;
        match line.read(&mut rest) {
            Ok(()) => line.give(input, sink),
            Err(reason) => {
                let position = text.len().saturating_sub(rest.0.len());
                let piece = start.lines().next().unwrap_or_default();
                rest.skip_line();
                sink.refused(Refusal::at(position, reason), piece.as_bytes());
            }
        }
    }
    Ok(())
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// Goes to the next line that is neither empty nor a comment.
    fn next_line(&mut self) -> bool {
        loop {
            self.0 = self.0.trim_start();
            if !self.0.starts_with('#') {
                return !self.0.is_empty();
            }
            self.skip_line();
        }
    }

    fn skip_line(&mut self) {
        self.0 = self.0.split_once('\n').map_or("", |(_, after)| after);
    }

    /// Takes a character, if it is the next one.
    fn take(&mut self, wanted: char) -> bool {
        let after = self.0.strip_prefix(wanted);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }

    /// Takes what stands before one of these characters, unless a backslash stands before that.
    fn until(&mut self, ends: &[u8]) -> Cow<'a, str> {
        let (mut escape, mut escapes) = (false, false);
        let end = self.0.bytes().position(|byte| {
            let ends = !escape && (ends.contains(&byte) || byte == b'\n');
            escape = byte == b'\\' && !escape;
            escapes |= escape;
            ends
        });
        let (found, rest) =
            self.0.split_at_checked(end.unwrap_or(self.0.len())).unwrap_or((self.0, ""));
        self.0 = rest;
        if escapes { Cow::Owned(unescaped(found)) } else { Cow::Borrowed(found) }
    }
}

/// A backslash stands for itself, unless it is before what it protects.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let protects = matches!(letters.peek(), Some(',' | '=' | ' ' | '"' | '\\'));
        if letter == '\\' && protects {
            plain.extend(letters.next());
        } else {
            plain.push(letter);
        }
    }
    plain
}

impl<'a> Line<'a> {
    /// Reads a line up to its end.
    fn read(&mut self, rest: &mut Rest<'a>) -> Result<(), &'static str> {
        self.resource.clear();
        self.labels.clear();
        self.fields.clear();
        self.measurement = rest.until(b", ");
        if self.measurement.is_empty() {
            return Err("a line without a measurement");
        }
        while rest.take(',') {
            self.read_tag(rest)?;
        }
        if !rest.take(' ') {
            return Err("a line without fields");
        }
        while rest.take(' ') {}
        self.read_field(rest)?;
        while rest.take(',') {
            self.read_field(rest)?;
        }
        self.read_time(rest)
    }

    fn read_tag(&mut self, rest: &mut Rest<'a>) -> Result<(), &'static str> {
        let key = rest.until(b",= ");
        if key.is_empty() || !rest.take('=') {
            return Err("a tag without a name or a value");
        }
        let value = rest.until(b", ");
        match key.as_ref() {
            "host" => self.resource.push((Cow::Borrowed("host.name"), value)),
            _ => self.labels.push((key, value)),
        }
        Ok(())
    }

    fn read_field(&mut self, rest: &mut Rest<'a>) -> Result<(), &'static str> {
        let key = rest.until(b",= ");
        if key.is_empty() || !rest.take('=') {
            return Err("a field without a name or a value");
        }
        let value = if rest.0.starts_with('"') { quoted(rest)? } else { number(rest)? };
        self.fields.push((key, value));
        Ok(())
    }

    fn read_time(&mut self, rest: &mut Rest<'a>) -> Result<(), &'static str> {
        let before = Rest(rest.0);
        let text = rest.until(b"");
        let text = text.trim();
        let time = (!text.is_empty()).then(|| text.parse::<i64>()).transpose();
        self.time = time.map_err(|_| {
            rest.0 = before.0;
            "a time that is no number"
        })?;
        Ok(())
    }

    fn give(&self, input: &Input<'_>, sink: &mut dyn Sink) {
        let time = self.time.and_then(|time| time::of_number(time as f64));
        let time_ms = time.unwrap_or_else(|| input.arrival.millis());
        for (name, value) in &self.fields {
            let Some(value) = *value else {
                sink.filtered("a field that is a text");
                continue;
            };
            let series = DraftSeries {
                source: "influx",
                account: None,
                resource: &self.resource,
                metric: Cow::Owned(format!("{}.{name}", self.measurement)),
                unit: None,
                temporality: Temporality::Gauge,
                labels: &self.labels,
            };
            sink.point(&series, time_ms, value, PointKind::Value);
        }
    }
}

/// Passes over a text field, which may hold line ends.
fn quoted(rest: &mut Rest<'_>) -> Result<Option<f64>, &'static str> {
    let inside = rest.0.strip_prefix('"').unwrap_or(rest.0);
    let mut escape = false;
    let end = inside.bytes().position(|byte| {
        let ends = byte == b'"' && !escape;
        escape = byte == b'\\' && !escape;
        ends
    });
    let after =
        end.and_then(|end| inside.get(end + 1..)).ok_or("a text field that does not end")?;
    rest.0 = after;
    Ok(None)
}

/// A number, with `i` or `u` after whole ones, or a truth value as 1 or 0.
fn number(rest: &mut Rest<'_>) -> Result<Option<f64>, &'static str> {
    let before = rest.0;
    let text = rest.until(b", ");
    let text = text.trim_end();
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => return Ok(Some(1.0)),
        "f" | "F" | "false" | "False" | "FALSE" => return Ok(Some(0.0)),
        _ => {}
    }
    let number = text.strip_suffix(['i', 'u']).unwrap_or(text);
    let starts = number.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    let parsed = number.parse().ok().filter(|_| starts);
    if parsed.is_none() {
        rest.0 = before;
    }
    parsed.map(Some).ok_or("a field that is neither a number nor a truth value nor a text")
}

#[cfg(test)]
mod tests {
    use super::super::recording::lines;
    use super::*;
    use expect_test::expect;

    #[test]
    fn numbers_are_points_and_bad_lines_stand_alone() {
        let value = concat!(
            "# a comment\n",
            "cpu,host=h1,zone=a\\ b usage=0.5,cores=4i,on=t,note=\"two\nlines, \\\" =\" 2000000000000\n",
            "\n",
            "bad line here\n",
            "my\\,disk free=7u,bad=x\n",
            "mem used=1e3\r\n",
            "mem used=1 soon\n",
            "mem text=\"open\n",
        );
        expect![[r#"
            influx - [host.name=h1] cpu.usage - Gauge {zone=a b} 2000000000000 0.5 Value
            influx - [host.name=h1] cpu.cores - Gauge {zone=a b} 2000000000000 4 Value
            influx - [host.name=h1] cpu.on - Gauge {zone=a b} 2000000000000 1 Value
            filtered: a field that is a text
            refused: a field without a name or a value @Some(104): bad line here
            refused: a field that is neither a number nor a truth value nor a text @Some(131): my\,disk free=7u,bad=x
            influx - [] mem.used - Gauge {} 1000 1000 Value
            refused: a time that is no number @Some(157): mem used=1 soon
            refused: a text field that does not end @Some(172): mem text="open
        "#]].assert_eq(&lines(&FORMAT, value.as_bytes()));
    }

    #[test]
    fn logs_are_not_mistaken_for_lines() {
        for text in ["took a=b", "hello", "hello world", "level=info msg=hi", "a b=", "a,b c=1"] {
            let input = Input::new(text.as_bytes(), schemas::time::Time::from_millis(1).unwrap());
            assert!(!sniff(&Look::at(&input)), "{text}");
        }
    }
}
