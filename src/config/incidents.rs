//! The section `incidents` of the configuration file: what depends on what, there or in a file of its own.

use std::path::Path;
use std::sync::Arc;

use ::incidents::estate::{Fixed, Thing};
use correlator::IncidentsConfig;
use schemas::relations::{relation, thing};
use schemas::signal::{Relation, RelationKind};
use serde::Deserialize;
use serde_yaml_ng::Value;

use super::section;

/// More than these nobody writes down; what depends on what by the million is learnt.
const RELATIONS_MAX: usize = 100_000;

/// The file; its other sections are read elsewhere.
#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    incidents: Section,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    /// Whether alerts become incidents at all.
    enabled: Option<bool>,
    /// A list of relations, or the file that holds them.
    relations: Value,
    /// A list of services.
    services: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    from: String,
    how: RelationKind,
    to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    name: String,
    owner: Option<String>,
    tier: Option<u8>,
    #[serde(default)]
    calls: Vec<String>,
}

/// What the section of this file means.
///
/// # Errors
/// All that is wrong, with file and line.
pub(super) fn read(path: &Path) -> Result<IncidentsConfig, String> {
    let Some(text) = section::text_of(path) else { return Ok(IncidentsConfig::default()) };
    let name = path.display().to_string();
    let File { incidents } = section::parse(&name, &text)?;
    let enabled = incidents.enabled.unwrap_or(true);
    Ok(IncidentsConfig { enabled, relations: parse(&name, &text)? })
}

fn parse(name: &str, text: &str) -> Result<Arc<Fixed>, String> {
    let File { incidents: Section { relations, services, .. } } = section::parse(name, text)?;
    let mut book = Book { name, text, ..Book::default() };
    book.services(services);
    match relations {
        Value::String(path) => {
            let line = section::line_of(text, "relations:");
            let read = std::fs::read_to_string(&path);
            match read
                .map_err(|error| format!("{name}:{line}: incidents: cannot read {path}: {error}"))
            {
                Ok(text) => book.file(&path, &text),
                Err(problem) => book.problems.push(problem),
            }
        }
        list => book.relations(list),
    }
    book.done()
}

/// What was read so far.
#[derive(Default)]
struct Book<'t> {
    name: &'t str,
    text: &'t str,
    relations: Vec<Relation>,
    tiers: Vec<(Thing, u8)>,
    problems: Vec<String>,
}

impl Book<'_> {
    /// A file is a list of relations, or has what the section may have.
    fn file(&mut self, name: &str, text: &str) {
        let mut file = Book { name, text, ..Book::default() };
        match serde_yaml_ng::from_str(text) {
            Ok(list @ (Value::Sequence(_) | Value::Null)) => file.relations(list),
            Ok(_) => match section::parse::<Section>(name, text) {
                Ok(Section { relations, services, .. }) => {
                    file.services(services);
                    file.relations(relations);
                }
                Err(problem) => file.problems.push(problem),
            },
            Err(error) => {
                let line = error.location().map_or(1, |at| at.line());
                file.problems.push(format!("{name}:{line}: this is no YAML: {error}"));
            }
        }
        self.relations.append(&mut file.relations);
        self.tiers.append(&mut file.tiers);
        self.problems.append(&mut file.problems);
    }

    fn relations(&mut self, list: Value) {
        for (line, item) in self.items("relations:", list) {
            let read = serde_yaml_ng::from_value(item).map_err(|error| error.to_string());
            let read = read.and_then(|Told { from, how, to }| {
                let (from, to) = (named(&from)?, named(&to)?);
                if from == to {
                    Err("nothing depends on itself".to_owned())
                } else {
                    Ok((from, how, to))
                }
            });
            match read {
                Ok((from, how, to)) => self.relate(&from, how, &to),
                Err(why) => self.refuse(line, &why),
            }
        }
    }

    fn services(&mut self, list: Value) {
        for (line, item) in self.items("services:", list) {
            let read = serde_yaml_ng::from_value(item).map_err(|error| error.to_string());
            if let Err(why) = read.and_then(|service| self.service(&service)) {
                self.refuse(line, &why);
            }
        }
    }

    fn service(&mut self, service: &Service) -> Result<(), String> {
        let of = named(&service.name)?;
        for called in &service.calls {
            self.relate(&of, RelationKind::Calls, &named(called)?);
        }
        if let Some(owner) = &service.owner {
            let owner =
                if owner.contains('/') { named(owner)? } else { named(&format!("team/{owner}"))? };
            self.relate(&of, RelationKind::OwnedBy, &owner);
        }
        if let Some(tier) = service.tier {
            let within = (1..=9).contains(&tier);
            within
                .then_some(())
                .ok_or(format!("tier is {tier}; give 1, the most important, to 9"))?;
            self.tiers.push((of, tier));
        }
        Ok(())
    }

    fn relate(&mut self, from: &Thing, how: RelationKind, to: &Thing) {
        let [from, to] = [from, to].map(|of| thing(of.kind(), of.name()));
        self.relations.push(relation(from, how, to));
    }

    /// The items of a list, each with its line.
    fn items(&mut self, word: &str, list: Value) -> Vec<(usize, Value)> {
        let lines = lines_of_items(self.text, word);
        let line =
            |at: usize| lines.get(at).copied().unwrap_or_else(|| section::line_of(self.text, word));
        match list {
            Value::Null => Vec::new(),
            Value::Sequence(list) => {
                list.into_iter().enumerate().map(|(at, item)| (line(at), item)).collect()
            }
            _ => {
                self.refuse(line(usize::MAX), &format!("{word} give a list"));
                Vec::new()
            }
        }
    }

    fn refuse(&mut self, line: usize, why: &str) {
        self.problems.push(format!("{}:{line}: incidents: {why}", self.name));
    }

    fn done(mut self) -> Result<Arc<Fixed>, String> {
        let count = self.relations.len();
        if count > RELATIONS_MAX {
            let line = section::line_of(self.text, "relations:");
            self.refuse(
                line,
                &format!("{count} relations are more than the {RELATIONS_MAX} there may be"),
            );
        }
        if self.problems.is_empty() {
            Ok(Arc::new(Fixed::new(&self.relations, &self.tiers)))
        } else {
            Err(self.problems.join("\n"))
        }
    }
}

/// `service/checkout`; a name alone is that of a service.
fn named(text: &str) -> Result<Thing, String> {
    let (kind, name) = text.split_once('/').unwrap_or(("service", text));
    Thing::new(kind, name).ok_or_else(|| {
        format!("`{text}` is no thing; give its kind and name, such as database/orders, up to 200 bytes each")
    })
}

/// The lines of the items of a list, from 1: of the one below a word, or of the first there is.
fn lines_of_items(text: &str, word: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let below =
        lines.iter().position(|line| line.trim_start().starts_with(word)).map_or(0, |at| at + 1);
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let told = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let rest = || lines.iter().copied().enumerate().skip(below).filter(|(_, line)| told(line));
    let Some(indent) = rest().next().map(|(_, line)| indent_of(line)) else { return Vec::new() };
    let of_list = rest().take_while(|(_, line)| {
        let is_item = line.trim_start().starts_with('-');
        indent_of(line) > indent || (indent_of(line) == indent && is_item)
    });
    of_list.filter(|(_, line)| indent_of(line) == indent).map(|(at, _)| at + 1).collect()
}

#[cfg(test)]
mod tests {
    use ::incidents::estate::{Estate, Limits};

    use super::*;

    /// Who is said to depend on a thing.
    fn touched(fixed: Arc<Fixed>, kind: &str, name: &str) -> Vec<String> {
        let mut estate = Estate::new(Limits::default(), fixed);
        let found = estate.affected(0, &[&Thing::new(kind, name).unwrap()], 0);
        found.into_iter().map(|of| of.reason).collect()
    }

    const LISTS: &str = "\
relations:
  - {from: service/storefront, how: calls, to: service/checkout}
  # Mail goes by a queue.
  - from: checkout
    how: depends_on
    to: queue/mail
services:
  - name: checkout
    owner: shop
    tier: 1
    calls: [database/orders]
";

    #[test]
    fn the_lists_are_read_from_the_section_and_from_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("estate.yaml");
        std::fs::write(&path, LISTS).unwrap();
        let indented = LISTS.replace('\n', "\n  ");
        for text in [
            format!("slot: a\nincidents:\n  {indented}\n"),
            format!("incidents: {{relations: {}}}\n", path.display()),
        ] {
            let fixed = parse("isobar.yaml", &text).unwrap();
            let orders = [
                "checkout calls orders; tier 1, owned by shop",
                "storefront calls checkout, which calls orders",
            ];
            assert_eq!(touched(Arc::clone(&fixed), "database", "orders"), orders);
            assert_eq!(touched(fixed, "queue", "mail").len(), 2);
        }
        assert_eq!(parse("isobar.yaml", "slot: a\n").unwrap(), Arc::default());
    }

    #[test]
    fn incidents_are_made_unless_the_file_says_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("isobar.yaml");
        for (text, enabled) in [("slot: a\n", true), ("incidents: {enabled: false}\n", false)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap().enabled, enabled, "{text}");
        }
    }

    #[test]
    fn a_file_may_be_a_list_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("estate.yaml");
        std::fs::write(&path, "- {from: a, how: runs_on, to: node/n1}\n").unwrap();
        let text = format!("incidents:\n  relations: {}\n", path.display());
        assert_eq!(touched(parse("f.yaml", &text).unwrap(), "node", "n1"), ["a runs on node n1"]);
        std::fs::write(&path, "- {from: a, how: runs_on, to: node/n1}\n- {from: a}\n").unwrap();
        let told = parse("f.yaml", &text).unwrap_err();
        assert_eq!(told, format!("{}:2: incidents: missing field `how`", path.display()));
    }

    #[test]
    fn all_mistakes_are_told_with_their_lines() {
        let text = "\
slot: a
incidents:
  services:
    - {name: checkout, tier: 0}
    - {name: shop, calls: [/]}
  relations:
    - {from: a, how: calls, to: b}
    - {from: a, how: asks, to: b}

    - from: a
      how: calls
      to: service/A
    - {from: a, how: calls, two: b}
";
        let told = parse("f.yaml", text).unwrap_err();
        let starts = [
            "f.yaml:4: incidents: tier is 0; give 1, the most important, to 9",
            "f.yaml:5: incidents: `/` is no thing; give its kind and name",
            "f.yaml:8: incidents: unknown variant `asks`",
            "f.yaml:10: incidents: nothing depends on itself",
            "f.yaml:13: incidents: unknown field `two`",
        ];
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), starts.len(), "{told}");
        for (line, start) in lines.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}\n{start}");
        }
        for (text, start) in [
            ("incidents: {relations: /not/there}\n", "f.yaml:1: incidents: cannot read /not/there"),
            ("incidents:\n  relations: 3\n", "f.yaml:2: incidents: relations: give a list"),
            ("incidents:\n  relation: []\n", "f.yaml:2: incidents: unknown field `relation`"),
        ] {
            let told = parse("f.yaml", text).unwrap_err();
            assert!(told.starts_with(start), "{told}");
        }
    }
}
