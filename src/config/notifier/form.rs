//! The section as it is written. Secrets stand in it, in files it names, or in the environment.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::config::section::Lasting;

/// The file; its other sections are read elsewhere.
#[derive(Default, Deserialize)]
pub(super) struct Form {
    #[serde(default)]
    pub(super) notifier: NotifierForm,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NotifierForm {
    pub(super) receivers: BTreeMap<String, ReceiverForm>,
    pub(super) give_up_after: Option<Lasting>,
    pub(super) delayed_after: Option<Lasting>,
    pub(super) timeout: Option<Lasting>,
    pub(super) external_url: Option<String>,
}

/// One of its fields is given.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ReceiverForm {
    pub(super) webhook: Option<EndpointForm>,
    pub(super) alertmanager: Option<AlertmanagerForm>,
    pub(super) slack: Option<EndpointForm>,
    pub(super) teams: Option<EndpointForm>,
    pub(super) pagerduty: Option<PagerDutyForm>,
    pub(super) email: Option<EmailForm>,
}

impl ReceiverForm {
    pub(super) fn count(&self) -> usize {
        let endpoints = [&self.webhook, &self.slack, &self.teams];
        let endpoints = endpoints.into_iter().filter(|form| form.is_some()).count();
        let others = [self.alertmanager.is_some(), self.pagerduty.is_some(), self.email.is_some()];
        endpoints + others.into_iter().filter(|is_given| *is_given).count()
    }
}

/// A secret in one of the three ways to give it.
pub(super) struct SecretForm<'f> {
    pub(super) plain: Option<&'f str>,
    pub(super) file: Option<&'f str>,
    pub(super) env: Option<&'f str>,
}

impl<'f> SecretForm<'f> {
    fn of(plain: &'f Option<String>, file: &'f Option<String>, env: &'f Option<String>) -> Self {
        let (plain, file, env) = (plain.as_deref(), file.as_deref(), env.as_deref());
        Self { plain, file, env }
    }
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EndpointForm {
    url: Option<String>,
    url_file: Option<String>,
    url_env: Option<String>,
    bearer_token: Option<String>,
    bearer_token_file: Option<String>,
    bearer_token_env: Option<String>,
}

impl EndpointForm {
    pub(super) fn url(&self) -> SecretForm<'_> {
        SecretForm::of(&self.url, &self.url_file, &self.url_env)
    }

    pub(super) fn bearer_token(&self) -> SecretForm<'_> {
        SecretForm::of(&self.bearer_token, &self.bearer_token_file, &self.bearer_token_env)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AlertmanagerForm {
    url: Option<String>,
    url_file: Option<String>,
    url_env: Option<String>,
    bearer_token: Option<String>,
    bearer_token_file: Option<String>,
    bearer_token_env: Option<String>,
    pub(super) resend_every: Option<Lasting>,
    pub(super) holds_for: Option<Lasting>,
}

impl AlertmanagerForm {
    pub(super) fn endpoint(&self) -> EndpointForm {
        EndpointForm {
            url: self.url.clone(),
            url_file: self.url_file.clone(),
            url_env: self.url_env.clone(),
            bearer_token: self.bearer_token.clone(),
            bearer_token_file: self.bearer_token_file.clone(),
            bearer_token_env: self.bearer_token_env.clone(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PagerDutyForm {
    routing_key: Option<String>,
    routing_key_file: Option<String>,
    routing_key_env: Option<String>,
    pub(super) url: Option<String>,
}

impl PagerDutyForm {
    pub(super) fn routing_key(&self) -> SecretForm<'_> {
        SecretForm::of(&self.routing_key, &self.routing_key_file, &self.routing_key_env)
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct EmailForm {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) tls: TlsForm,
    pub(super) user: Option<String>,
    password: Option<String>,
    password_file: Option<String>,
    password_env: Option<String>,
    pub(super) from: String,
    pub(super) to: Vec<String>,
}

impl EmailForm {
    pub(super) fn password(&self) -> SecretForm<'_> {
        SecretForm::of(&self.password, &self.password_file, &self.password_env)
    }
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TlsForm {
    #[default]
    Starttls,
    Implicit,
    None,
}
