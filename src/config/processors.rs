//! The section `processors` of the configuration file: formats, tenants, routes and horizons.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use processors::service::{ProcessorsConfig, Routes};
use processors::tenant::Tenants;
use processors::{Catalog, Known};
use schemas::source_class::SourceClass;
use schemas::topic;
use serde::Deserialize;

use super::section::{self, ByClass, ClassName, Lasting};
use crate::mappings::{catalog, known};

/// The file; its other sections are read elsewhere.
#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    processors: Section,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    mappings: Vec<PathBuf>,
    topics: BTreeMap<String, OfTopic>,
    accounts: BTreeMap<String, String>,
    routes: RoutesSection,
    horizon: ByClass,
    future: Option<Lasting>,
    expected_events_per_second: Option<u64>,
    dedup_memory_max_mb: Option<u64>,
}

/// What remembered ids may take, unless the file says otherwise.
const DEDUP_MEMORY_MAX_MB: u64 = 2_048;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OfTopic {
    format: Option<String>,
    tenant: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RoutesSection {
    events: Option<BTreeSet<SourceClass>>,
    signals: Option<BTreeSet<SourceClass>>,
}

/// What the section of this file means.
///
/// # Errors
/// What is wrong, with file and line.
pub(super) fn read(path: &Path) -> Result<ProcessorsConfig, String> {
    section::text_of(path)
        .map_or(Ok(ProcessorsConfig::default()), |text| parse(&path.display().to_string(), &text))
}

fn parse(name: &str, text: &str) -> Result<ProcessorsConfig, String> {
    let File { processors } = section::parse(name, text)?;
    processors.config().map_err(|(word, what)| {
        format!("{name}:{}: processors: {what}", section::line_of(text, &word))
    })
}

impl Section {
    /// What it means; else what is wrong, after the word by which its line is found.
    fn config(self) -> Result<ProcessorsConfig, (String, String)> {
        let default = ProcessorsConfig::default();
        let catalog = catalog(&self.mappings)
            .map_err(|error| ("mappings:".to_owned(), format!("{error:#}")))?;
        let mut config = ProcessorsConfig {
            catalog,
            tenants: Tenants { of_topic: None, of_account: self.accounts },
            routes: Routes {
                events: self.routes.events.unwrap_or(default.routes.events),
                signals: self.routes.signals.unwrap_or(default.routes.signals),
            },
            future_ms: self.future.map_or(default.future_ms, |Lasting(ms)| ms),
            expected_events_per_second: self
                .expected_events_per_second
                .unwrap_or(default.expected_events_per_second),
            ..ProcessorsConfig::default()
        };
        for (ClassName(class), Lasting(ms)) in self.horizon {
            match class {
                Some(class) => drop(config.horizon_ms.insert(class, ms)),
                None => config.horizon_default_ms = ms,
            }
        }
        let (needed_mb, limit_mb) = (
            config.dedup_bytes() / 1_000_000,
            self.dedup_memory_max_mb.unwrap_or(DEDUP_MEMORY_MAX_MB),
        );
        if needed_mb > limit_mb {
            return Err((
                "horizon:".to_owned(),
                format!(
                    "deduplication would take {needed_mb} MB at {} events/s and the longest horizon, and \
                 may take {limit_mb}: shorten `horizon`, correct `expected_events_per_second`, or \
                 raise `dedup_memory_max_mb`",
                    config.expected_events_per_second
                ),
            ));
        }
        for (topic, of_topic) in self.topics {
            of_topic.add(&topic, catalog, &mut config).map_err(|what| (topic, what))?;
        }
        Ok(config)
    }
}

impl OfTopic {
    fn add(
        self,
        topic: &str,
        catalog: &Catalog,
        config: &mut ProcessorsConfig,
    ) -> Result<(), String> {
        if !topic::INPUTS.iter().any(|input| input.name == topic) {
            let inputs: Vec<_> = topic::INPUTS.iter().map(|input| input.name).collect();
            return Err(format!("{topic} is no input topic; there are {}", inputs.join(", ")));
        }
        if let Some(format) = self.format {
            let format: Known = known(catalog, &format).map_err(|error| error.to_string())?;
            config.formats.insert(topic.to_owned(), format);
        }
        if let Some(tenant) = self.tenant {
            config.tenant_of_topic.insert(topic.to_owned(), tenant);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_read() {
        let text = "\
brokers: kafka:9092
processors:
  topics:
    isobar.in.audit: {format: aws-cloudtrail, tenant: acme}
  accounts: {\"123456789012\": shop}
  routes: {signals: [deploy, alert]}
  horizon: {default: 5m, audit: 1h}
  future: 30s
";
        let config = parse("isobar.yaml", text).unwrap();
        assert_eq!(config.formats.get("isobar.in.audit").unwrap().name(), "aws-cloudtrail");
        assert_eq!(config.tenant_of_topic.get("isobar.in.audit").unwrap(), "acme");
        assert_eq!(config.tenants.of_account.get("123456789012").unwrap(), "shop");
        assert_eq!(config.routes.signals, [SourceClass::Deploy, SourceClass::Alert].into());
        assert_eq!(config.routes.events.len(), SourceClass::ALL.len());
        assert_eq!((config.horizon_default_ms, config.future_ms), (300_000, 30_000));
        assert_eq!(config.horizon_ms.get(&SourceClass::Audit), Some(&3_600_000));
        assert!(parse("isobar.yaml", "brokers: kafka:9092").unwrap().formats.is_empty());
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let wrong =
            |section: &str| parse("f.yaml", &format!("processors:\n  {section}\n")).unwrap_err();
        for (section, told) in [
            ("topic: {}", "f.yaml:2: processors: unknown field `topic`, expected one of"),
            ("future: 5", "f.yaml:2: processors: `5` is no duration"),
            ("horizon: {audits: 5m}", "f.yaml:2: processors.horizon: `audits` is no class"),
            (
                "topics: {isobar.in.audits: {}}",
                "f.yaml:2: processors: isobar.in.audits is no input topic",
            ),
            (
                "topics: {isobar.in.audit: {format: aws-cloudtrial}}",
                "f.yaml:2: processors: there is no format aws-cloudtrial; did you mean aws-cloudtrail?",
            ),
            (
                "horizon: {audit: 365h}",
                "f.yaml:2: processors: deduplication would take 144546 MB at 5000 events/s",
            ),
            ("mappings: [/nowhere.yaml]", "f.yaml:2: processors: cannot read /nowhere.yaml"),
        ] {
            assert!(wrong(section).starts_with(told), "{}", wrong(section));
        }
    }
}
