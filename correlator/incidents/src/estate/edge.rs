//! One dependency: who depends, how, and on what.

use schemas::signal::{Relation, RelationKind};
use serde::{Deserialize, Serialize};

use super::thing::{Thing, ThingId};

/// So many relations of a kind are told apart on one side of a thing; one more is kept, by which a hub
/// is known.
pub(super) const TOLD_APART_MAX: usize = 64;

/// On which side of a thing others are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Side {
    /// What it depends on.
    Below,
    /// What depends on it.
    Above,
}

/// One end of a relation: the thing, the side that the other is on, how they are related, the other.
pub(super) type End = (ThingId, Side, RelationKind, ThingId);

/// Before all relations of a thing.
pub(super) fn first_end(thing: ThingId) -> End {
    (thing, Side::Below, RelationKind::Calls, ThingId::MIN)
}

/// A relation, its ends in the order of who suffers from whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    pub(super) above: Thing,
    pub(super) how: RelationKind,
    pub(super) below: Thing,
}

impl Edge {
    /// A whole suffers what its pieces do, so a pod that is part of a deployment stands below it. Parts
    /// of anything else suffer what the whole does.
    pub(super) fn of(relation: &Relation) -> Option<Self> {
        let (from, to) = (Thing::of(&relation.from)?, Thing::of(&relation.to)?);
        let is_piece = relation.how == RelationKind::PartOf && from.is_piece();
        let (above, below) = if is_piece { (to, from) } else { (from, to) };
        (above != below).then_some(Self { above, how: relation.how, below })
    }

    pub(super) fn ends(&self) -> [End; 2] {
        let (above, below) = (self.above.id(), self.below.id());
        [(above, Side::Below, self.how, below), (below, Side::Above, self.how, above)]
    }

    /// That a pod is part of its deployment, as its name says.
    pub(super) fn of_pod(pod: &Thing) -> Option<Self> {
        let above = pod.deployment()?;
        Some(Self { above, how: RelationKind::PartOf, below: pod.clone() })
    }

    /// `checkout calls orders-db`, without the first word.
    pub(super) fn said(how: RelationKind, below: &Thing) -> String {
        let how = match how {
            RelationKind::Calls => "calls",
            RelationKind::DependsOn => "depends on",
            RelationKind::RunsOn => "runs on",
            RelationKind::PartOf if below.is_piece() => "consists of",
            RelationKind::PartOf => "is part of",
            RelationKind::DeployedBy => "is deployed by",
            RelationKind::Assumes => "assumes",
            RelationKind::OwnedBy => "is owned by",
        };
        format!("{how} {}", below.called())
    }
}

/// Whether a fault spreads this way. Who deploys or owns something is not needed for it to go on.
pub(super) fn carries_faults(how: RelationKind) -> bool {
    !matches!(how, RelationKind::DeployedBy | RelationKind::OwnedBy)
}
