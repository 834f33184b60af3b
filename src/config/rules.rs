//! The section `rules` of the configuration file: which rules there are. The processors ask events about
//! the stateless ones, the correlator runs the stateful ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use correlator::patterns::{Plan, Stateful};
use processors::service::Asked;
use rules::{RuleSet, Text};
use serde::Deserialize;

use super::section;
use crate::rules_command;

/// The file; its other sections are read elsewhere.
#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    rules: Section,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    /// Sigma rules beside ours: files, or folders of them.
    files: Vec<PathBuf>,
    /// Whether the rules that come with Isobar are there, too.
    own: Option<bool>,
}

/// All rules, by who needs them.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// For the processors.
    pub(crate) asked: Option<Arc<Asked>>,
    /// For the correlator.
    pub(crate) stateful: Vec<Stateful>,
}

/// What the section of this file means; without one, our own rules.
///
/// # Errors
/// What is wrong, with file and line.
pub(super) fn read(path: Option<&Path>) -> Result<Rules, String> {
    let name = path.map(|path| path.display().to_string()).unwrap_or_default();
    let text = path.and_then(section::text_of).unwrap_or_default();
    let File { rules } = section::parse(&name, &text)?;
    rules
        .load()
        .map_err(|error| format!("{name}:{}: rules: {error:#}", section::line_of(&text, "rules:")))
}

impl Section {
    fn load(&self) -> anyhow::Result<Rules> {
        let is_own = self.own.unwrap_or(true);
        let mut texts = if is_own { rules::own::texts() } else { Vec::new() };
        texts.extend(rules_command::texts(&self.files)?);
        if texts.is_empty() {
            return Ok(Rules::default());
        }
        compile(&texts)
    }
}

/// What these texts mean to services.
///
/// # Errors
/// All that is wrong with them.
pub(crate) fn compile(texts: &[Text]) -> anyhow::Result<Rules> {
    let mut set = RuleSet::load(texts);
    if let Some(of) = set.thresholds.first() {
        // They would be watched by nobody, and whoever wrote them would believe that they are.
        anyhow::bail!(
            "{}: these are thresholds; name the file under `thresholds: {{files: […]}}`",
            of.file
        );
    }
    let stateful = rules_command::stateful_of(&mut set);
    let (matcher, _) = rules_command::matcher(set)?;
    let plan = Plan::new(stateful.clone());
    let ids = stateful.iter().flat_map(|of| of.rules.iter().map(|(id, _)| id.clone()));
    let fields: BTreeMap<_, _> = ids.map(|id| (id.clone(), plan.fields_of(&id))).collect();
    Ok(Rules { asked: Some(Arc::new(Asked { matcher, fields })), stateful })
}
