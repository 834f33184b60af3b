//! How a command that only talks to a cluster reaches it.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use kafka_runtime::KafkaSettings;

use crate::config;
use crate::rule_editions::RulesKey;

/// Where Kafka is.
#[derive(Debug, Args)]
pub(crate) struct ReachArgs {
    /// Where Kafka is, unless the environment or the settings file says it
    #[arg(long, value_name = "HOST:PORT,…")]
    brokers: Option<String>,
    /// A setting of the Kafka client, such as security.protocol=ssl; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    client: Vec<String>,
    /// The YAML file with settings that `isobar run` takes; passwords are best kept there
    #[arg(long, value_name = "FILE", env = "ISOBAR_CONFIG")]
    config: Option<PathBuf>,
}

/// A use that can never work.
#[derive(Debug)]
pub(crate) struct WrongUse(pub(crate) String);

impl std::error::Error for WrongUse {}

impl fmt::Display for WrongUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl ReachArgs {
    /// What editions of rules are sealed with.
    pub(crate) fn rules_key(&self) -> Result<RulesKey, WrongUse> {
        let environment = |name: &str| std::env::var(name).ok();
        config::rules_key(self.config.as_deref(), &environment)
            .map_err(|config::Problems(problems)| WrongUse(problems.join("; ")))
    }

    /// What was typed, over the environment, over the file.
    pub(crate) fn settings(&self) -> Result<KafkaSettings, WrongUse> {
        let environment = |name: &str| std::env::var(name).ok();
        let Self { brokers, client, config } = self;
        config::reach(brokers.as_ref(), client, config.as_deref(), &environment)
            .map_err(|config::Problems(problems)| WrongUse(problems.join("; ")))
    }
}
