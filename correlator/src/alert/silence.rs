//! Silences: alerts that all its matchers take are quiet from its start to its end.
//!
//! **Invariant:** a silence that could never hold or would hold for everything is refused with the
//! reason, and so is one without an end, an author or a word why.

use std::ops::Bound;
use std::sync::Arc;

use schemas::command::{Command, LabelMatcher, Operator};
use schemas::id::{Hash128, RecordId};

use super::lifecycle::Work;
use super::matcher::{Matcher, View, all_take};
use super::state::Silence;
use super::timers::Due;

const MATCHERS_MAX: usize = 32;
const LASTING_MAX_MS: i64 = 366 * 24 * 3_600_000;

impl Work<'_> {
    /// The silence of an alert that looks like this: the first by id.
    pub(super) fn silence_of(&mut self, view: View<'_>) -> Option<RecordId> {
        let active = self.active_silences();
        active.into_iter().find(|id| all_take(&self.matchers_of(*id), view))
    }

    fn active_silences(&self) -> Vec<RecordId> {
        if self.stores.tenant(self.tenant).is_none_or(|tenant| tenant.silences == 0) {
            return Vec::new();
        }
        let from = (self.tenant, RecordId(Hash128::MIN));
        let all = self.stores.silences.range(Bound::Included(&from), Bound::Unbounded);
        let own = all.take_while(|((tenant, _), _)| *tenant == self.tenant);
        own.filter(|(_, silence)| silence.is_active).map(|((_, id), _)| *id).collect()
    }

    fn matchers_of(&mut self, id: RecordId) -> Arc<[Matcher]> {
        let key = (self.tenant, id);
        if let Some(compiled) = self.stores.compiled.get(&key) {
            return Arc::clone(compiled);
        }
        let texts = self.stores.silences.get(&key).map(|silence| silence.matchers.clone());
        let all = texts.unwrap_or_default().into_iter();
        let compiled: Arc<[Matcher]> =
            all.filter_map(|(label, how, value)| Matcher::new(&label, how, &value).ok()).collect();
        self.stores.compiled.insert(key, Arc::clone(&compiled));
        compiled
    }

    /// A person asks for quiet. The silence has the id of the record that asked.
    pub(super) fn silence(&mut self, id: RecordId, command: &Command, by: Option<&str>) {
        if self.stores.silences.get(&(self.tenant, id)).is_some() {
            return self.out.count("commands_repeated", 1);
        }
        let silences = self.stores.tenant(self.tenant).map_or(0, |tenant| tenant.silences);
        let limit = self.plan.limits.silences;
        if usize::try_from(silences).is_ok_and(|silences| silences >= limit) {
            return self
                .out
                .refuse(format!("{limit} silences are the limit; end one of them first"));
        }
        match self.checked(command, by) {
            Ok(silence) => self.begin_silence(id, silence),
            Err(reason) => self.out.refuse(reason),
        }
    }

    fn checked(&self, command: &Command, by: Option<&str>) -> Result<Silence, String> {
        let at_ms = self.at_ms();
        let by =
            by.filter(|by| !by.is_empty()).ok_or("a silence needs somebody who asks for it")?;
        let note = command.note.as_deref().filter(|note| !note.trim().is_empty());
        let note = note.ok_or("a silence needs a word why, in `note`")?;
        let starts_ms = command.starts_at_ms.unwrap_or(at_ms).max(at_ms);
        let ends_ms = command.ends_at_ms.ok_or("a silence needs an end, in `ends_at_ms`")?;
        if ends_ms <= starts_ms {
            return Err(
                "the silence ends before it starts, or is over already; give a later `ends_at_ms`"
                    .to_owned(),
            );
        }
        if ends_ms.saturating_sub(starts_ms) > LASTING_MAX_MS {
            return Err(
                "a silence lasts at most 366 days; is `ends_at_ms` in milliseconds?".to_owned()
            );
        }
        check_matchers(&command.matchers)?;
        let matchers = command.matchers.iter();
        Ok(Silence {
            matchers: matchers.map(|m| (m.label.clone(), m.operator, m.value.clone())).collect(),
            starts_ms,
            ends_ms,
            by: by.to_owned(),
            note: note.to_owned(),
            is_active: false,
        })
    }

    fn begin_silence(&mut self, id: RecordId, silence: Silence) {
        let starts_ms = silence.starts_ms;
        self.stores.silences.insert(&(self.tenant, id), silence);
        self.stores.change(self.tenant, |tenant| tenant.silences += 1);
        self.stores.timers.set(self.tenant, Due::Silence(id), None, Some(starts_ms));
        self.out.count("silences_begun", 1);
    }

    /// A silence starts or ends.
    pub(super) fn silence_due(&mut self, id: RecordId) {
        let key = (self.tenant, id);
        let Some(silence) = self.stores.silences.get_mut(&key) else { return };
        if silence.is_active {
            return self.drop_silence(id);
        }
        silence.is_active = true;
        let ends_ms = silence.ends_ms;
        self.stores.timers.set(self.tenant, Due::Silence(id), None, Some(ends_ms));
        self.begin_sweep();
    }

    /// A person ends a silence.
    pub(super) fn unsilence(&mut self, command: &Command) {
        let Some(id) = command.silence else {
            return self.out.refuse("which silence? give its id in `silence`");
        };
        let key = (self.tenant, id);
        let Some(silence) = self.stores.silences.get(&key) else {
            return self.out.refuse(format!("there is no silence {id}; it may be over already"));
        };
        let due = if silence.is_active { silence.ends_ms } else { silence.starts_ms };
        self.stores.timers.set(self.tenant, Due::Silence(id), Some(due), None);
        self.drop_silence(id);
    }

    fn drop_silence(&mut self, id: RecordId) {
        self.stores.silences.remove(&(self.tenant, id));
        self.stores.compiled.remove(&(self.tenant, id));
        self.stores.change(self.tenant, |of| of.silences = of.silences.saturating_sub(1));
        self.out.count("silences_ended", 1);
        self.begin_sweep();
    }
}

/// Whether matchers can all hold, and not for everything.
fn check_matchers(all: &[LabelMatcher]) -> Result<(), String> {
    if all.is_empty() {
        return Err(
            "a silence without matchers would silence everything; give at least one".to_owned()
        );
    }
    if all.len() > MATCHERS_MAX {
        return Err(format!(
            "{} matchers are more than the {MATCHERS_MAX} of the limit",
            all.len()
        ));
    }
    let mut matchers = Vec::new();
    for given in all {
        let made = Matcher::new(&given.label, given.operator, &given.value);
        matchers.push(made.map_err(|error| error.to_string())?);
    }
    if matchers.iter().all(|matcher| matcher.takes("")) {
        return Err("every matcher takes a missing label, so the silence would hold for everything; name a value".to_owned());
    }
    contradiction(&matchers).map_or(Ok(()), Err)
}

/// A label that is asked to be one text and not to be it.
fn contradiction(matchers: &[Matcher]) -> Option<String> {
    let equals = matchers.iter().filter(|matcher| matcher.operator() == Operator::Equal);
    for equal in equals {
        let same = matchers.iter().filter(|other| other.label() == equal.label());
        if let Some(other) = same.into_iter().find(|other| !other.takes(equal.value())) {
            let (label, value) = (equal.label(), equal.value());
            return Some(format!(
                "the silence contradicts itself: {label} has to be `{value}`, and another matcher on {label} with \
                 `{}` refuses that; it would never hold",
                other.value()
            ));
        }
    }
    None
}
