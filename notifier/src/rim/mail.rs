//! One mail to its server.
//!
//! **Invariant:** a password leaves only over TLS. A server that says no for now (4yz) is asked again, one
//! that says no (5yz) is not; a certificate that does not fit, or a missing STARTTLS, is asked again, as a
//! person has to mend it and nothing may be lost meanwhile.

use std::time::Duration;

use lettre::Transport;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::SmtpTransport;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};

use crate::channel::Mail;
use crate::config::{Email, MailTls};
use crate::verdict::Verdict;

pub(super) fn send(to: &Email, mail: &Mail, timeout: Duration) -> Verdict {
    match transport(to, timeout).and_then(|server| server.send_raw(&mail.envelope, &mail.message)) {
        Ok(_) => Verdict::Delivered,
        Err(error) if error.is_permanent() => Verdict::Refused { why: told(to, &error) },
        Err(error) => Verdict::Again { why: told(to, &error), after_ms: None },
    }
}

fn transport(to: &Email, timeout: Duration) -> Result<SmtpTransport, Error> {
    let parameters = || TlsParameters::new(to.host.clone());
    let tls = match to.tls {
        MailTls::StartTls => Tls::Required(parameters()?),
        MailTls::Implicit => Tls::Wrapper(parameters()?),
        MailTls::None => Tls::None,
    };
    let server = SmtpTransport::builder_dangerous(to.host.clone())
        .port(to.port)
        .tls(tls)
        // For each step of the dialogue.
        .timeout(Some(timeout));
    let server = match (&to.user, &to.password) {
        (Some(user), Some(password)) if to.tls != MailTls::None => {
            server.credentials(Credentials::new(user.clone(), password.reveal().to_owned()))
        }
        _ => server,
    };
    Ok(server.build())
}

/// What the server said, without what we said to it.
fn told(to: &Email, error: &Error) -> String {
    format!("the mail server {}:{} does not take it: {error}", to.host, to.port)
}
