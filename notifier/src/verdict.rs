//! What an answer means.
//!
//! **Invariant:** an answer counts as delivered only if it says so in the way its channel says it. What
//! cannot be understood is tried again rather than taken for either, as trying again loses nothing.

use std::time::{Duration, UNIX_EPOCH};

use schemas::notification::Channel;
use serde_json::Value;

/// What comes next for a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver has taken it.
    Delivered,
    /// It is tried again.
    Again {
        /// What went wrong.
        why: String,
        /// The receiver asks for so much rest.
        after_ms: Option<i64>,
    },
    /// It is not tried again: the same would come of it.
    Refused {
        /// What the receiver says.
        why: String,
    },
}

/// What a receiver answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The host of the header `Location`.
    pub location: Option<String>,
    /// The body, or its beginning.
    pub body: Vec<u8>,
}

/// What Slack says when the same message will never be taken.
const SLACK_REFUSALS: [&str; 17] = [
    "invalid_payload",
    "invalid_blocks",
    "invalid_token",
    "invalid_auth",
    "not_authed",
    "token_revoked",
    "account_inactive",
    "action_prohibited",
    "posting_to_general_channel_denied",
    "channel_not_found",
    "channel_is_archived",
    "no_active_hooks",
    "no_service",
    "no_team",
    "no_text",
    "too_many_attachments",
    "user_not_found",
];

/// Judges an answer; `now_ms` is for a `Retry-After` that names a moment.
#[must_use]
pub fn judge(channel: Channel, answer: &Answer, now_ms: i64) -> Verdict {
    let text = String::from_utf8_lossy(&answer.body);
    let text = text.trim();
    let again = |why: String| {
        let after_ms = answer.retry_after.as_deref().and_then(|after| wait_ms(after, now_ms));
        Verdict::Again { why, after_ms }
    };
    match answer.status {
        200..=299 if is_page(text) => again(format!(
            "it answers {} with a web page: is there a login before it?",
            answer.status
        )),
        200..=299 => accepted(channel, answer.status, text),
        300..=399 => again(redirect(answer)),
        408 | 429 => again(told(answer.status, text)),
        400..=499 => Verdict::Refused { why: told(answer.status, text) },
        _ => again(told(answer.status, text)),
    }
}

fn redirect(answer: &Answer) -> String {
    let to = answer.location.as_deref().unwrap_or("somewhere else");
    let status = answer.status;
    format!(
        "it answers {status} and sends us to {to}, which is not followed: give the address itself"
    )
}

fn told(status: u16, text: &str) -> String {
    let says = crate::text::one_line(&crate::text::fit(text, 200));
    if says.is_empty() {
        format!("it answers {status}")
    } else {
        format!("it answers {status}: {says}")
    }
}

fn is_page(text: &str) -> bool {
    let start: String = text.chars().take(15).collect::<String>().to_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

fn accepted(channel: Channel, status: u16, text: &str) -> Verdict {
    let again = || Verdict::Again { why: told(status, text), after_ms: None };
    match channel {
        Channel::Slack => slack(status, text),
        Channel::Teams => teams(status, text),
        Channel::PagerDuty if status == 202 => match says(text, "status").as_deref() {
            Some("success") | None => Verdict::Delivered,
            Some(_) => again(),
        },
        // Its own answer is 202; another one is somebody else's.
        Channel::PagerDuty => again(),
        Channel::Webhook | Channel::Alertmanager | Channel::Email => Verdict::Delivered,
    }
}

/// `ok`, or `{"ok":true}`; anything else is an error, whatever the status.
fn slack(status: u16, text: &str) -> Verdict {
    let json = serde_json::from_str::<Value>(text).ok();
    let is_ok = json.as_ref().and_then(|json| json.get("ok")).and_then(Value::as_bool);
    if text == "ok" || is_ok == Some(true) {
        return Verdict::Delivered;
    }
    let error = says(text, "error").unwrap_or_else(|| text.to_owned());
    if SLACK_REFUSALS.contains(&error.as_str()) {
        return Verdict::Refused { why: told(status, text) };
    }
    Verdict::Again { why: told(status, text), after_ms: None }
}

/// Teams answers 200 and tells the error of what stands behind it in the text.
fn teams(status: u16, text: &str) -> Verdict {
    let lower = text.to_lowercase();
    if !lower.contains("error") && !lower.contains("failed") {
        return Verdict::Delivered;
    }
    let behind =
        lower.split("http error ").nth(1).map(|rest| rest.chars().take(3).collect::<String>());
    match behind.and_then(|status| status.parse::<u16>().ok()) {
        Some(behind) if (400..500).contains(&behind) && behind != 408 && behind != 429 => {
            Verdict::Refused { why: told(status, text) }
        }
        _ => Verdict::Again { why: told(status, text), after_ms: None },
    }
}

fn says(text: &str, field: &str) -> Option<String> {
    let json = serde_json::from_str::<Value>(text).ok()?;
    json.get(field)?.as_str().map(str::to_owned)
}

/// Seconds, or a moment.
fn wait_ms(text: &str, now_ms: i64) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(i64::from(seconds) * 1_000);
    }
    let at = httpdate::parse_http_date(text).ok()?;
    let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).ok()?);
    let wait = at.duration_since(now).unwrap_or_default();
    i64::try_from(wait.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(channel: Channel, status: u16, body: &str) -> &'static str {
        let answer = Answer { status, body: body.as_bytes().to_vec(), ..Answer::default() };
        match judge(channel, &answer, 0) {
            Verdict::Delivered => "delivered",
            Verdict::Again { .. } => "again",
            Verdict::Refused { .. } => "refused",
        }
    }

    #[test]
    fn answers_mean_what_their_channel_means_by_them() {
        use Channel::{Alertmanager, PagerDuty, Slack, Teams, Webhook};
        let behind = |status| {
            format!(
                "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {status} with ContextId x"
            )
        };
        for (channel, status, body, expected) in [
            (Webhook, 200, "", "delivered"),
            (Webhook, 204, "", "delivered"),
            (Webhook, 200, "<!DOCTYPE html><title>Sign in</title>", "again"),
            (Webhook, 200, " <html>", "again"),
            (Webhook, 301, "", "again"),
            (Webhook, 302, "", "again"),
            (Webhook, 400, "no", "refused"),
            (Webhook, 401, "", "refused"),
            (Webhook, 404, "", "refused"),
            (Webhook, 408, "", "again"),
            (Webhook, 410, "", "refused"),
            (Webhook, 429, "", "again"),
            (Webhook, 500, "", "again"),
            (Webhook, 503, "", "again"),
            (Webhook, 999, "", "again"),
            (Alertmanager, 200, "", "delivered"),
            (Alertmanager, 400, "bad", "refused"),
            (Slack, 200, "ok", "delivered"),
            (Slack, 200, r#"{"ok":true}"#, "delivered"),
            (Slack, 200, r#"{"ok":false,"error":"invalid_auth"}"#, "refused"),
            (Slack, 200, r#"{"ok":false,"error":"ratelimited"}"#, "again"),
            (Slack, 200, "no_service", "refused"),
            (Slack, 200, "", "again"),
            (Slack, 200, "something else", "again"),
            (Teams, 202, "", "delivered"),
            (Teams, 200, "1", "delivered"),
            (Teams, 200, &behind(429), "again"),
            (Teams, 200, &behind(413), "refused"),
            (Teams, 200, "Summary or Text is required: an error", "again"),
            (PagerDuty, 202, r#"{"status":"success","dedup_key":"k"}"#, "delivered"),
            (PagerDuty, 202, "", "delivered"),
            (PagerDuty, 200, r#"{"status":"success"}"#, "again"),
            (PagerDuty, 202, r#"{"status":"throttled"}"#, "again"),
            (PagerDuty, 400, r#"{"status":"invalid event"}"#, "refused"),
        ] {
            assert_eq!(judged(channel, status, body), expected, "{channel:?} {status} {body}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_moment() {
        assert_eq!(wait_ms("120", 0), Some(120_000));
        let at = "Thu, 01 Jan 1970 00:01:40 GMT";
        assert_eq!(wait_ms(at, 40_000), Some(60_000));
        assert_eq!(wait_ms(at, 400_000), Some(0), "what has passed is now");
        for odd in ["", "-1", "soon", "99999999999999999999"] {
            assert_eq!(wait_ms(odd, 0), None, "{odd}");
        }
        let answer = Answer { status: 503, retry_after: Some("7".to_owned()), ..Answer::default() };
        let Verdict::Again { after_ms, .. } = judge(Channel::Webhook, &answer, 0) else { panic!() };
        assert_eq!(after_ms, Some(7_000));
    }

    #[test]
    fn a_redirect_is_told_with_its_host() {
        let answer =
            Answer { status: 302, location: Some("login.example".to_owned()), ..Answer::default() };
        let Verdict::Again { why, .. } = judge(Channel::Webhook, &answer, 0) else { panic!() };
        assert!(why.contains("302 and sends us to login.example"), "{why}");
    }
}
