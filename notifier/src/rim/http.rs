//! One request and its answer, in bounded time and memory.
//!
//! **Invariants:** an attempt takes no longer than its deadline, however slowly the other side drips; at
//! most [`BODY_MAX`] of a body are read; a redirect is not followed, as the body and the token are for the
//! address that was given; no error names the address, which is a secret, but its host.

use std::io::Read;
use std::time::Duration;

use schemas::notification::Channel;
use ureq::http::{Response, Uri};
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body};

use super::now_ms;
use crate::channel::HttpRequest;
use crate::verdict::{Answer, Verdict, judge};

/// Of a longer body nothing more is read.
const BODY_MAX: u64 = 64 << 10;
const HEADERS_MAX: usize = 32 << 10;

/// A client of one receiver.
#[derive(Debug)]
pub(super) struct Http {
    agent: Agent,
}

impl Http {
    pub(super) fn new(timeout: Duration) -> Self {
        let tls = TlsConfig::builder()
            .provider(TlsProvider::NativeTls)
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(HEADERS_MAX)
            // A connection that was kept is the first thing to fail when a receiver restarts.
            .max_idle_connections(0)
            .user_agent(concat!("isobar/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls)
            .build();
        Self { agent: config.into() }
    }

    pub(super) fn post(&self, channel: Channel, request: &HttpRequest) -> Verdict {
        let mut made = self.agent.post(&request.url);
        for (name, value) in &request.headers {
            made = made.header(*name, value);
        }
        match made.send(&request.body[..]) {
            Ok(response) => judge(channel, &answer(response), now_ms()),
            Err(ureq::Error::RedirectFailed | ureq::Error::TooManyRedirects) => {
                judge(channel, &Answer { status: 307, ..Answer::default() }, now_ms())
            }
            Err(error) => failed(&request.url, &error),
        }
    }
}

fn answer(response: Response<Body>) -> Answer {
    let header = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    let location = header("location").map(|to| host_of(&to));
    let (status, retry_after) = (response.status().as_u16(), header("retry-after"));
    let mut body = Vec::new();
    // What came before an error is enough to judge by: the status has been said.
    drop(response.into_body().into_reader().take(BODY_MAX).read_to_end(&mut body));
    Answer { status, retry_after, location, body }
}

fn host_of(url: &str) -> String {
    let host = url.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    host.unwrap_or_else(|| "another path".to_owned())
}

/// Nothing was answered: it may be so later, but for an address that can never be asked.
fn failed(url: &str, error: &ureq::Error) -> Verdict {
    let host = host_of(url);
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Verdict::Refused {
            why: "the address or a header of this receiver cannot be used".to_owned(),
        },
        ureq::Error::HostNotFound => again(format!("the name {host} is not known")),
        error => again(format!("{host} cannot be reached: {}", hidden(&error.to_string(), url))),
    }
}

fn again(why: String) -> Verdict {
    Verdict::Again { why, after_ms: None }
}

/// The text without the address.
fn hidden(text: &str, url: &str) -> String {
    let path = url.parse::<Uri>().ok().map(|uri| uri.path().to_owned());
    let text = text.replace(url, "(address)");
    match path.filter(|path| path.len() > 1) {
        Some(path) => text.replace(&path, "(path)"),
        None => text,
    }
}
