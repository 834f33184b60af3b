//! What people ask of incidents: they are parts of the input like everything else.
//!
//! **Invariant:** what a person says outlasts what is inferred: incidents that were parted by a person
//! are merged by nobody else. Of contradictory commands the last counts. A command that cannot be
//! followed changes nothing and says why.

use schemas::id::{AlertId, IncidentId};

use crate::decide::Taken;
use crate::incident::{Incident, Stage};
use crate::tenant::Tenant;

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

/// Why a command was not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CannotFollow(pub String);

fn cannot<T>(why: String) -> Result<T, CannotFollow> {
    Err(CannotFollow(why))
}

impl Tenant {
    /// Follows a command.
    pub(crate) fn follow(
        &mut self,
        command: &Command,
        time_ms: i64,
    ) -> Result<Taken, CannotFollow> {
        self.observe(time_ms);
        self.look_at_what_is_due();
        let followed = match command {
            Command::Acknowledge(id) => self.stage(*id, Stage::Acknowledged),
            Command::Mitigate(id) => self.stage(*id, Stage::Mitigating),
            Command::Resolve(id) => self.resolve(*id, time_ms),
            Command::Merge(one, other) => self.merge(*one, *other),
            Command::Split(id, alerts) => self.split(*id, alerts),
            Command::Feedback(id, right) => {
                self.change(*id, |incident| incident.feedback.push(*right))
            }
        };
        self.counts.commands_refused += u64::from(followed.is_err());
        followed
    }

    /// The number of an incident that is not closed.
    fn number(&self, id: IncidentId) -> Result<u64, CannotFollow> {
        let known = self.incidents.values().find(|incident| incident.id == id);
        match known {
            Some(incident) => Ok(incident.number),
            None => {
                cannot(format!("there is no incident {id}, or it is closed or part of another"))
            }
        }
    }

    fn change(
        &mut self,
        id: IncidentId,
        change: impl FnOnce(&mut Incident),
    ) -> Result<Taken, CannotFollow> {
        let number = self.number(id)?;
        if let Some(incident) = self.incidents.get_mut(&number) {
            change(incident);
        }
        Ok(Taken { incident: Some(id), merged: Vec::new() })
    }

    fn stage(&mut self, id: IncidentId, stage: Stage) -> Result<Taken, CannotFollow> {
        let number = self.number(id)?;
        if self.incidents.get(&number).is_some_and(|incident| incident.stage == Stage::Resolved) {
            return cannot(format!("incident {id} is resolved"));
        }
        self.change(id, |incident| incident.stage = stage)
    }

    fn resolve(&mut self, id: IncidentId, time_ms: i64) -> Result<Taken, CannotFollow> {
        self.change(id, |incident| {
            incident.stage = Stage::Resolved;
            (incident.resolved_ms, incident.by_person) = (Some(time_ms), true);
        })
    }

    fn merge(&mut self, one: IncidentId, other: IncidentId) -> Result<Taken, CannotFollow> {
        let (a, b) = (self.number(one)?, self.number(other)?);
        if a == b {
            return cannot(format!("incident {one} cannot be merged with itself"));
        }
        for (of, from) in [(a, b), (b, a)] {
            let names: Vec<u64> = self
                .incidents
                .get(&of)
                .map(|of| of.apart.iter().copied().collect())
                .unwrap_or_default();
            let gone: Vec<u64> =
                names.into_iter().filter(|at| self.name(*at) == Some(from)).collect();
            if let Some(incident) = self.incidents.get_mut(&of) {
                incident.apart.retain(|at| !gone.contains(at));
            }
        }
        let mut merged = Vec::new();
        let survivor = self.unite(a, b, &mut merged);
        Ok(Taken { incident: self.id_of(survivor), merged })
    }

    fn split(&mut self, id: IncidentId, alerts: &[AlertId]) -> Result<Taken, CannotFollow> {
        let number = self.number(id)?;
        self.make_room();
        let new_number = self.numbers + 1;
        let Some(incident) = self.incidents.get_mut(&number) else {
            return self.number(id).map(|_| nothing());
        };
        let Some(parted) = incident.part(new_number, alerts) else {
            return cannot(format!(
                "an incident of its own needs some of the alerts of {id}, not all of them"
            ));
        };
        self.numbers = new_number;
        let new_id = parted.id;
        for own in &parted.owns {
            self.keys.touch(*own).move_to(number, new_number);
        }
        self.due.insert((parted.due_ms, new_number));
        self.incidents.insert(new_number, parted);
        Ok(Taken { incident: Some(new_id), merged: Vec::new() })
    }
}

fn nothing() -> Taken {
    Taken { incident: None, merged: Vec::new() }
}

impl Incident {
    /// Makes an incident of some of its alerts, which stays apart from it.
    fn part(&mut self, number: u64, alerts: &[AlertId]) -> Option<Self> {
        let goes = |alert: &AlertId| alerts.contains(alert);
        let going: Vec<_> = self.alerts.iter().copied().zip(self.owns.iter().copied()).collect();
        let (going, staying): (Vec<_>, Vec<_>) =
            going.into_iter().partition(|(alert, _)| goes(alert));
        let (seed, _) = *going.first().filter(|_| !staying.is_empty())?;
        let mut parted = self.clone();
        (parted.number, parted.seed, parted.id) = (number, seed, IncidentId::of(seed));
        if parted.id == self.id {
            // The seed goes: what stays keeps the id, and the new one is named by its next alert.
            let (next, _) = *going.get(1)?;
            (parted.seed, parted.id) = (next, IncidentId::of(next));
        }
        (parted.alerts, parted.owns) = going.into_iter().unzip();
        (self.alerts, self.owns) = staying.into_iter().unzip();
        parted.links.retain(|link| goes(&link.to));
        self.links.retain(|link| !goes(&link.to));
        parted.items = parted.alerts.len() as u64;
        parted.conditions = parted.items;
        self.items = self.items.saturating_sub(parted.items).max(1);
        self.conditions = self.conditions.saturating_sub(parted.items);
        parted.took_over.clear();
        parted.stage = Stage::Open;
        parted.apart.insert(self.number);
        self.apart.insert(number);
        Some(parted)
    }
}
