//! Relations that events show, each told once an hour.
//!
//! **Invariant:** what was told is state of the task, and hours pass by arrivals alone, so a replay tells
//! the same. Beyond [`REMEMBERED_MAX`] the one told longest ago is forgotten, and told again when it is
//! next seen.

use schemas::event::Event;
use schemas::id::Hash128;
use schemas::relations::{relation, relations_of, thing};
use schemas::signal::{Relation, RelationKind};
use serde_json::Value;
use stream::{Context, KeyedStore, Store};

const TOLD_AGAIN_MS: i64 = 3_600_000;
const REMEMBERED_MAX: usize = 10_000;

/// The relations that were told of one input partition.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// When each was told, by arrival.
    at_ms: KeyedStore<u128, i64>,
    /// The same in the order in which they were told.
    oldest: KeyedStore<(i64, u128), ()>,
}

impl Told {
    /// What of an event's relations was not told within the last hour.
    pub(super) fn fresh(
        &mut self,
        tenant: &str,
        event: &Event,
        arrival_ms: i64,
        context: &mut Context<'_>,
    ) -> Vec<Relation> {
        let mut shown = relations_of(&event.resource.attributes);
        shown.extend(asked(event));
        shown.retain(|relation| self.is_fresh(id_of(tenant, relation), arrival_ms, context));
        shown
    }

    fn is_fresh(&mut self, id: u128, arrival_ms: i64, context: &mut Context<'_>) -> bool {
        let told_ms = self.at_ms.get(&id).copied();
        if let Some(told_ms) = told_ms {
            if arrival_ms.saturating_sub(told_ms) < TOLD_AGAIN_MS {
                return false;
            }
            self.oldest.remove(&(told_ms, id));
        }
        self.at_ms.insert(&id, arrival_ms);
        self.oldest.insert(&(arrival_ms, id), ());
        if self.at_ms.len() > REMEMBERED_MAX {
            self.forget_oldest();
            context.count("relations_forgotten", 1);
        }
        context.count("relations", 1);
        true
    }

    fn forget_oldest(&mut self) {
        let first = self.oldest.iter().next().map(|(key, ())| *key);
        if let Some(key) = first {
            self.oldest.remove(&key);
            self.at_ms.remove(&key.1);
        }
    }

    pub(super) fn stores(&mut self) -> Vec<&mut dyn Store> {
        vec![&mut self.at_ms, &mut self.oldest]
    }
}

/// That the service of a span asks the thing that the span names, or needs it where it only reads.
fn asked(event: &Event) -> Option<Relation> {
    let text = |name: &str| event.extra.get(name).and_then(Value::as_str);
    let (kind, name) = text("peer")?.split_once('/')?;
    let service = event.resource.attributes.get("service.name")?;
    let is_itself = kind == "service" && name.eq_ignore_ascii_case(service);
    let reads = text("span_kind") == Some("consumer");
    let how = if reads { RelationKind::DependsOn } else { RelationKind::Calls };
    (!is_itself).then(|| relation(thing("service", service), how, thing(kind, name)))
}

fn id_of(tenant: &str, Relation { from, how, to, .. }: &Relation) -> u128 {
    let how = *how as u8;
    let parts = [tenant, &from.kind, &from.value, &how.to_string(), &to.kind, &to.value];
    Hash128::of("relation", &parts).as_u128()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemas::envelope::Extra;
    use schemas::event::{Outcome, Severity};
    use schemas::id::ResourceId;
    use schemas::kind::Kind;
    use schemas::resource::{Hints, Resource};
    use stream::Effects;

    use super::*;

    const MINUTE_MS: i64 = 60_000;

    fn event(service: &str, peer: Option<&str>) -> Event {
        let attributes = [("service.name", service), ("host.name", "h1")];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let resource = Resource {
            id: ResourceId::of("t", service),
            attributes: BTreeMap::from(attributes),
            extra: Extra::new(),
        };
        let extra = peer.map(|peer| ("peer".to_owned(), Value::from(peer)));
        Event {
            kind: Kind::Metrics,
            class_uid: 0,
            action: String::new(),
            outcome: Outcome::Unknown,
            severity: Severity::Unknown,
            resource,
            actor: None,
            network: None,
            hints: Hints::default(),
            text: None,
            age_ms: 0,
            size_bytes: 0,
            raw: None,
            extra: extra.into_iter().collect(),
        }
    }

    fn tell(told: &mut Told, tenant: &str, event: &Event, minute: i64) -> (usize, u64) {
        let mut effects = Effects::default();
        let mut context = Context::new(&mut effects, false);
        let fresh = told.fresh(tenant, event, minute * MINUTE_MS, &mut context).len();
        let forgotten = effects.counts.iter().filter(|(of, _)| of.what == "relations_forgotten");
        (fresh, forgotten.map(|(_, amount)| amount).sum())
    }

    #[test]
    fn a_relation_is_told_once_an_hour_to_each_tenant() {
        let (mut told, event) = (Told::default(), event("cart", Some("database/carts")));
        for (tenant, minute, fresh) in
            [("a", 0, 2), ("a", 0, 0), ("b", 1, 2), ("a", 59, 0), ("a", 60, 2), ("b", 60, 0)]
        {
            assert_eq!(tell(&mut told, tenant, &event, minute).0, fresh, "{tenant} {minute}");
        }
    }

    #[test]
    fn nobody_asks_himself_or_without_a_name() {
        for (service, peer, fresh) in
            [("cart", "service/Cart", 1), ("cart", "cart", 1), ("cart", "service/a/b", 2)]
        {
            let event = event(service, Some(peer));
            assert_eq!(tell(&mut Told::default(), "a", &event, 0).0, fresh, "{peer}");
        }
    }

    #[test]
    fn an_undo_forgets_what_was_told() {
        let (mut told, event) = (Told::default(), event("cart", None));
        tell(&mut told, "a", &event, 0);
        told.stores().into_iter().for_each(Store::rollback);
        assert_eq!(tell(&mut told, "a", &event, 0).0, 1);
    }

    #[test]
    fn what_was_told_longest_ago_makes_room_and_is_counted() {
        let mut told = Told::default();
        let of = |number: usize| event(&format!("s{number}"), None);
        let forgotten: u64 =
            (0..REMEMBERED_MAX + 5).map(|number| tell(&mut told, "a", &of(number), 0).1).sum();
        assert_eq!((forgotten, told.at_ms.len(), told.oldest.len()), (5, 10_000, 10_000));
        tell(&mut told, "a", &of(0), 1);
        assert_eq!(tell(&mut told, "a", &of(0), 2).0, 0, "it was told a minute ago");
    }
}
