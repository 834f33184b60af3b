//! Things: a service, a deployment, a pod, a host, a database, a queue.
//!
//! **Invariant:** kind and name are trimmed, in lower case, not empty and at most 200 bytes long each, so
//! a thing has one spelling, and one id of 64 bits.

use schemas::resource::Entity;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

const BYTES_MAX: usize = 200;
/// What Kubernetes draws random parts of names from: no vowels, and nothing that looks like another.
const SAFE_LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";

/// What stands for a thing in tables; two of a tenant share one with a chance of one in 10⁹ at 200,000.
pub(super) type ThingId = u64;

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Thing {
    kind: String,
    name: String,
}

impl Thing {
    /// The thing of this kind and name; nothing where one of the two is empty or too long.
    #[must_use]
    pub fn new(kind: &str, name: &str) -> Option<Self> {
        let (kind, name) = (tidied(kind)?, tidied(name)?);
        Some(Self { kind, name })
    }

    /// The thing that a record mentions.
    #[must_use]
    pub fn of(entity: &Entity) -> Option<Self> {
        Self::new(&entity.kind, &entity.value)
    }

    /// What kind of thing it is.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it is called among things of its kind.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn id(&self) -> ThingId {
        xxh3_64_with_seed(self.name.as_bytes(), xxh3_64_with_seed(self.kind.as_bytes(), 0))
    }

    /// The deployment of a pod, where the pod is called as a deployment calls its pods:
    /// `checkout-7d9f8b6c5-x2x4z` is one of `checkout`.
    #[must_use]
    pub fn deployment(&self) -> Option<Self> {
        let (rest, pod) = self.name.rsplit_once('-').filter(|_| self.kind == "pod")?;
        let (name, replica_set) = rest.rsplit_once('-')?;
        let is_random = |part: &str| part.chars().all(|letter| SAFE_LETTERS.contains(letter));
        let is_it = pod.len() == 5 && (6..=10).contains(&replica_set.len());
        let is_it = is_it && is_random(pod) && is_random(replica_set);
        is_it.then(|| Self::new("deployment", name)).flatten()
    }

    /// Whether it is a piece of which others consist: what a pod suffers its deployment suffers.
    pub(super) fn is_piece(&self) -> bool {
        matches!(&*self.kind, "pod" | "container" | "replicaset" | "process" | "task")
    }

    /// Whether it is there because something else was deployed: a change of that is one of it.
    pub(super) fn is_deployed(&self) -> bool {
        let workloads = ["deployment", "statefulset", "daemonset", "job", "cronjob"];
        self.is_piece() || workloads.contains(&&*self.kind)
    }

    /// What people call it; of services and databases the name says enough.
    pub(super) fn called(&self) -> String {
        match &*self.kind {
            "service" | "database" => self.name.clone(),
            kind => [kind, " ", &self.name].concat(),
        }
    }

    /// The resource attribute that holds the names of things of this kind.
    pub(super) fn attribute(&self) -> String {
        match &*self.kind {
            kind @ ("service" | "host") => format!("{kind}.name"),
            kind @ ("pod" | "node" | "deployment" | "statefulset" | "daemonset" | "replicaset"
            | "job" | "cronjob") => format!("k8s.{kind}.name"),
            "database" => "db.namespace".to_owned(),
            "queue" => "messaging.destination.name".to_owned(),
            "repository" => "vcs.repository.name".to_owned(),
            "pipeline" => "cicd.pipeline.name".to_owned(),
            kind => format!("isobar.{kind}"),
        }
    }
}

fn tidied(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    (!text.is_empty() && text.len() <= BYTES_MAX).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_tell_their_deployment_where_their_name_does() {
        let of = |kind, name| Thing::new(kind, name).unwrap().deployment();
        assert_eq!(of("pod", "Checkout-7d9f8b6c5-x2x4z"), Thing::new("deployment", "checkout"));
        assert_eq!(of("pod", "a-b-6d4cf56db6-fx7k2"), Thing::new("deployment", "a-b"));
        for (kind, name) in [
            ("pod", "orders-db-0"),
            ("pod", "fluent-bit-x2x4z"),
            ("pod", "payment-service-check"),
            ("host", "checkout-7d9f8b6c5-x2x4z"),
        ] {
            assert_eq!(of(kind, name), None, "{name}");
        }
    }

    #[test]
    fn a_thing_has_one_spelling_or_is_none() {
        assert_eq!(Thing::new(" Service", "Cart "), Thing::new("service", "cart"));
        let ids =
            [("a", "bc"), ("ab", "c")].map(|(kind, name)| Thing::new(kind, name).unwrap().id());
        assert_ne!(ids[0], ids[1]);
        assert_eq!(Thing::new("service", " "), None);
        assert_eq!(Thing::new("service", &"x".repeat(BYTES_MAX + 1)), None);
    }
}
