//! All formats there are: those that are code, the mappings that come with Isobar, and the user's own.

use std::sync::LazyLock;

use crate::formats::{BROAD_FORMATS, FORMATS, Format, Look};
use crate::input::Input;
use crate::mapping::{Mapping, MappingError};
use crate::sink::{Refusal, Sink};

/// The mappings that come with Isobar: file and text. The first that a value looks like is taken.
const BUILT_IN: &[(&str, &str)] = &[
    ("github-webhook.yaml", include_str!("../mappings/github-webhook.yaml")),
    ("github-audit.yaml", include_str!("../mappings/github-audit.yaml")),
    ("gitlab-webhook.yaml", include_str!("../mappings/gitlab-webhook.yaml")),
    ("bitbucket-webhook.yaml", include_str!("../mappings/bitbucket-webhook.yaml")),
    ("azure-devops.yaml", include_str!("../mappings/azure-devops.yaml")),
    ("jira.yaml", include_str!("../mappings/jira.yaml")),
    ("linear.yaml", include_str!("../mappings/linear.yaml")),
    ("asana.yaml", include_str!("../mappings/asana.yaml")),
    ("trello.yaml", include_str!("../mappings/trello.yaml")),
    ("servicenow.yaml", include_str!("../mappings/servicenow.yaml")),
    ("confluence.yaml", include_str!("../mappings/confluence.yaml")),
    ("notion.yaml", include_str!("../mappings/notion.yaml")),
    ("gitbook.yaml", include_str!("../mappings/gitbook.yaml")),
    ("sharepoint.yaml", include_str!("../mappings/sharepoint.yaml")),
    ("sharepoint-webhook.yaml", include_str!("../mappings/sharepoint-webhook.yaml")),
    ("isobar-native.yaml", include_str!("../mappings/isobar-native.yaml")),
    ("alertmanager-webhook.yaml", include_str!("../mappings/alertmanager-webhook.yaml")),
    ("grafana-alert.yaml", include_str!("../mappings/grafana-alert.yaml")),
    ("prometheus-alert.yaml", include_str!("../mappings/prometheus-alert.yaml")),
    ("pagerduty.yaml", include_str!("../mappings/pagerduty.yaml")),
    ("datadog.yaml", include_str!("../mappings/datadog.yaml")),
    ("sentry.yaml", include_str!("../mappings/sentry.yaml")),
    ("newrelic.yaml", include_str!("../mappings/newrelic.yaml")),
    ("dynatrace.yaml", include_str!("../mappings/dynatrace.yaml")),
    ("zabbix.yaml", include_str!("../mappings/zabbix.yaml")),
    ("graylog.yaml", include_str!("../mappings/graylog.yaml")),
    ("signalfx.yaml", include_str!("../mappings/signalfx.yaml")),
    ("dash0.yaml", include_str!("../mappings/dash0.yaml")),
    ("axiom.yaml", include_str!("../mappings/axiom.yaml")),
    ("wazuh.yaml", include_str!("../mappings/wazuh.yaml")),
    ("netbox.yaml", include_str!("../mappings/netbox.yaml")),
    ("gcp-alert.yaml", include_str!("../mappings/gcp-alert.yaml")),
    ("azure-alert.yaml", include_str!("../mappings/azure-alert.yaml")),
    ("keep.yaml", include_str!("../mappings/keep.yaml")),
    ("slack-event.yaml", include_str!("../mappings/slack-event.yaml")),
    ("slack-audit.yaml", include_str!("../mappings/slack-audit.yaml")),
    ("teams.yaml", include_str!("../mappings/teams.yaml")),
    ("teams-graph.yaml", include_str!("../mappings/teams-graph.yaml")),
    ("okta.yaml", include_str!("../mappings/okta.yaml")),
    ("okta-event-hook.yaml", include_str!("../mappings/okta-event-hook.yaml")),
    ("google-workspace.yaml", include_str!("../mappings/google-workspace.yaml")),
    ("onelogin.yaml", include_str!("../mappings/onelogin.yaml")),
    ("zoom-operation.yaml", include_str!("../mappings/zoom-operation.yaml")),
    ("onepassword.yaml", include_str!("../mappings/onepassword.yaml")),
    ("gitlab-production.yaml", include_str!("../mappings/gitlab-production.yaml")),
    ("ocsf.yaml", include_str!("../mappings/ocsf.yaml")),
];

/// A format that can be read.
#[derive(Clone, Copy, Debug)]
pub enum Known {
    /// It is code.
    Code(&'static Format),
    /// It is a file.
    Mapping(&'static Mapping),
}

impl Known {
    /// Its name, in settings, summaries and dead letters.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Code(format) => format.name,
            Self::Mapping(mapping) => mapping.name,
        }
    }

    /// Gives everything a value holds to the sink.
    ///
    /// # Errors
    /// When the value cannot be read as this.
    pub fn read(self, input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
        match self {
            Self::Code(format) => (format.read)(input, sink),
            Self::Mapping(mapping) => mapping.read(input, sink),
        }
    }

    fn looks_like(self, look: &Look<'_>) -> bool {
        match self {
            Self::Code(format) => (format.sniff)(look),
            Self::Mapping(mapping) => mapping.looks_like(look),
        }
    }
}

/// Formats in the order in which they are tried.
#[derive(Debug)]
pub struct Catalog {
    formats: Vec<Known>,
}

impl Catalog {
    /// Those that come with Isobar.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::of(Vec::new()));
        &CATALOG
    }

    /// The same, with the user's own mappings before them: whoever writes one means it.
    ///
    /// The catalogue is kept as long as the process: it is read once, when that starts.
    ///
    /// # Errors
    /// When two of them have one name.
    pub fn with(own: Vec<Mapping>) -> Result<&'static Self, MappingError> {
        let catalog = Self::of(own);
        let mut names: Vec<_> = catalog.names().collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair.first() == pair.last()) {
            Some(pair) => Err(MappingError(format!(
                "there are two formats called {}; give yours another name",
                pair.first().copied().unwrap_or_default()
            ))),
            None => Ok(Box::leak(Box::new(catalog))),
        }
    }

    fn of(own: Vec<Mapping>) -> Self {
        let mapped = |mapping| Known::Mapping(Box::leak(Box::new(mapping)));
        #[expect(
            clippy::expect_used,
            reason = "they are part of the program; a test reads them all"
        )]
        let read = |(path, text): &(&str, &str)| Mapping::parse(path, text).expect("built in");
        let formats = own.into_iter().map(mapped);
        let formats = formats.chain(FORMATS.iter().map(Known::Code));
        let formats = formats.chain(BUILT_IN.iter().map(read).map(mapped));
        Self { formats: formats.chain(BROAD_FORMATS.iter().map(Known::Code)).collect() }
    }

    /// The format of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<Known> {
        self.formats.iter().find(|known| known.name() == name).copied()
    }

    /// Their names, in the order in which they are tried.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.formats.iter().map(|known| known.name())
    }

    /// All of them, in the order in which they are tried.
    pub fn iter(&self) -> impl Iterator<Item = Known> {
        self.formats.iter().copied()
    }

    /// The first that a value looks like.
    #[must_use]
    pub fn find(&self, look: &Look<'_>) -> Option<Known> {
        self.formats.iter().find(|known| known.looks_like(look)).copied()
    }
}
