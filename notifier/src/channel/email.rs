//! A mail: plain text, and the same as HTML.
//!
//! **Invariant:** the `Message-ID` is made of the delivery key, so a server or a reader that sees it twice
//! keeps one; all mails of a group refer to one id, so they are a thread. No line of an alert can add a
//! header.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use super::{Telling, line};
use crate::config::Email;
use crate::text::{fit, html, one_line};

const SUBJECT_MAX: usize = 200;

/// A mail, and who it is from and for as the server is told.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Sender and recipients.
    pub envelope: lettre::address::Envelope,
    /// All of the message.
    pub message: Vec<u8>,
}

pub(super) fn render(to: &Email, telling: Telling<'_>) -> Result<Mail, String> {
    let from = mailbox(&to.from)?;
    let id = |of: &str| format!("<{of}@{}>", from.email.domain());
    let (root, key) = (id(&format!("group.{}", telling.group_id())), telling.key());
    let said = u64::try_from(telling.told.attributes.time.millis()).unwrap_or(0);
    let mut mail = Message::builder()
        .message_id(Some(id(&key)))
        .in_reply_to(root.clone())
        .references(root)
        .date(UNIX_EPOCH + Duration::from_millis(said))
        .subject(fit(&one_line(&telling.data().title), SUBJECT_MAX))
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Isobar-Delivery-Key", &key))
        .from(from);
    for address in &to.to {
        mail = mail.to(mailbox(address)?);
    }
    let made = mail.multipart(parts(telling, &key));
    let message = made.map_err(|error| format!("cannot write the mail: {error}"))?;
    Ok(Mail { envelope: message.envelope().clone(), message: message.formatted() })
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn mailbox(address: &str) -> Result<Mailbox, String> {
    address.parse().map_err(|error| format!("`{address}` is no mail address: {error}"))
}

fn parts(telling: Telling<'_>, key: &str) -> MultiPart {
    // A boundary of its own, so that the same mail has the same bytes.
    let parts = MultiPart::alternative().boundary(format!("isobar-{key}"));
    parts
        .singlepart(SinglePart::plain(plain(telling)))
        .singlepart(SinglePart::html(as_html(telling)))
}

fn plain(telling: Telling<'_>) -> String {
    let mut text = format!("{}\n\n", one_line(&telling.data().title));
    for member in &telling.data().members {
        text.push_str(&format!("- {}\n", line(member)));
        if let Some(url) = telling.link(member) {
            text.push_str(&format!("  {url}\n"));
        }
    }
    if telling.more(0) > 0 {
        text.push_str(&format!("and {} more\n", telling.more(0)));
    }
    text + &format!("\n{}\n", telling.group_key())
}

fn as_html(telling: Telling<'_>) -> String {
    let mut text = format!("<h3>{}</h3>\n<ul>\n", html(&one_line(&telling.data().title)));
    for member in &telling.data().members {
        let line = html(&line(member));
        text.push_str(&match telling.link(member) {
            Some(url) => format!("<li>{line} <a href=\"{}\">open</a></li>\n", html(&url)),
            None => format!("<li>{line}</li>\n"),
        });
    }
    text.push_str("</ul>\n");
    if telling.more(0) > 0 {
        text.push_str(&format!("<p>and {} more</p>\n", telling.more(0)));
    }
    text + &format!("<p><small>{}</small></p>\n", html(&telling.group_key()))
}
