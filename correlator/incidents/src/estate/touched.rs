//! Who depends on what is at fault.

use std::collections::BTreeSet;

use schemas::envelope::Extra;
use schemas::incident::Affected;
use schemas::signal::RelationKind;

use super::edge::{Edge, Side};
use super::thing::{Thing, ThingId};
use super::walk::{View, Walk};

/// More would not be read.
pub(super) const AFFECTED_MAX: usize = 32;

impl View<'_> {
    /// The things that depend on these, without these, and how many things were looked at.
    pub(super) fn affected(&self, at: &[&Thing]) -> (Vec<Affected>, usize) {
        let starts: BTreeSet<ThingId> = at.iter().map(|thing| thing.id()).collect();
        let walk = self.walk(&starts, Side::Above, AFFECTED_MAX);
        let others = walk.reached.iter().enumerate().skip(starts.len());
        let mut found: Vec<_> = others
            .filter_map(|(place, reached)| {
                let thing = self.thing(reached.id)?;
                let tier = self.estate.fixed.tier(reached.id).unwrap_or(u8::MAX);
                Some((reached.steps, tier, thing, place))
            })
            .collect();
        found.sort_unstable();
        found.truncate(AFFECTED_MAX);
        let told = found.into_iter().map(|(steps, _, thing, place)| Affected {
            kind: thing.kind().to_owned(),
            name: thing.name().to_owned(),
            steps,
            reason: self.way(&walk, place) + &self.importance(thing.id()),
            extra: Extra::new(),
        });
        (told.collect(), walk.looked_at)
    }

    /// `storefront calls checkout, which calls orders-db`.
    fn way(&self, walk: &Walk, place: usize) -> String {
        let mut text = String::new();
        let mut at = place;
        while let Some(reached) = walk.reached.get(at) {
            if text.is_empty() {
                text = self.called(reached.id);
            }
            let Some((next, how)) = reached.from else { break };
            let below = walk.reached.get(next).and_then(|next| self.said(how, next.id));
            let joint = if at == place { " " } else { ", which " };
            text = text + joint + &below.unwrap_or_default();
            at = next;
        }
        text
    }

    fn said(&self, how: RelationKind, below: ThingId) -> Option<String> {
        self.thing(below).map(|below| Edge::said(how, below))
    }

    pub(super) fn called(&self, id: ThingId) -> String {
        self.thing(id).map(Thing::called).unwrap_or_default()
    }

    /// How important it is and whose, where somebody said so.
    fn importance(&self, id: ThingId) -> String {
        let tier = self.estate.fixed.tier(id).map(|tier| format!("tier {tier}"));
        let beside = self.beside(id, Side::Below);
        let owner = beside.into_iter().find(|(how, _)| *how == RelationKind::OwnedBy);
        let owner = owner.and_then(|(_, owner)| self.thing(owner));
        let owner = owner.map(|owner| format!("owned by {}", owner.name()));
        let parts: Vec<String> = tier.into_iter().chain(owner).collect();
        if parts.is_empty() { String::new() } else { format!("; {}", parts.join(", ")) }
    }
}
