//! What an event names as entities of its signal, and back.
//!
//! **Invariant:** `read(write(naming))` is the naming. Kinds that this version does not know are left out.

use schemas::envelope::Extra;
use schemas::resource::Entity;
use serde_json::Value;

use crate::{Kind, Mention, Naming, Session, Way};

/// Whose calls it is one of stands among the entities under this name, with the program beside it.
const SESSION: &str = "session";
const PROGRAM: &str = "program";
/// The rule of an alert.
const RULE: &str = "rule";
/// How a thing is named; left out where it was used.
const WAY: &str = "way";

pub(super) fn write(naming: Naming) -> Vec<Entity> {
    let rule = naming.rule.map(|rule| entity(RULE, rule));
    let session = naming.session.map(|session| {
        let mut told = entity(SESSION, session.who);
        told.extra.insert(PROGRAM.to_owned(), Value::from(session.agent));
        told
    });
    let mentions = naming.mentions.into_iter().map(|mention| {
        let mut told = entity(mention.kind.name(), mention.value);
        if mention.way != Way::Used {
            told.extra.insert(WAY.to_owned(), Value::from(mention.way.name()));
        }
        told
    });
    rule.into_iter().chain(session).chain(mentions).collect()
}

fn entity(kind: &str, value: String) -> Entity {
    Entity { kind: kind.to_owned(), value, extra: Extra::new() }
}

pub(super) fn read(entities: &[Entity]) -> Naming {
    let first = |kind: &str| entities.iter().find(|entity| entity.kind == kind);
    let session = first(SESSION).map(|told| Session {
        who: told.value.clone(),
        agent: text(told, PROGRAM).unwrap_or_default().to_owned(),
    });
    Naming {
        rule: first(RULE).map(|told| told.value.clone()),
        session,
        mentions: entities.iter().filter_map(mention).take(crate::MENTIONS_MAX).collect(),
    }
}

fn mention(told: &Entity) -> Option<Mention> {
    let kind = Kind::of_name(&told.kind)?;
    let way = text(told, WAY).map_or(Some(Way::Used), Way::of_name)?;
    Some(Mention { kind, value: told.value.clone(), way })
}

fn text<'a>(told: &'a Entity, name: &str) -> Option<&'a str> {
    told.extra.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let ways = [Way::Carried, Way::Given, Way::Made, Way::Used];
        let mention = |way: Way| Mention { kind: Kind::Service, value: way.name().into(), way };
        let naming = Naming {
            rule: Some("latency".to_owned()),
            session: Some(Session { who: "ann@".to_owned(), agent: String::new() }),
            mentions: ways.map(mention).to_vec(),
        };
        assert_eq!(read(&write(naming.clone())), naming);
        let nothing = Naming { rule: None, session: None, mentions: Vec::new() };
        assert_eq!(read(&[entity("planet", "mars".to_owned())]), nothing);
    }
}
