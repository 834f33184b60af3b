//! A Slack message, by an incoming webhook.
//!
//! **Invariant:** it stays within Slack's limits (a header of 150 characters, a section of 3,000 after
//! escaping, 50 blocks), as a message beyond them is refused as a whole; and no text of an alert can call
//! people or make a link.

use schemas::notification::Member;
use serde_json::{Value, json};

use super::{HttpRequest, Telling, is_resolved, line};
use crate::config::Endpoint;
use crate::text::{fit, fit_lines, one_line, slack};

const HEADER_MAX: usize = 150;
const SECTION_MAX: usize = 3_000;
/// The text beside the blocks is what a phone shows; Slack asks for less than 4,000.
const TEXT_MAX: usize = 1_000;
const LINES_MAX: usize = 20;
/// One alert must not push the others out.
const LINE_MAX: usize = 400;

pub(super) fn render(endpoint: &Endpoint, telling: Telling<'_>) -> HttpRequest {
    HttpRequest::json(endpoint, &telling.key(), &payload(telling))
}

fn payload(telling: Telling<'_>) -> Value {
    let data = telling.data();
    let title = one_line(&data.title);
    let header = format!("{} {title}", sign(telling));
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": fit(&header, HEADER_MAX), "emoji": true },
    })];
    let lines = lines(telling);
    if !lines.is_empty() {
        blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": lines } }));
    }
    blocks.push(json!({
        "type": "context",
        "elements": [{ "type": "mrkdwn", "text": slack(&fit(&footer(telling), TEXT_MAX)) }],
    }));
    json!({ "text": slack(&fit(&header, TEXT_MAX)), "blocks": blocks })
}

/// What is seen before anything is read.
fn sign(telling: Telling<'_>) -> &'static str {
    match telling.standing() {
        "resolved" => "🟢",
        "info" => "🔵",
        "warning" => "🟡",
        _ => "🔴",
    }
}

fn lines(telling: Telling<'_>) -> String {
    let members = &telling.data().members;
    let all: Vec<_> =
        members.iter().take(LINES_MAX).map(|member| bullet(telling, member)).collect();
    // Room for the line that counts the others.
    let (mut kept, cut) = fit_lines(&all, SECTION_MAX - 60);
    let more = telling.more(members.len() - all.len() + cut);
    if more > 0 {
        kept.push(format!("and {more} more"));
    }
    kept.join("\n")
}

fn bullet(telling: Telling<'_>, member: &Member) -> String {
    let text = slack(&fit(&line(member), LINE_MAX));
    let text = if is_resolved(member) { format!("• ~{text}~") } else { format!("• {text}") };
    match telling.link(member) {
        Some(url) => format!("{text} <{url}|open>"),
        None => text,
    }
}

fn footer(telling: Telling<'_>) -> String {
    format!("{} · {} · key {}", telling.told.attributes.tenant, telling.group_key(), telling.key())
}
