//! The words of urgency and of requests, in English and some in German, French and Spanish.
//!
//! **Invariant:** every list is sorted and in small letters, with plain apostrophes.

use super::phrases::Phrases;
use super::urgency::Level::{self, Critical, High, Low};

/// Phrases that make a message urgent.
pub(super) const URGENT: &Phrases<Level> = &[
    ("a la mayor brevedad", High),
    ("all hands", Critical),
    ("as soon as possible", High),
    ("asap", High),
    ("au plus vite", High),
    ("ausfall", Critical),
    ("bald", Low),
    ("bientôt", Low),
    ("bis morgen", Low),
    ("blocked", High),
    ("blocker", High),
    ("breach", Critical),
    ("by eod", High),
    ("by tomorrow", Low),
    ("code red", Critical),
    ("critical", High),
    ("critical alert", Critical),
    ("critical bug", Critical),
    ("critical error", Critical),
    ("critical failure", Critical),
    ("critical incident", Critical),
    ("critical issue", Critical),
    ("critical outage", Critical),
    ("critical vulnerability", Critical),
    ("cuanto antes", High),
    ("data breach", Critical),
    ("data loss", Critical),
    ("dringend", High),
    ("dès que possible", High),
    ("eilig", High),
    ("eilt", High),
    ("emergencia", Critical),
    ("emergency", Critical),
    ("en panne", Critical),
    ("end of day", High),
    ("escalate", High),
    ("escalated", High),
    ("escalating", High),
    ("fuera de servicio", Critical),
    ("heute", Low),
    ("heute noch", High),
    ("high priority", High),
    ("highest priority", High),
    ("immediate", High),
    ("immediately", High),
    ("immédiatement", High),
    ("important", Low),
    ("inmediatamente", High),
    ("kritisch", High),
    ("lo antes posible", High),
    ("notfall", Critical),
    ("outage", Critical),
    ("p0", Critical),
    ("p1", Critical),
    ("p2", High),
    ("pronto", Low),
    ("ransomware", Critical),
    ("reminder", Low),
    ("right away", High),
    ("right now", High),
    ("rotating light", High),
    ("schnellstmöglich", High),
    ("sev 0", Critical),
    ("sev 1", Critical),
    ("sev 2", High),
    ("sev0", Critical),
    ("sev1", Critical),
    ("sev2", High),
    ("showstopper", High),
    ("so bald wie möglich", High),
    ("so schnell wie möglich", High),
    ("sofort", High),
    ("soon", Low),
    ("time critical", High),
    ("time sensitive", High),
    ("today", Low),
    ("top priority", High),
    ("totalausfall", Critical),
    ("tout de suite", High),
    ("umgehend", High),
    ("under attack", Critical),
    ("urgence", High),
    ("urgent", High),
    ("urgente", High),
    ("urgently", High),
    ("wichtig", Low),
];

/// Phrases that tell of what is over, or of what may be one day.
pub(super) const CALMING: &Phrases<()> = &[
    ("back to normal", ()),
    ("behoben", ()),
    ("drill", ()),
    ("gelöst", ()),
    ("if there is", ()),
    ("if there's", ()),
    ("if you ever", ()),
    ("in case of", ()),
    ("is over", ()),
    ("last month's", ()),
    ("last week's", ()),
    ("mitigated", ()),
    ("post mortem", ()),
    ("postmortem", ()),
    ("recovered", ()),
    ("resolved", ()),
    ("restored", ()),
    ("resuelto", ()),
    ("retrospective", ()),
    ("résolu", ()),
    ("was fixed", ()),
    ("yesterday's", ()),
];

/// Words that take back what follows them.
pub(super) const DENIALS: &[&str] = &[
    "aren't", "cannot", "kein", "keine", "keinen", "never", "nicht", "no", "non", "not", "nothing",
    "nunca", "pas", "sin", "without",
];

/// Nouns that make a name of an urgent word before them.
pub(super) const HARMLESS_AFTER: &[&str] = &[
    "access", "contact", "contacts", "exit", "family", "level", "levels", "mass", "path", "paths",
    "queue", "queues", "review", "section", "sections", "thinking",
];

/// What stands before `down`.
pub(super) const COPULAS: &[&str] =
    &["are", "been", "completely", "está", "goes", "is", "still", "was", "went"];

/// What can be down.
pub(super) const SERVICES: &[&str] = &[
    "api",
    "app",
    "application",
    "backend",
    "broker",
    "checkout",
    "cluster",
    "database",
    "db",
    "everything",
    "frontend",
    "gateway",
    "host",
    "kafka",
    "network",
    "node",
    "payments",
    "platform",
    "postgres",
    "prod",
    "producción",
    "production",
    "redis",
    "region",
    "server",
    "servers",
    "service",
    "services",
    "servicio",
    "site",
    "system",
    "systems",
    "vpn",
    "web",
    "website",
];

/// Phrases that ask for something, wherever they stand.
pub(super) const REQUESTS: &Phrases<()> = &[
    ("action item", ()),
    ("action required", ()),
    ("bitte", ()),
    ("can someone", ()),
    ("can we", ()),
    ("can you", ()),
    ("could someone", ()),
    ("could you", ()),
    ("don't forget", ()),
    ("follow up", ()),
    ("hay que", ()),
    ("il faut", ()),
    ("kannst du", ()),
    ("könnt ihr", ()),
    ("könntest du", ()),
    ("make sure", ()),
    ("merci de", ()),
    ("muss noch", ()),
    ("need to", ()),
    ("needs to", ()),
    ("nicht vergessen", ()),
    ("peux tu", ()),
    ("please", ()),
    ("podrías", ()),
    ("por favor", ()),
    ("pouvez vous", ()),
    ("puedes", ()),
    ("remember to", ()),
    ("s'il te plaît", ()),
    ("s'il vous plaît", ()),
    ("todo", ()),
    ("veuillez", ()),
    ("would you mind", ()),
    ("you must", ()),
    ("you should", ()),
];

/// Verbs that ask for something where a sentence begins with them.
pub(super) const IMPERATIVES: &[&str] = &[
    "add",
    "approve",
    "ask",
    "assign",
    "call",
    "check",
    "close",
    "confirm",
    "create",
    "delete",
    "deploy",
    "disable",
    "enable",
    "ensure",
    "fix",
    "inform",
    "investigate",
    "merge",
    "move",
    "notify",
    "prepare",
    "remove",
    "renew",
    "restart",
    "review",
    "roll",
    "rotate",
    "schedule",
    "send",
    "stop",
    "test",
    "update",
    "verify",
    "write",
];

/// Words after which such a verb was a noun: `review of`, `update on`.
pub(super) const NOUN_BEFORE: &[&str] =
    &["about", "are", "for", "from", "has", "in", "is", "of", "on", "was", "were", "with"];

/// Beginnings of questions that people write without a mark.
pub(super) const QUESTIONS: &Phrases<()> = &[
    ("any idea", ()),
    ("anybody know", ()),
    ("anyone know", ()),
    ("can anyone", ()),
    ("can someone", ()),
    ("can you", ()),
    ("could you", ()),
    ("does anybody", ()),
    ("does anyone", ()),
    ("est ce que", ()),
    ("has anyone", ()),
    ("hat jemand", ()),
    ("is there", ()),
    ("kann jemand", ()),
    ("weiß jemand", ()),
    ("would you", ()),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transform::phrases::assert_sorted;

    #[test]
    fn the_lists_are_sorted() {
        assert_sorted(URGENT);
        for table in [CALMING, REQUESTS, QUESTIONS] {
            assert_sorted(table);
        }
        for list in [DENIALS, HARMLESS_AFTER, COPULAS, SERVICES, IMPERATIVES, NOUN_BEFORE] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }
}
