//! The section `notifier` of the configuration file: how receivers are reached.
//!
//! **Invariant:** secrets are fetched only where the notifier runs, as other services need not have them;
//! and no problem that is told holds one.

mod form;

use std::collections::BTreeMap;
use std::path::Path;

use ::notifier::config::{
    Alertmanager, Email, Endpoint, MailTls, NotifierConfig, PagerDuty, Receiver, Secret,
    check_mail_address,
};
use correlator::alert::AlertsConfig;

use super::{Environment, Given, section};
use form::{EmailForm, Form, ReceiverForm, SecretForm, TlsForm};

const HOUR_MS: i64 = 3_600_000;
/// Where `PagerDuty` takes events.
const PAGERDUTY_URL: &str = "https://events.pagerduty.com/v2/enqueue";

/// The section as it is meant, where the notifier runs; elsewhere only its form is looked at.
pub(super) fn read(
    path: Option<&Path>,
    is_run: bool,
    alerts: &AlertsConfig,
    given: &mut Given<'_>,
) -> Option<NotifierConfig> {
    let text = path.and_then(section::text_of).unwrap_or_default();
    let name = path.map_or_else(|| "isobar.yaml".to_owned(), |path| path.display().to_string());
    let environment = given.environment();
    match parse(&name, &text, is_run.then_some(environment), alerts) {
        Ok(config) => config,
        Err(problems) => {
            problems.into_iter().for_each(|problem| given.problem(problem));
            None
        }
    }
}

fn parse(
    name: &str,
    text: &str,
    environment: Option<Environment<'_>>,
    alerts: &AlertsConfig,
) -> Result<Option<NotifierConfig>, Vec<String>> {
    let form: Form = section::parse(name, text).map_err(|problem| vec![problem])?;
    let Some(environment) = environment else { return Ok(None) };
    let mut reading = Reading { name, text, environment, problems: Vec::new() };
    let config = reading.config(&form);
    reading.check_channels(&config, alerts);
    if reading.problems.is_empty() { Ok(Some(config)) } else { Err(reading.problems) }
}

/// A section that is being read, and what is wrong with it.
struct Reading<'t> {
    name: &'t str,
    text: &'t str,
    environment: Environment<'t>,
    problems: Vec<String>,
}

impl Reading<'_> {
    fn problem(&mut self, at: &[&str], what: &str) {
        let line = line_of(self.text, at);
        self.problems.push(format!("{}:{line}: notifier.{}: {what}", self.name, at.join(".")));
    }

    fn config(&mut self, form: &Form) -> NotifierConfig {
        let default = NotifierConfig::default();
        let of = &form.notifier;
        let timeout_ms = self.within("timeout", of.timeout, (1_000, 60_000), 10_000);
        let config = NotifierConfig {
            receivers: self.receivers(&of.receivers),
            give_up_after_ms: self.within(
                "give_up_after",
                of.give_up_after,
                (60_000, 7 * 24 * HOUR_MS),
                default.give_up_after_ms,
            ),
            delayed_after_ms: self.within(
                "delayed_after",
                of.delayed_after,
                (10_000, 24 * HOUR_MS),
                default.delayed_after_ms,
            ),
            timeout_ms: u64::try_from(timeout_ms).unwrap_or(default.timeout_ms),
            external_url: of.external_url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
        };
        if let Some(url) = &config.external_url
            && !is_url(url)
        {
            self.problem(&["external_url"], "give an address, https://HOST/…");
        }
        config
    }

    fn within(
        &mut self,
        name: &str,
        given: Option<section::Lasting>,
        (least, most): (i64, i64),
        default: i64,
    ) -> i64 {
        let Some(section::Lasting(given)) = given else { return default };
        if !(least..=most).contains(&given) {
            let what = format!("give from {} s to {} s", least / 1_000, most / 1_000);
            self.problem(&[name], &what);
        }
        given
    }

    fn receivers(&mut self, forms: &BTreeMap<String, ReceiverForm>) -> BTreeMap<String, Receiver> {
        let mut receivers = BTreeMap::new();
        for (name, form) in forms {
            if let Some(receiver) = self.receiver(name, form) {
                receivers.insert(name.clone(), receiver);
            }
        }
        receivers
    }

    fn receiver(&mut self, name: &str, form: &ReceiverForm) -> Option<Receiver> {
        if form.count() != 1 {
            let what = "give one of webhook, alertmanager, slack, teams, pagerduty, email";
            self.problem(&["receivers", name], what);
            return None;
        }
        let at = ["receivers", name];
        if let Some(of) = &form.webhook {
            return self.endpoint([at[0], at[1], "webhook"], of).map(Receiver::Webhook);
        }
        if let Some(of) = &form.slack {
            return self.endpoint([at[0], at[1], "slack"], of).map(Receiver::Slack);
        }
        if let Some(of) = &form.teams {
            return self.endpoint([at[0], at[1], "teams"], of).map(Receiver::Teams);
        }
        if let Some(of) = &form.alertmanager {
            let endpoint = self.endpoint([at[0], at[1], "alertmanager"], &of.endpoint())?;
            let resend_every_ms = of.resend_every.map_or(60_000, |of| of.0);
            let holds_for_ms = of.holds_for.map_or(72 * HOUR_MS, |of| of.0);
            if resend_every_ms < 10_000 || holds_for_ms < 2 * resend_every_ms {
                let what = "resend_every is 10s at least, and holds_for twice as long at least";
                self.problem(&[at[0], at[1], "alertmanager"], what);
            }
            return Some(Receiver::Alertmanager(Alertmanager {
                endpoint,
                resend_every_ms,
                holds_for_ms,
            }));
        }
        if let Some(of) = &form.pagerduty {
            let at = [at[0], at[1], "pagerduty"];
            let routing_key = self.needed(at, "routing_key", &of.routing_key())?;
            let url = of.url.clone().unwrap_or_else(|| PAGERDUTY_URL.to_owned());
            if !is_url(&url) {
                self.problem(
                    &[at[0], at[1], at[2], "url"],
                    "give an address, https://HOST/v2/enqueue",
                );
            }
            return Some(Receiver::PagerDuty(PagerDuty { routing_key, url }));
        }
        form.email
            .as_ref()
            .and_then(|of| self.email([at[0], at[1], "email"], of))
            .map(Receiver::Email)
    }

    fn endpoint(&mut self, at: [&str; 3], of: &form::EndpointForm) -> Option<Endpoint> {
        let url = self.needed(at, "url", &of.url())?;
        if !is_url(url.reveal()) {
            self.problem(&[at[0], at[1], at[2], "url"], "this is no address; give https://HOST/…");
            return None;
        }
        let bearer_token = self.secret(at, "bearer_token", &of.bearer_token());
        Some(Endpoint { url, bearer_token })
    }

    fn email(&mut self, at: [&str; 3], of: &EmailForm) -> Option<Email> {
        let tls = match of.tls {
            TlsForm::Starttls => MailTls::StartTls,
            TlsForm::Implicit => MailTls::Implicit,
            TlsForm::None => MailTls::None,
        };
        let port = of.port.unwrap_or(if tls == MailTls::Implicit { 465 } else { 587 });
        for address in of.to.iter().chain([&of.from]) {
            if let Err(why) = check_mail_address(address) {
                self.problem(&[at[0], at[1], at[2]], &why);
            }
        }
        if of.to.is_empty() || of.host.is_empty() {
            self.problem(&at, "give host, from, and at least one address in to");
        }
        let password = self.secret(at, "password", &of.password());
        if password.is_some() && (tls == MailTls::None || of.user.is_none()) {
            self.problem(&at, "a password needs a user, and tls: starttls or implicit");
        }
        let (host, from, to) = (of.host.clone(), of.from.clone(), of.to.clone());
        Some(Email { host, port, tls, user: of.user.clone(), password, from, to })
    }

    fn needed(&mut self, at: [&str; 3], field: &str, of: &SecretForm<'_>) -> Option<Secret> {
        let problems = self.problems.len();
        let secret = self.secret(at, field, of);
        if secret.is_none() && self.problems.len() == problems {
            let what = format!("give {field}, {field}_file or {field}_env");
            self.problem(&at, &what);
        }
        secret
    }

    /// A text that is given itself, in a file, or in the environment; in one of these ways.
    fn secret(&mut self, at: [&str; 3], field: &str, of: &SecretForm<'_>) -> Option<Secret> {
        let read = match (of.plain, of.file, of.env) {
            (None, None, None) => return None,
            (Some(text), None, None) => Ok(text.to_owned()),
            (None, Some(path), None) => std::fs::read_to_string(path)
                .map_err(|error| (format!("{field}_file"), format!("cannot read {path}: {error}"))),
            (None, None, Some(name)) => (self.environment)(name).ok_or_else(|| {
                (format!("{field}_env"), format!("the environment has no variable {name}; set it"))
            }),
            _ => Err((field.to_owned(), format!("give one of {field}, {field}_file, {field}_env"))),
        };
        match read.map(|text| text.trim().to_owned()) {
            Ok(text) if !text.is_empty() => Some(Secret::new(text)),
            Ok(_) => {
                self.problem(&[at[0], at[1], at[2], field], "it is empty");
                None
            }
            Err((field, what)) => {
                self.problem(&[at[0], at[1], at[2], &field], &what);
                None
            }
        }
    }

    /// What routes believe a receiver to be, it has to be.
    fn check_channels(&mut self, config: &NotifierConfig, alerts: &AlertsConfig) {
        for of in &alerts.receivers {
            let Some(receiver) = config.receivers.get(&of.name) else { continue };
            if receiver.channel() != of.channel {
                let (here, there) = (receiver.channel(), of.channel);
                let what = format!("it is {here:?} here, and {there:?} in alerts.receivers");
                self.problem(&["receivers", &of.name], &what);
            }
        }
    }
}

fn is_url(text: &str) -> bool {
    let uri = text.parse::<ureq::http::Uri>().ok();
    let scheme = uri.as_ref().and_then(|uri| uri.scheme_str());
    let has_host = uri.as_ref().and_then(|uri| uri.host()).is_some_and(|host| !host.is_empty());
    has_host && matches!(scheme, Some("http" | "https"))
}

/// The line of the last of these words that there is, each looked for below the one before.
fn line_of(text: &str, at: &[&str]) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let mut line = 0;
    for (depth, word) in ["notifier"].iter().chain(at).enumerate() {
        let is_it = |text: &&str| {
            let key = text.trim_start().trim_start_matches(['{', '"', '\'']);
            is_key(key, word) || (depth > 2 && inner_keys(text).any(|key| is_key(key, word)))
        };
        let Some(found) = lines.iter().skip(line).position(is_it) else { break };
        line += found;
    }
    line + 1
}

/// Whether a text begins with this key, or with the file or the variable that holds it.
fn is_key(text: &str, word: &str) -> bool {
    let Some(rest) = text.strip_prefix(word) else { return false };
    let rest = rest.strip_prefix("_file").or_else(|| rest.strip_prefix("_env")).unwrap_or(rest);
    rest.trim_start_matches(['"', '\'']).starts_with(':')
}

/// What follows each brace and comma of a line.
fn inner_keys(line: &str) -> impl Iterator<Item = &str> {
    line.split(['{', ',']).skip(1).map(|text| text.trim_start().trim_start_matches(['"', '\'']))
}

#[cfg(test)]
mod tests;
