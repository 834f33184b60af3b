//! Whether the records of one window follow each other as they have to.
//!
//! **Invariant:** revisions count from 0 without gap or repetition, positions rise, and a window is
//! provisional, then final once, then corrected.

use schemas::aggregate::WindowState;

use super::found::Told;
use super::oracle::Window;

/// What is wrong with a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Records are missing.
    Lost(String),
    /// Records are there that should not be.
    Extra(String),
    /// A record says something else.
    Different(String),
}

/// Everything that is wrong with the order of these records.
pub(super) fn faults(due: &Window, told: &[Told]) -> Vec<Fault> {
    let mut faults = revisions(told);
    faults.extend(states(due, told));
    for (before, next) in told.iter().zip(told.iter().skip(1)) {
        let (before, next) = (before.aggregate.position, next.aggregate.position);
        if before >= next {
            let what = format!("position {next:?} follows {before:?}");
            faults.push(Fault::Different(what));
        }
    }
    faults
}

fn revisions(told: &[Told]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut due = 0;
    for revision in told.iter().map(|told| told.aggregate.revision) {
        if revision < due {
            faults.push(Fault::Extra(format!("revision {revision} where {due} is due")));
        } else {
            (due..revision).for_each(|missing| {
                faults.push(Fault::Lost(format!("revision {missing} before {revision}")));
            });
            due = revision + 1;
        }
    }
    faults
}

fn states(due: &Window, told: &[Told]) -> Vec<Fault> {
    let of = |wanted: WindowState| {
        told.iter().filter(move |told| told.aggregate.state == wanted).count()
    };
    let rank = |told: &Told| match told.aggregate.state {
        WindowState::Provisional => 0,
        WindowState::Final => 1,
        WindowState::Correction => 2,
    };
    let mut faults = Vec::new();
    if !told.iter().map(rank).is_sorted() {
        faults.push(Fault::Different("not provisional, final, correction in this order".into()));
    }
    let (finals, corrections) = (of(WindowState::Final), of(WindowState::Correction));
    match (due.is_closed, finals) {
        (true, 0) => faults.push(Fault::Lost("no final record of a closed window".into())),
        (true, 1) | (false, 0) => {}
        (true, many) => faults.push(Fault::Extra(format!("{many} final records"))),
        (false, _) => faults.push(Fault::Different("a final record of an open window".into())),
    }
    if corrections > due.corrections_max {
        let what = format!("{corrections} corrections by {} batches", due.corrections_max);
        faults.push(Fault::Extra(what));
    }
    faults
}
