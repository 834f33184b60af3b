//! What an item says of the services that it names.
//!
//! **Invariant:** only words that operators everywhere use for trouble count, and never the name of anything.
//! What says nothing of trouble is left to what else it names: a ticket, a commit, a thread.

use schemas::incident::MomentKind;

use crate::item::{Item, Stands};

/// What an item says of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    /// Something is wrong with it: an alert, or words of trouble.
    Trouble,
    /// Something was done to it where it runs.
    Operation,
    /// A change of it is on its way, as goes on all day.
    Delivery,
    /// It is spoken of.
    Talk,
}

/// How words of trouble begin, in alphabetical order.
const TROUBLE: [&str; 79] = [
    "429",
    "500",
    "502",
    "503",
    "504",
    "abort",
    "affect",
    "alert",
    "anomal",
    "attack",
    "backlog",
    "breach",
    "broke",
    "cannot",
    "certificate",
    "complain",
    "compromis",
    "corrupt",
    "cost",
    "crash",
    "critical",
    "deadlock",
    "degrad",
    "delay",
    "denied",
    "disconnect",
    "down",
    "emergenc",
    "error",
    "evict",
    "exceed",
    "exception",
    "exhaust",
    "expire",
    "fail",
    "fault",
    "forbidden",
    "handshake",
    "hang",
    "hung",
    "impact",
    "incident",
    "intrus",
    "invalid",
    "kill",
    "latenc",
    "leak",
    "lock",
    "lost",
    "malicious",
    "memory",
    "missing",
    "oom",
    "outage",
    "overload",
    "panic",
    "quota",
    "refus",
    "regress",
    "reject",
    "restart",
    "revert",
    "rollback",
    "rolled",
    "secret",
    "slow",
    "spike",
    "stall",
    "stuck",
    "suspicious",
    "throttl",
    "timed",
    "timeout",
    "unable",
    "unauthori",
    "unavailab",
    "unhealthy",
    "unreachab",
    "urgent",
];
/// Whole words that say what is not as it should be.
const WRONG: [&str; 8] = ["bad", "dead", "full", "no", "not", "too", "unexpected", "unusual"];
/// Words that begin like those of trouble and say nothing of it.
const HARMLESS: [&str; 3] = ["downgrade", "download", "downloads"];
/// What the rules and measures are called that are about what a service asks of others.
const OUTGOING: [&str; 6] = ["client", "dependenc", "downstream", "egress", "outbound", "upstream"];

/// What an item says of the services that it names.
pub(crate) fn of(item: &Item) -> Sense {
    match item.stands {
        Stands::Event | Stands::Alert(_) => Sense::Trouble,
        Stands::Evidence(MomentKind::Change) if item.is_delivery => Sense::Delivery,
        Stands::Evidence(MomentKind::Change) => Sense::Operation,
        Stands::Evidence(_) if tells_trouble(&item.title) => Sense::Trouble,
        Stands::Evidence(_) => Sense::Talk,
    }
}

/// Whether a text has a word of trouble; a word with a hyphen is a name.
fn tells_trouble(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
    words.any(|word| {
        let begins = TROUBLE.iter().any(|stem| word.starts_with(stem)) && !word.contains('-');
        WRONG.contains(&word) || (begins && !HARMLESS.contains(&word))
    })
}

/// Whether an alert is about what a service asks of others, by how its rule or measure is called.
pub(crate) fn is_outgoing(item: &Item) -> bool {
    let rule = item.rule.as_deref().unwrap_or_default().to_lowercase();
    let name = rule.rsplit_once(" of ").map_or(rule.as_str(), |(name, _)| name);
    !item.is_evidence() && OUTGOING.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_trouble_are_told_from_names_and_from_what_goes_on_all_day() {
        let told = [
            ("payments is DOWN again", true),
            ("Login not working", true),
            ("5xx rate: 503 from the gateway", true),
            ("too many open files", true),
            ("rolled back to 1.4", true),
            ("upgrade the libraries", false),
            ("who has time for a review of error-tracker?", false),
            ("the download page moves on Monday", false),
            ("", false),
        ];
        for (text, expected) in told {
            assert_eq!(tells_trouble(text), expected, "{text}");
        }
        assert!(TROUBLE.is_sorted() && WRONG.is_sorted());
    }
}
