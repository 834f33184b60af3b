//! Lines of syslog: RFC 5424, and what RFC 3164 found in use before it.
//!
//! The older form has neither a year nor a zone, so its events have the time of their arrival, and
//! what the device wrote is kept as `device_time`.

use std::borrow::Cow;

use schemas::event::Severity;
use schemas::kind::Kind;
use schemas::source_class::SourceClass;

use super::{Format, Look};
use crate::draft::Draft;
use crate::input::Input;
use crate::sink::{Refusal, Sink};
use crate::time;

pub(crate) const FORMAT: Format = Format { name: "syslog", sniff, read };

fn sniff(look: &Look<'_>) -> bool {
    let near = look.input.value.get(..8).unwrap_or(look.input.value);
    let digits = near.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    near.first() == Some(&b'<') && (1..=3).contains(&digits) && near.get(digits + 1) == Some(&b'>')
}

fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let text = String::from_utf8_lossy(input.value);
    let line = text.trim_end_matches(['\n', '\r', '\0']);
    let wrong = || Refusal::at(0, "a syslog line without a priority such as `<34>`");
    let (priority, rest) =
        line.strip_prefix('<').and_then(|l| l.split_once('>')).ok_or_else(wrong)?;
    let priority = priority.parse::<u8>().ok().filter(|priority| *priority < 192);
    let priority = priority.ok_or_else(wrong)?;
    let mut draft = Draft::new("syslog", SourceClass::Log, Kind::Metrics);
    draft.severity = severity(priority % 8);
    draft.detail("facility", Some(priority / 8));
    match rest.strip_prefix("1 ") {
        Some(rest) => new_form(rest, &mut draft),
        None => old_form(rest, &mut draft),
    }
    sink.event(&draft);
    Ok(())
}

fn severity(level: u8) -> Severity {
    match level {
        0 => Severity::Fatal,
        1 => Severity::Critical,
        2 => Severity::High,
        3 => Severity::Medium,
        4 => Severity::Low,
        _ => Severity::Informational,
    }
}

/// `TIME HOST APP PROCESS MESSAGE-ID [DATA] TEXT`, with `-` for what is not given.
fn new_form<'a>(line: &'a str, draft: &mut Draft<'a>) {
    let mut rest = line;
    let mut next = || {
        let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = after;
        Some(word).filter(|word| *word != "-" && !word.is_empty())
    };
    draft.time_ms = next().and_then(time::of_text);
    let (host, app, process, message) = (next(), next(), next(), next());
    draft.attribute("host.name", host);
    program(app, process, draft);
    draft.action = message.map_or(Cow::Borrowed("log"), Cow::Borrowed);
    let (data, text) = structured_data(rest);
    draft.detail("structured_data", Some(data).filter(|data| !data.is_empty()));
    let text = text.trim_start_matches('\u{feff}');
    draft.text = Some(text).filter(|text| !text.is_empty()).map(Cow::Borrowed);
}

fn program<'a>(app: Option<&'a str>, process: Option<&'a str>, draft: &mut Draft<'a>) {
    draft.attribute("service.name", app);
    draft.attribute("process.pid", process);
    draft.subject = app.map(Cow::Borrowed);
}

/// The elements `[id name="value"]…`, in whose values a backslash protects `]` and `"`; the text.
fn structured_data(rest: &str) -> (&str, &str) {
    if let Some(text) = rest.strip_prefix('-') {
        return ("", text.strip_prefix(' ').unwrap_or(text));
    }
    let (mut inside, mut quoted, mut escape) = (false, false, false);
    let end = rest.bytes().position(|byte| {
        match byte {
            _ if escape => {}
            b'"' => quoted = inside && !quoted,
            b'[' if !quoted => inside = true,
            b']' if !quoted => inside = false,
            _ => return !inside,
        }
        escape = quoted && byte == b'\\' && !escape;
        false
    });
    let (data, text) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
    (data, text.strip_prefix(' ').unwrap_or(text))
}

/// `Mmm dd hh:mm:ss host app[process]: text`, of which devices leave out what they like.
fn old_form<'a>(line: &'a str, draft: &mut Draft<'a>) {
    draft.action = Cow::Borrowed("log");
    let mut rest = line;
    let stamp = line.split_at_checked(16).filter(|(stamp, _)| {
        stamp.bytes().filter(|byte| *byte == b':').count() == 2 && stamp.ends_with(' ')
    });
    if let Some((stamp, after)) = stamp {
        draft.detail("device_time", Some(stamp.trim_end()));
        let (host, after) = after.split_once(' ').unwrap_or(("", after));
        draft.attribute("host.name", Some(host));
        rest = after;
    }
    let tag = rest.split_once(": ").filter(|(tag, _)| !tag.contains(' ') && tag.len() <= 64);
    if let Some((tag, text)) = tag {
        let (app, process) = tag.split_once('[').unwrap_or((tag, ""));
        program(Some(app), Some(process.trim_end_matches(']')), draft);
        rest = text;
    }
    draft.text = Some(Cow::Borrowed(rest));
}

#[cfg(test)]
mod tests {
    use super::super::recording::lines;
    use super::*;
    use expect_test::expect;

    #[test]
    fn both_forms() {
        let told: Vec<String> = [
            r#"<165>1 1970-01-01T00:00:03.003Z h1 app 42 ID47 [a@1 k="v\"]"][b@1] it works"#,
            "<34>1 - - - - - -",
            "<34>Oct 11 22:14:15 mymachine su[7]: 'su root' failed on /dev/pts/8\n",
            "<13>just text",
            "<999>text",
            "<13",
        ]
        .iter()
        .map(|value| lines(&FORMAT, value.as_bytes()))
        .collect();
        expect![[r#"
            syslog None Some(3003) ID47 Unknown Informational Some("app") [host.name=h1,service.name=app,process.pid=42] Some("it works") {"facility":20,"structured_data":"[a@1 k=\"v\\\"]\"][b@1]"} None
            syslog None None log Unknown High None [] None {"facility":4} None
            syslog None None log Unknown High Some("su") [host.name=mymachine,service.name=su,process.pid=7] Some("'su root' failed on /dev/pts/8") {"device_time":"Oct 11 22:14:15","facility":4} None
            syslog None None log Unknown Informational None [] Some("just text") {"facility":1} None
            whole value refused: a syslog line without a priority such as `<34>` @Some(0)
            whole value refused: a syslog line without a priority such as `<34>` @Some(0)
        "#]].assert_eq(&told.concat());
    }
}
