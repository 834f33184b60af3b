//! What people ask. A command that cannot be followed is refused with the reason; it changes nothing.

use schemas::command::{Command, CommandAction};
use schemas::id::{AlertId, RecordId};

use super::labels::cut;
use super::lifecycle::Work;
use super::state::Taken;

const NOTE_BYTES_MAX: usize = 2_000;
const NAME_BYTES_MAX: usize = 200;

impl Work<'_> {
    /// Follows a command, or refuses it. A command has the id of its record.
    pub(super) fn follow(&mut self, id: RecordId, command: &Command, by: Option<&str>) {
        self.out.count("commands", 1);
        match command.action {
            CommandAction::Silence => self.silence(id, command, by),
            CommandAction::Unsilence => self.unsilence(command),
            CommandAction::Acknowledge => {
                if let Some(alert) = self.meant(command) {
                    self.acknowledge(alert, command, by);
                }
            }
            CommandAction::Feedback => {
                if let Some(alert) = self.meant(command) {
                    self.feedback(alert, command, by);
                }
            }
            CommandAction::Mitigate
            | CommandAction::Resolve
            | CommandAction::Merge
            | CommandAction::Split => {
                self.out.refuse("that is asked of incidents: which one? give its id in `incident`");
            }
        }
    }

    /// The open alert that a command is about.
    fn meant(&mut self, command: &Command) -> Option<AlertId> {
        let Some(id) = command.alert else {
            self.out.refuse("which alert? give its id in `alert`");
            return None;
        };
        if !self.alert(id).is_some_and(super::state::Alert::is_open) {
            let reason = format!("no alert {id} is open; it may be over, or of another tenant");
            self.out.refuse(reason);
            return None;
        }
        Some(id)
    }

    /// Somebody takes an alert on: it is told no more until it is over.
    fn acknowledge(&mut self, id: AlertId, command: &Command, by: Option<&str>) {
        let Some(by) = by else { return self.out.refuse("nobody is named who acknowledges") };
        let (at_ms, note) = (self.at_ms(), note_of(command));
        let Some(alert) = self.alert_mut(id) else { return };
        if alert.body.acknowledged.is_some() {
            return self.out.count("commands_repeated", 1);
        }
        let by = cut(by.to_owned(), NAME_BYTES_MAX).0;
        alert.body_mut().acknowledged = Some(Taken { by, at_ms, note });
        self.tell(id);
    }

    fn feedback(&mut self, id: AlertId, command: &Command, by: Option<&str>) {
        let Some(verdict) = command.verdict else {
            return self.out.refuse("what was it? give useful, noise or wrong in `verdict`");
        };
        let by = cut(by.unwrap_or_default().to_owned(), NAME_BYTES_MAX).0;
        let note = note_of(command);
        if let Some(alert) = self.alert_mut(id) {
            alert.body_mut().feedback = Some((by, verdict, note));
        }
        self.tell(id);
    }
}

fn note_of(command: &Command) -> Option<String> {
    command.note.clone().map(|note| cut(note, NOTE_BYTES_MAX).0)
}
