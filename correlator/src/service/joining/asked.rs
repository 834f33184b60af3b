//! What a command asks of incidents.

use incidents::command::Command as Asks;
use schemas::command::{Command, CommandAction, Verdict};

/// What is asked.
///
/// # Errors
/// Why it cannot be asked of an incident, and how to ask.
pub(super) fn read(command: &Command) -> Result<Asks, String> {
    let incident = command.incident.ok_or("which incident? give its id in `incident`")?;
    match command.action {
        CommandAction::Acknowledge => Ok(Asks::Acknowledge(incident)),
        CommandAction::Mitigate => Ok(Asks::Mitigate(incident)),
        CommandAction::Resolve => Ok(Asks::Resolve(incident)),
        CommandAction::Merge => {
            let into = command.into.ok_or("merge with which incident? give its id in `into`")?;
            Ok(Asks::Merge(into, incident))
        }
        CommandAction::Split if command.alerts.is_empty() => {
            Err("part which alerts of the incident? give their ids in `alerts`".to_owned())
        }
        CommandAction::Split => Ok(Asks::Split(incident, command.alerts.clone())),
        CommandAction::Feedback => {
            let verdict = command
                .verdict
                .ok_or("was it right? give `useful`, `noise` or `wrong` in `verdict`")?;
            Ok(Asks::Feedback(incident, verdict != Verdict::Wrong))
        }
        CommandAction::Silence | CommandAction::Unsilence => {
            Err("alerts are silenced, not incidents: give `matchers`".to_owned())
        }
    }
}
