//! One rule on one series: what it waits for, and whether it fires.
//!
//! **Invariant:** windows are taken in order and each once, and silence is judged up to the next before it. So
//! it does not matter how finely time came, and what is said follows from the windows alone.

use serde::{Deserialize, Serialize};

use super::history::History;
use super::rule::{Judged, Means, Rule};
use crate::windows::Minute;

/// It is said again that a rule fires, as often as this.
pub(super) const REPEAT_MINUTES: i64 = 60;

/// The state of one rule on one series.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Watch {
    /// The end of the last window; the minute in which the watch began, where there was none.
    pub(super) until: Minute,
    /// Whether there was one.
    has_begun: bool,
    /// The start of the first of the windows that were beyond the limit, without one that was not.
    holds_since: Option<Minute>,
    pub(super) firing: Option<Firing>,
    history: Option<Box<History>>,
}

/// An episode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Firing {
    /// Where it began.
    pub(super) since: Minute,
    /// The start of the first window that was calm again, without one that was not.
    calm_since: Option<Minute>,
    /// Because nothing came.
    is_silence: bool,
    /// When it was last said.
    said: Minute,
    /// What it was found by, and how that is called, for when the rule is gone.
    pub(super) detector: Box<str>,
    pub(super) title: Box<str>,
}

/// A window of a series.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) start: Minute,
    pub(super) count: u64,
    /// The figure that the rule asks for.
    pub(super) value: Option<f64>,
}

/// What is to be said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Turn {
    pub(super) what: What,
    /// When the episode began.
    pub(super) since: Minute,
    /// When this shows.
    pub(super) at: Minute,
    pub(super) why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Fires,
    Lasts,
    Ends,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Why {
    /// The value of a window, and the limit.
    Value(f64, f64),
    /// There were too few values to say.
    TooFew,
    /// Something came again.
    Back,
    /// Nothing came.
    Silence,
    /// Nothing came for so long that the series is forgotten.
    Forgotten,
    /// The rule was changed or taken away, or the series is none of its any more.
    Gone,
    /// Time passed.
    Time,
}

impl Watch {
    /// From a minute on.
    pub(super) fn new(minute: Minute) -> Self {
        Self { until: minute, has_begun: false, holds_since: None, firing: None, history: None }
    }

    /// Whether a window that starts then comes after a later one.
    pub(super) fn is_late(&self, start: Minute) -> bool {
        self.has_begun && start < self.until
    }

    /// Takes a window that is not late.
    pub(super) fn take(&mut self, rule: &Rule, seen: Seen) -> Vec<Turn> {
        let when = &rule.when;
        let mut turns: Vec<Turn> = self.hear_nothing(rule, seen.start).into_iter().collect();
        let reference = when.limit.reference();
        let before =
            reference.and_then(|of| self.history.as_ref()?.before(of, seen.start, when.window));
        if let Some(reference) = reference {
            let (window, kept) =
                (seen.start.div_euclid(when.window), reference.windows(when.window));
            History::take(&mut self.history, window, seen.value, kept);
        }
        (self.until, self.has_begun) = (seen.start + when.window, true);
        let judged = when.judge(seen.value, seen.count, before);
        turns.extend(self.follow(rule, seen, judged, before));
        turns
    }

    fn follow(
        &mut self,
        rule: &Rule,
        seen: Seen,
        judged: Judged,
        before: Option<f64>,
    ) -> Option<Turn> {
        match (judged, &mut self.firing) {
            (Judged::Beyond(limit), firing) => {
                let since = *self.holds_since.get_or_insert(seen.start);
                if let Some(firing) = firing {
                    (firing.calm_since, firing.is_silence) = (None, false);
                    return None;
                }
                let has_held = self.until - since >= rule.when.holds_for;
                let why = Why::Value(seen.value.unwrap_or_default(), limit);
                has_held.then(|| self.fire(rule, since, why))
            }
            // Whatever came ends that nothing came.
            (Judged::Unknown, Some(Firing { is_silence: true, .. })) => {
                self.calm(rule, seen.start, Why::Back)
            }
            (Judged::Unknown, _) => None,
            (Judged::Between, Some(firing)) if !firing.is_silence => {
                (self.holds_since, firing.calm_since) = (None, None);
                None
            }
            (Judged::Between | Judged::Calm, _) => {
                self.holds_since = None;
                let why = self.why_calm(rule, seen, before);
                self.calm(rule, seen.start, why)
            }
        }
    }

    fn why_calm(&self, rule: &Rule, seen: Seen, before: Option<f64>) -> Why {
        let limit = rule.when.clear_at(before).filter(|_| seen.count >= rule.when.count_min);
        match (&self.firing, seen.value.zip(limit)) {
            (Some(Firing { is_silence: true, .. }), _) => Why::Back,
            (_, Some((value, limit))) => Why::Value(value, limit),
            (_, None) => Why::TooFew,
        }
    }

    fn fire(&mut self, rule: &Rule, since: Minute, why: Why) -> Turn {
        self.firing = Some(Firing {
            since,
            calm_since: None,
            is_silence: why == Why::Silence,
            said: self.until,
            detector: rule.detector().into(),
            title: rule.title.as_str().into(),
        });
        Turn { what: What::Fires, since, at: self.until, why }
    }

    fn calm(&mut self, rule: &Rule, start: Minute, why: Why) -> Option<Turn> {
        let firing = self.firing.as_mut()?;
        let since = *firing.calm_since.get_or_insert(start);
        // The first calm window may be the longest wait already.
        let is_over = rule.when.keeps_for == 0 || self.until - since >= rule.when.keeps_for;
        is_over.then(|| self.end(self.until, why)).flatten()
    }

    /// The episode is over.
    pub(super) fn end(&mut self, at: Minute, why: Why) -> Option<Turn> {
        let Firing { since, .. } = self.firing.take()?;
        Some(Turn { what: What::Ends, since, at, why })
    }

    /// All windows that ended by a minute were taken: silence since then is judged.
    fn hear_nothing(&mut self, rule: &Rule, closed: Minute) -> Option<Turn> {
        let silence = rule.when.silence;
        if closed.saturating_sub(self.until) < silence.after {
            return None;
        }
        self.holds_since = None;
        let at = self.until.saturating_add(silence.after);
        match (silence.means, &self.firing) {
            (Means::Over, Some(_)) => self.end(at, Why::Silence),
            (Means::Firing, None) => {
                let turn = self.fire(rule, self.until, Why::Silence);
                if let Some(firing) = &mut self.firing {
                    firing.said = at;
                }
                Some(Turn { at, ..turn })
            }
            _ => None,
        }
    }

    /// Whether time alone has something to say.
    pub(super) fn is_due(&self, rule: &Rule, closed: Minute) -> bool {
        let silent = closed.saturating_sub(self.until) >= rule.when.silence.after;
        let silence = match (rule.when.silence.means, &self.firing) {
            (Means::Over, firing) => firing.is_some() || self.holds_since.is_some(),
            (Means::Firing, firing) => firing.is_none() || self.holds_since.is_some(),
            (Means::Keep, _) => self.holds_since.is_some(),
        };
        (silent && silence) || self.is_to_be_repeated(closed)
    }

    fn is_to_be_repeated(&self, closed: Minute) -> bool {
        let said = self.firing.as_ref().map(|firing| firing.said);
        said.is_some_and(|said| closed.saturating_sub(said) >= REPEAT_MINUTES)
    }

    /// Time passed up to a minute.
    pub(super) fn pass(&mut self, rule: &Rule, closed: Minute) -> Vec<Turn> {
        let mut turns: Vec<Turn> = self.hear_nothing(rule, closed).into_iter().collect();
        if self.is_to_be_repeated(closed)
            && let Some(firing) = &mut self.firing
        {
            firing.said = closed;
            turns.push(Turn { what: What::Lasts, since: firing.since, at: closed, why: Why::Time });
        }
        turns
    }
}
