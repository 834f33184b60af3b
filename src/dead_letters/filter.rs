//! Which letters are meant.

use std::time::Duration;

use clap::Args;
use schemas::time::Time;

use super::letter::Letter;
use super::text::pattern;
use crate::cli;

/// Which letters, as typed. All that is given has to hold.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct FilterArgs {
    /// Of messages that came from this topic
    #[arg(long, value_name = "TOPIC")]
    pub(super) topic: Option<String>,
    /// Where this format was tried; `unknown` where none was found
    #[arg(long, value_name = "NAME")]
    pub(super) format: Option<String>,
    /// Whose reason holds this text, in any case of letters; N stands for any number, as in the list
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Written in the last 20s, 5m, 2h, or since a time such as 2026-03-01T12:00:00Z
    #[arg(long, value_name = "DURATION|TIME", value_parser = since)]
    pub(super) since: Option<Since>,
    /// Of this tenant
    #[arg(long, value_name = "NAME")]
    pub(super) tenant: Option<String>,
}

/// From when on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// So long before now.
    Ago(Duration),
    /// This moment.
    At(Time),
}

fn since(text: &str) -> Result<Since, String> {
    let time = || text.parse().map(Since::At);
    cli::duration(text).map(Since::Ago).or_else(|_| time()).map_err(|_| {
        format!("`{text}` is neither a duration such as 2h nor a time such as 2026-03-01T12:00:00Z")
    })
}

impl Since {
    fn from(self, now: Time) -> Time {
        match self {
            Self::At(time) => time,
            Self::Ago(ago) => {
                let ago_ms = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
                Time::from_millis(now.millis().saturating_sub(ago_ms)).unwrap_or(Time::MIN)
            }
        }
    }
}

impl FilterArgs {
    /// Whether anything was asked for.
    pub(super) fn is_given(&self) -> bool {
        let Self { topic, format, reason, since, tenant } = self;
        [topic, format, reason, tenant].iter().any(|text| text.is_some()) || since.is_some()
    }

    /// Whether a letter is meant, as seen from `now`.
    pub(super) fn takes(&self, letter: &Letter, now: Time) -> bool {
        let data = &letter.envelope.data;
        let is = |asked: &Option<String>, found: &str| asked.as_ref().is_none_or(|a| a == found);
        is(&self.topic, &data.topic)
            && is(&self.tenant, &letter.envelope.attributes.tenant)
            && self.format.as_ref().is_none_or(|format| data.formats.contains(format))
            && self.since.is_none_or(|since| letter.written >= since.from(now))
            && self.reason.as_ref().is_none_or(|text| says(&data.reason, text))
    }
}

/// What the list shows of a reason can be given as it stands there.
fn says(reason: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    let holds = |reason: &str| reason.to_lowercase().contains(&text);
    holds(reason) || holds(&pattern(reason))
}

#[cfg(test)]
mod tests {
    use super::super::samples::letter;
    use super::*;

    fn filter(change: impl FnOnce(&mut FilterArgs)) -> FilterArgs {
        let mut filter = FilterArgs::default();
        change(&mut filter);
        filter
    }

    #[test]
    fn all_that_is_asked_for_has_to_hold() {
        // The sample is of isobar.in.audit, aws-cloudtrail and acme, and written at 12:00.
        let some = |text: &str| Some(text.to_owned());
        let since = |text| Some(since(text).unwrap());
        let cases = [
            ("nothing", true, FilterArgs::default()),
            ("topic", true, filter(|f| f.topic = some("isobar.in.audit"))),
            ("part of a topic", false, filter(|f| f.topic = some("isobar.in"))),
            ("format", true, filter(|f| f.format = some("aws-cloudtrail"))),
            ("another format", false, filter(|f| f.format = some("otlp"))),
            ("tenant", true, filter(|f| f.tenant = some("acme"))),
            ("another tenant", false, filter(|f| f.tenant = some("other"))),
            ("reason", true, filter(|f| f.reason = some("EXPECTED VALUE"))),
            ("reason with its numbers", true, filter(|f| f.reason = some("column 13"))),
            ("reason as listed", true, filter(|f| f.reason = some("line N column N"))),
            ("other numbers", false, filter(|f| f.reason = some("column 14"))),
            ("just long enough", true, filter(|f| f.since = since("2h"))),
            ("not long enough", false, filter(|f| f.since = since("119m"))),
            ("that very moment", true, filter(|f| f.since = since("2026-03-01T13:00:00+01:00"))),
            ("later", false, filter(|f| f.since = since("2026-03-01T12:00:00.001Z"))),
            ("one of two", false, filter(|f| (f.tenant, f.format) = (some("acme"), some("otlp")))),
        ];
        let now = "2026-03-01T14:00:00Z".parse().unwrap();
        for (name, expected, filter) in cases {
            assert_eq!(filter.takes(&letter(7), now), expected, "{name}");
            assert_eq!(filter.is_given(), name != "nothing", "{name}");
        }
    }

    #[test]
    fn what_is_no_time_is_told_with_what_would_be_one() {
        for wrong in ["", "2", "2d", "yesterday", "2026-03-01"] {
            assert!(since(wrong).unwrap_err().contains("2h"), "{wrong}");
        }
    }
}
