//! Which log sources of Sigma our feeds are: `log_sources.yaml`, beside this file.
//!
//! **Invariant:** an event of a feed that is not in the table meets no rule.

use std::collections::BTreeMap;

use rsigma_eval::{CompiledDetection, CompiledRule};
use rsigma_parser::LogSource;
use serde::Deserialize;

const TABLE: &str = include_str!("log_sources.yaml");

/// What a feed is to rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The feed, as the `source` of an event's envelope names it.
    pub feed: String,
    /// Fields of the raw record, and the values of which each has to hold one.
    #[serde(default, rename = "where")]
    pub given: BTreeMap<String, Vec<String>>,
    /// The log sources it is.
    pub is: Vec<Source>,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
}

/// One log source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    product: String,
    service: String,
    category: Option<String>,
}

/// The table.
///
/// # Errors
/// When it is no table; a test reads it.
pub fn table() -> Result<Vec<Row>, serde_yaml_ng::Error> {
    serde_yaml_ng::from_str(TABLE)
}

impl Row {
    /// Whether rules of this log source are about these events.
    #[must_use]
    pub(crate) fn takes(&self, wanted: &LogSource) -> bool {
        let fits = |wanted: &Option<String>, is: Option<&str>| {
            wanted
                .as_deref()
                .is_none_or(|wanted| is.is_some_and(|is| is.eq_ignore_ascii_case(wanted)))
        };
        self.is.iter().any(|is| {
            fits(&wanted.product, Some(&is.product))
                && fits(&wanted.service, Some(&is.service))
                && fits(&wanted.category, is.category.as_deref())
        })
    }

    /// The rule with the names that the record of this feed has for its fields.
    pub(crate) fn renamed(&self, rule: &CompiledRule) -> CompiledRule {
        let mut rule = rule.clone();
        if !self.aliases.is_empty() {
            rule.detections.values_mut().for_each(|detection| self.rename(detection));
        }
        rule
    }

    fn rename(&self, detection: &mut CompiledDetection) {
        match detection {
            CompiledDetection::AllOf(items) => {
                for field in items.iter_mut().filter_map(|item| item.field.as_mut()) {
                    *field = self.name(field);
                }
            }
            CompiledDetection::AnyOf(parts) | CompiledDetection::And(parts) => {
                parts.iter_mut().for_each(|part| self.rename(part));
            }
            CompiledDetection::Keywords(_)
            | CompiledDetection::ArrayMatch { .. }
            | CompiledDetection::Conditional { .. } => {}
        }
    }

    fn name(&self, field: &str) -> String {
        if let Some(name) = self.aliases.get(field) {
            return name.clone();
        }
        let mut beginnings = self.aliases.iter().filter(|(alias, _)| alias.ends_with('.'));
        let renamed = beginnings.find_map(|(alias, name)| {
            Some(format!("{name}{}", field.strip_prefix(alias.as_str())?))
        });
        renamed.unwrap_or_else(|| field.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_renames() {
        let rows = table().unwrap();
        let gcp = rows.iter().rfind(|row| row.feed == "gcp.audit").unwrap();
        assert_eq!(gcp.name("gcp.audit.method_name"), "protoPayload.methodName");
        assert_eq!(gcp.name("data.protoPayload.serviceName"), "protoPayload.serviceName");
        assert_eq!(gcp.name("eventName"), "eventName");
    }

    #[test]
    fn what_a_rule_does_not_say_does_not_bind_and_what_it_says_does() {
        let rows = table().unwrap();
        let aws = rows.iter().find(|row| row.feed == "aws.cloudtrail").unwrap();
        let wanted = |product: &str, service: Option<&str>, category: Option<&str>| LogSource {
            product: Some(product.to_owned()),
            service: service.map(str::to_owned),
            category: category.map(str::to_owned),
            ..LogSource::default()
        };
        assert!(aws.takes(&wanted("aws", Some("cloudtrail"), None)));
        assert!(aws.takes(&wanted("aws", None, None)));
        assert!(!aws.takes(&wanted("azure", None, None)));
        assert!(!aws.takes(&wanted("aws", Some("guardduty"), None)));
        assert!(!aws.takes(&wanted("aws", Some("cloudtrail"), Some("process_creation"))));
    }
}
