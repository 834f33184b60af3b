//! What is correlated: an alert, a finding, a change or another event of interest.

use schemas::alert::Level;
use schemas::id::{EventId, Fingerprint};

/// One thing that may belong to an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Whose it is; items of two tenants never meet.
    pub tenant: String,
    /// The event it was made from. The same event twice is one item.
    pub event: EventId,
    /// When it happened.
    pub time_ms: i64,
    /// When it reached us: the time of its tenant never runs ahead of it.
    pub arrival_ms: i64,
    /// What was done, with the feed that says so: items of one kind of event have the same.
    pub action: String,
    /// The rule or check that raised it, where it is an alert.
    pub rule: Option<String>,
    /// Where an alert holds: a host, a service, a pod.
    pub place: Option<String>,
    /// Whose calls it is one of: a credential, an address and a program.
    pub session: Option<Session>,
    /// What it names.
    pub mentions: Vec<Mention>,
    /// Whether the call makes what it names, rather than asks for it.
    pub makes: bool,
    /// How urgent it is.
    pub level: Level,
    /// One line for people.
    pub title: String,
    /// The condition it is one occurrence of.
    pub fingerprint: Fingerprint,
}

/// The calls of one program with one credential from one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The credential and the address.
    pub who: String,
    /// The program, without its version.
    pub agent: String,
}

/// Something that an item names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mention {
    /// What kind of thing.
    pub kind: Kind,
    /// Its name among things of this kind.
    pub value: String,
    /// How it is named.
    pub way: Way,
}

/// How an item names something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// As the credential of who asks, which lasts: it links where something gave it out, and is not
    /// remembered for being used.
    Carried,
    /// Only in the answer, and beside what was made: it is remembered and links nothing by itself.
    Given,
    /// In the answer, as what was made.
    Made,
    /// In what was asked for.
    Used,
}

impl Way {
    /// Whether an item is linked by what it names in this way.
    #[must_use]
    pub fn links(self) -> bool {
        self != Self::Given
    }
}

impl Item {
    /// Whether it names nothing but who asks.
    #[must_use]
    pub fn names_nothing(&self) -> bool {
        self.mentions.iter().all(|mention| mention.way == Way::Carried)
    }
}

/// Kinds of things that items name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A name that somebody chose: of a role, a bucket, a secret.
    Name,
    /// An id that a provider chose: `i-0abc…`, `vpc-0abc…`.
    Resource,
    /// A credential or session that something gave out.
    Credential,
    /// The id of a role.
    Identity,
    /// What many start from: a machine image.
    Image,
    /// A commit, a merge request, a deployment.
    Change,
    /// A trace or a request that others carry on.
    Trace,
    /// An address on the network.
    Address,
    /// Who did it.
    Principal,
}

impl Kind {
    /// What it is called in incidents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Resource => "resource",
            Self::Credential => "credential",
            Self::Identity => "identity",
            Self::Image => "image",
            Self::Change => "change",
            Self::Trace => "trace",
            Self::Address => "address",
            Self::Principal => "principal",
        }
    }
}
