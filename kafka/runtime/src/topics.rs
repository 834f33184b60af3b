//! Topics as code: `kafka/topics.yaml` is what shall be, a cluster is what is, and a plan is the
//! difference.
//!
//! **Invariants:** a [`TopicFile`] has passed every check, so nothing is planned from a faulty one.
//! Reading, checking, planning and showing are data in, data out; only [`Admin`] talks to Kafka.
//! A plan never deletes unless told to, never takes partitions away, and never adds them to a keyed
//! topic. Applying a plan leads to a cluster for which the next plan is empty.

mod apply;
mod cluster;
mod document;
mod error;
mod export;
mod file;
mod lint;
mod options;
mod plan;
mod problem;
pub(crate) mod reach;
mod read;
mod rim;
mod settings;
mod show;
mod topic;

use rdkafka::ClientConfig;

pub use cluster::{Cluster, ClusterTopic, Setting};
pub use error::TopicsError;
pub use export::export;
pub use file::TopicFile;
pub use options::{Copies, Options};
pub use plan::{Action, Change, Plan, Planned, plan};
pub use problem::{Problem, Problems};
pub use rim::{Admin, Scope, admin};
pub use show::{Colour, json, problems_json, show};
pub use topic::{Cleanup, Topic};

/// Brings a cluster to what the file says; the plan that was carried out.
///
/// # Errors
/// When the cluster cannot be asked, refuses, or holds something that no plan may change.
pub fn ensure(
    config: ClientConfig,
    file: &TopicFile,
    options: &Options,
) -> Result<Plan, TopicsError> {
    let admin = admin(config)?;
    let cluster = admin.read(&Scope::Ours(file, options))?;
    let plan = plan::plan(file, &cluster, options);
    admin.apply(&plan, file, options)?;
    let refused: Vec<_> = plan.refused().map(ToString::to_string).collect();
    if refused.is_empty() { Ok(plan) } else { Err(TopicsError::Refused(refused)) }
}
