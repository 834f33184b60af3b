//! A Teams message: an adaptive card, by the webhook of a workflow.
//!
//! **Invariant:** the request stays below Teams' 28 KB, and texts are shown as text: in a `TextBlock` only
//! `[…](…)` and emphasis are markup, and both are taken out of what alerts say.

use serde_json::{Value, json};

use super::{HttpRequest, Telling, line};
use crate::config::Endpoint;
use crate::text::{fit, fit_lines, one_line};

/// Of bytes 28 KB are allowed; a character is at most 4 of them, or 6 where JSON escapes it.
const LINES_CHARACTERS_MAX: usize = 3_500;
const LINES_MAX: usize = 20;
const LINE_MAX: usize = 400;
const TITLE_MAX: usize = 250;

pub(super) fn render(endpoint: &Endpoint, telling: Telling<'_>) -> HttpRequest {
    HttpRequest::json(endpoint, &telling.key(), &payload(telling))
}

fn payload(telling: Telling<'_>) -> Value {
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": { "width": "Full" },
        "body": body(telling),
    });
    let first = telling.data().members.first();
    if let (Some(url), Some(card)) = (first.and_then(|of| telling.link(of)), card.as_object_mut()) {
        let actions = json!([{ "type": "Action.OpenUrl", "title": "Open", "url": url }]);
        card.insert("actions".to_owned(), actions);
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

fn body(telling: Telling<'_>) -> Vec<Value> {
    let colour = match telling.standing() {
        "resolved" => "Good",
        "info" => "Accent",
        "warning" => "Warning",
        _ => "Attention",
    };
    let title = plain(&fit(&one_line(&telling.data().title), TITLE_MAX));
    let mut body = vec![block(&title)];
    if let Some(title) = body.first_mut().and_then(Value::as_object_mut) {
        title.insert("size".to_owned(), json!("Large"));
        title.insert("weight".to_owned(), json!("Bolder"));
        title.insert("color".to_owned(), json!(colour));
    }
    body.extend(lines(telling).iter().map(|line| block(line)));
    let footer = format!("{} · key {}", telling.told.attributes.tenant, telling.key());
    body.push(block(&plain(&fit(&footer, TITLE_MAX))));
    body
}

fn block(text: &str) -> Value {
    json!({ "type": "TextBlock", "text": text, "wrap": true })
}

fn lines(telling: Telling<'_>) -> Vec<String> {
    let members = &telling.data().members;
    let all: Vec<_> =
        members.iter().take(LINES_MAX).map(|member| plain(&fit(&line(member), LINE_MAX))).collect();
    let (mut kept, cut) = fit_lines(&all, LINES_CHARACTERS_MAX);
    let more = telling.more(members.len() - all.len() + cut);
    if more > 0 {
        kept.push(format!("and {more} more"));
    }
    kept
}

/// Without what would be markup.
fn plain(text: &str) -> String {
    text.replace(['[', ']', '*'], " ").replace('_', "\u{2009}_\u{2009}")
}
