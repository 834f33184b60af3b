//! The stages of work, and the words by which its tools name them.
//!
//! **Invariant:** the table is sorted, and a status without any of its words has no stage.

use super::phrases::{Phrases, folded, longest};
use super::text::words;

/// Longer texts are no statuses.
pub(super) const STATUS_BYTES_MAX: usize = 64;

/// Where work stands. Where several words are found, the later in this list counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// Somebody works on it.
    InProgress,
    /// Nobody works on it yet.
    Open,
    /// It is finished.
    Done,
    /// It waits for something else.
    Blocked,
    /// It is being checked.
    Review,
    /// It will not be done.
    Cancelled,
}

use Stage::{Blocked, Cancelled, Done, InProgress, Open, Review};

/// Words of statuses in English, German, French and Spanish.
const STAGES: &Phrases<Stage> = &[
    ("abandoned", Cancelled),
    ("abgebrochen", Cancelled),
    ("abgelehnt", Cancelled),
    ("abgeschlossen", Done),
    ("abierto", Open),
    ("active", InProgress),
    ("annulé", Cancelled),
    ("approval", Review),
    ("arbeit", InProgress),
    ("archived", Cancelled),
    ("assigned", Open),
    ("attente", Blocked),
    ("backlog", Open),
    ("bearbeitung", InProgress),
    ("behoben", Done),
    ("blocked", Blocked),
    ("blockiert", Blocked),
    ("bloqueado", Blocked),
    ("bloqué", Blocked),
    ("cancelado", Cancelled),
    ("canceled", Cancelled),
    ("cancelled", Cancelled),
    ("cerrado", Done),
    ("closed", Done),
    ("complete", Done),
    ("completed", Done),
    ("created", Open),
    ("curso", InProgress),
    ("declined", Cancelled),
    ("delivered", Done),
    ("deployed", Done),
    ("developing", InProgress),
    ("development", InProgress),
    ("doing", InProgress),
    ("done", Done),
    ("draft", Open),
    ("duplicate", Cancelled),
    ("en cours", InProgress),
    ("erledigt", Done),
    ("espera", Blocked),
    ("fermé", Done),
    ("fertig", Done),
    ("finished", Done),
    ("fixed", Done),
    ("geschlossen", Done),
    ("gesperrt", Blocked),
    ("hecho", Done),
    ("hold", Blocked),
    ("implementing", InProgress),
    ("in test", Review),
    ("incomplete", Open),
    ("invalid", Cancelled),
    ("merged", Done),
    ("neu", Open),
    ("new", Open),
    ("not planned", Cancelled),
    ("nouveau", Open),
    ("nuevo", Open),
    ("obsolete", Cancelled),
    ("offen", Open),
    ("ongoing", InProgress),
    ("open", Open),
    ("opened", Open),
    ("ouvert", Open),
    ("paused", Blocked),
    ("pendiente", Open),
    ("pending", Open),
    ("planned", Open),
    ("progreso", InProgress),
    ("progress", InProgress),
    ("proposed", Open),
    ("prüfung", Review),
    ("qa", Review),
    ("queued", Open),
    ("ready", Open),
    ("rechazado", Cancelled),
    ("rejected", Cancelled),
    ("rejeté", Cancelled),
    ("released", Done),
    ("reopened", Open),
    ("resolved", Done),
    ("resuelto", Done),
    ("review", Review),
    ("revisión", Review),
    ("revue", Review),
    ("résolu", Done),
    ("selected", Open),
    ("shipped", Done),
    ("started", InProgress),
    ("storniert", Cancelled),
    ("stuck", Blocked),
    ("suspended", Blocked),
    ("terminado", Done),
    ("terminé", Done),
    ("testing", Review),
    ("to do", Open),
    ("todo", Open),
    ("triage", Open),
    ("unstarted", Open),
    ("verification", Review),
    ("verified", Done),
    ("waiting", Blocked),
    ("wartet", Blocked),
    ("wip", InProgress),
    ("won't", Cancelled),
    ("wont", Cancelled),
    ("wontfix", Cancelled),
    ("working", InProgress),
];

impl Stage {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Open => "open",
            InProgress => "in_progress",
            Review => "review",
            Blocked => "blocked",
            Done => "done",
            Cancelled => "cancelled",
        }
    }

    /// How far the work is; what is blocked or cancelled is not on the way.
    pub(super) const fn progress(self) -> Option<u8> {
        match self {
            Open => Some(0),
            InProgress => Some(1),
            Review => Some(2),
            Done => Some(3),
            Blocked | Cancelled => None,
        }
    }
}

/// `IN_PROGRESS`, `InProgress` and `In Progress` are the same.
pub(super) fn stage(status: Option<&str>) -> Option<Stage> {
    let status = folded(status.filter(|status| status.len() <= STATUS_BYTES_MAX)?);
    let spaced = status.replace(['_', '-'], " ").replace("inprogress", "in progress");
    let words: Vec<&str> = words(&spaced).collect();
    let found = (0..words.len()).filter_map(|at| longest(STAGES, words.get(at..)?));
    let stage = found.map(|(_, stage)| stage).max()?;
    let is_negated =
        words.iter().any(|word| matches!(*word, "not" | "nicht" | "non" | "no" | "pas"));
    Some(if is_negated && stage != Cancelled { Open } else { stage })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::transform::phrases::assert_sorted;

    #[test]
    fn statuses_are_known_by_their_words() {
        assert_sorted(STAGES);
        let statuses = [
            "To Do",
            "TODO",
            "Backlog",
            "Ready for dev",
            "Not started",
            "In Progress",
            "in_progress",
            "inProgress",
            "In Review",
            "Ready for review",
            "Waiting for review",
            "Blocked",
            "On Hold",
            "Waiting for customer",
            "Done",
            "CLOSED",
            "Resolved",
            "Not done",
            "Won't Fix",
            "Closed (not planned)",
            "Duplicate",
            "In Bearbeitung",
            "Erledigt",
            "En cours",
            "Terminé",
            "En espera",
            "Revisión",
            "Somewhere",
            "3",
        ];
        let of =
            |status: &&str| format!("{status}: {}", stage(Some(status)).map_or("-", Stage::as_str));
        expect![[r#"
            To Do: open
            TODO: open
            Backlog: open
            Ready for dev: open
            Not started: open
            In Progress: in_progress
            in_progress: in_progress
            inProgress: in_progress
            In Review: review
            Ready for review: review
            Waiting for review: review
            Blocked: blocked
            On Hold: blocked
            Waiting for customer: blocked
            Done: done
            CLOSED: done
            Resolved: done
            Not done: open
            Won't Fix: cancelled
            Closed (not planned): cancelled
            Duplicate: cancelled
            In Bearbeitung: in_progress
            Erledigt: done
            En cours: in_progress
            Terminé: done
            En espera: blocked
            Revisión: review
            Somewhere: -
            3: -"#]]
        .assert_eq(&statuses.iter().map(of).collect::<Vec<_>>().join("\n"));
    }
}
