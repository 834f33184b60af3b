//! Things that are named, and how.

use serde::{Deserialize, Serialize};

/// Something that an item names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mention {
    /// What kind of thing.
    pub kind: Kind,
    /// Its name among things of this kind.
    pub value: String,
    /// How it is named.
    pub way: Way,
}

/// How an item names something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Way {
    /// As the credential of who asks, which lasts, or as a word of a text: it links where something gave
    /// it out or a field called it so, and is not remembered for being used.
    Carried,
    /// Only in the answer, and beside what was made: it is remembered and links nothing by itself.
    Given,
    /// In the answer, as what was made.
    Made,
    /// In what was asked for.
    Used,
}

impl Way {
    const ALL: [Self; 4] = [Self::Carried, Self::Given, Self::Made, Self::Used];

    /// Whether an item is linked by what it names in this way.
    #[must_use]
    pub fn links(self) -> bool {
        self != Self::Given
    }

    /// What it is called in signals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Carried => "carried",
            Self::Given => "given",
            Self::Made => "made",
            Self::Used => "used",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}

/// Kinds of things that items name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// A commit, a merge request, a deployment, a ticket.
    Change,
    /// A trace, a request or a thread that others carry on.
    Trace,
    /// An address on the network.
    Address,
    /// Who did it.
    Principal,
    /// A service, by the name that sources have in common.
    Service,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Name,
        Self::Resource,
        Self::Credential,
        Self::Identity,
        Self::Image,
        Self::Change,
        Self::Trace,
        Self::Address,
        Self::Principal,
        Self::Service,
    ];

    /// What it is called in signals and incidents.
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
            Self::Service => "service",
        }
    }

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
