//! What people ask of incidents: they are parts of the input like everything else.
//!
//! **Invariant:** what a person says outlasts what is inferred: incidents that were parted by a person
//! are merged by nobody else. Of contradictory commands the last counts. A command that cannot be
//! followed changes nothing and says why.

use schemas::id::{AlertId, IncidentId};
use schemas::incident::MomentKind;

use crate::decide::Taken;
use crate::incident::{Incident, Judged, Stage};
use crate::tenant::Tenant;
use crate::timeline::{Happened, cut};

/// So many judgements of an incident are kept; the last one of each person.
const JUDGED_MAX: usize = 64;
/// Longer notes are cut.
const NOTE_MAX: usize = 1_000;

/// One thing that a person asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Takes an incident on.
    Acknowledge(IncidentId),
    /// Says that somebody is at it.
    Mitigate(IncidentId),
    /// Says that it is over. It is reopened by what comes within half an hour.
    Resolve(IncidentId),
    /// Makes two incidents one.
    Merge(IncidentId, IncidentId),
    /// Makes an incident of its own of some of an incident's alerts.
    Split(IncidentId, Vec<AlertId>),
    /// Says whether it was right to put these alerts together.
    Feedback(IncidentId, bool),
}

/// What a person asks, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// What is asked.
    pub command: &'a Command,
    /// Who asks.
    pub by: Option<&'a str>,
    /// Why, in their words.
    pub note: Option<&'a str>,
    /// When it was asked.
    pub time_ms: i64,
}

/// Why a command was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotFollow(pub String);

fn cannot<T>(why: String) -> Result<T, CannotFollow> {
    Err(CannotFollow(why))
}

impl Tenant<'_> {
    /// Follows a command.
    pub(crate) fn follow(&mut self, asked: &Asked<'_>) -> Result<Taken, CannotFollow> {
        self.observe(asked.time_ms);
        self.look_at_what_is_due();
        let followed = match asked.command {
            Command::Acknowledge(id) => self.stage(*id, asked, Stage::Acknowledged),
            Command::Mitigate(id) => self.stage(*id, asked, Stage::Mitigating),
            Command::Resolve(id) => self.stage(*id, asked, Stage::Resolved),
            Command::Merge(one, other) => self.merge(*one, *other, asked),
            Command::Split(id, alerts) => self.split(*id, alerts, asked),
            Command::Feedback(id, right) => self.take_feedback(*id, *right, asked),
        };
        self.counts.commands_refused += u64::from(followed.is_err());
        followed
    }

    /// The number of an incident that is not closed.
    pub(crate) fn find_number(&self, id: IncidentId) -> Result<u64, CannotFollow> {
        match self.stores.ids.get(&(self.number, id)) {
            Some(number) => Ok(*number),
            None => {
                cannot(format!("there is no incident {id}, or it is closed or part of another"))
            }
        }
    }

    /// Notes in the course of an incident what was asked, and tells of it.
    pub(crate) fn note_asked(&mut self, number: u64, asked: &Asked<'_>, what: &str) {
        let title = match asked.note {
            Some(note) => format!("{what}: {note}"),
            None => what.to_owned(),
        };
        let happened = Happened::new(asked.time_ms, MomentKind::Command, &title);
        self.note_moment(number, happened.by(asked.by));
        self.urgent.push(number);
    }

    fn stage(
        &mut self,
        id: IncidentId,
        asked: &Asked<'_>,
        stage: Stage,
    ) -> Result<Taken, CannotFollow> {
        let number = self.find_number(id)?;
        let over = self.incident(number).is_some_and(|of| of.stage == Stage::Resolved);
        if over && stage != Stage::Resolved {
            return cannot(format!("incident {id} is resolved"));
        }
        if let Some(incident) = self.incident_mut(number) {
            incident.stage = stage;
            if stage == Stage::Resolved {
                (incident.resolved_ms, incident.by_person) = (Some(asked.time_ms), true);
            }
        }
        let what = match stage {
            Stage::Candidate | Stage::Open => "opened",
            Stage::Acknowledged => "acknowledged",
            Stage::Mitigating => "somebody is at it",
            Stage::Resolved => "resolved",
        };
        self.note_asked(number, asked, what);
        Ok(Taken { incident: Some(id), merged: Vec::new() })
    }

    fn take_feedback(
        &mut self,
        id: IncidentId,
        right: bool,
        asked: &Asked<'_>,
    ) -> Result<Taken, CannotFollow> {
        let number = self.find_number(id)?;
        let note = asked.note.map(|note| note.chars().take(NOTE_MAX).collect());
        self.judge(number, Judged { by: cut(asked.by.unwrap_or("somebody")), right, note });
        self.note_asked(number, asked, if right { "judged right" } else { "judged wrong" });
        Ok(Taken { incident: Some(id), merged: Vec::new() })
    }

    /// Keeps what a person says; what they said before does not count any more.
    pub(crate) fn judge(&mut self, number: u64, judged: Judged) {
        let at = self.at(number);
        let known: Vec<u64> = {
            let all: Vec<_> = self.stores.lists.judged.of(at).collect();
            let spare = (all.len() + 1).saturating_sub(JUDGED_MAX);
            let gone = |n: usize, of: &Judged| n < spare || of.by == judged.by;
            let gone = all.iter().enumerate().filter(|(n, (_, of))| gone(*n, of));
            gone.map(|(_, (place, _))| *place).collect()
        };
        known.into_iter().for_each(|place| {
            self.stores.lists.judged.remove(at, place);
        });
        if let Some(place) = self.incident_mut(number).map(Incident::place) {
            self.stores.lists.judged.insert(at, place, judged);
        }
    }

    fn merge(
        &mut self,
        one: IncidentId,
        other: IncidentId,
        asked: &Asked<'_>,
    ) -> Result<Taken, CannotFollow> {
        let (a, b) = (self.find_number(one)?, self.find_number(other)?);
        if a == b {
            return cannot(format!("incident {one} cannot be merged with itself"));
        }
        for (of, from) in [(self.at(a), b), (self.at(b), a)] {
            let apart = self.stores.lists.apart.of(of).map(|(number, ())| number);
            let gone = apart.filter(|number| self.name(*number) == Some(from)).collect::<Vec<_>>();
            for number in gone {
                self.stores.lists.apart.remove(of, number);
            }
        }
        let mut merged = Vec::new();
        let survivor = self.unite(a, b, &mut merged);
        self.note_asked(survivor, asked, "merged with another incident");
        Ok(Taken { incident: self.id_of(survivor), merged })
    }
}
