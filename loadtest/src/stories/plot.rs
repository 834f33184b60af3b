//! What happens in a story, and who tells of it in which words.
//!
//! **Invariant:** of every story some records name the service in a field, some in prose, some only a pod
//! or a ticket, and some nothing at all; which, is drawn.

mod cause;
mod kinds;

use serde_json::json;

use super::estate::{Estate, Service, one};
use super::told::Told;
use super::wire::{self, Alarm, Ticket};
use crate::dice::Dice;
use kinds::{Cause, PLOTS, Plot};

const MINUTE_MS: i64 = 60_000;
/// Tools say when an alert is over, but for a webhook that is lost.
const END_TOLD_PER_MILLE: u32 = 950;

/// What a story is told with.
pub(super) struct Telling<'a> {
    pub(super) estate: &'a Estate,
    pub(super) dice: &'a mut Dice,
    pub(super) story: usize,
    pub(super) told: Vec<Told>,
    service: &'a Service,
    plot: &'static Plot,
    ticket: String,
    commit: String,
}

impl<'a> Telling<'a> {
    pub(super) fn new(
        estate: &'a Estate,
        service: &'a Service,
        story: usize,
        dice: &'a mut Dice,
    ) -> Self {
        let plot = one(&PLOTS, dice);
        let number = dice.between(100, 9_999);
        let ticket = if dice.per_mille(700) {
            format!("{}-{number}", service.project)
        } else {
            format!("INC00{number:05}")
        };
        let commit = wire::hex(dice, 40);
        Self { estate, story, told: Vec::new(), service, plot, ticket, commit, dice }
    }

    /// Tells all of it; gives when it is over.
    pub(super) fn tell(mut self, start_ms: i64) -> (Vec<Told>, i64) {
        let begun_ms = self.cause(start_ms) + self.minutes(1, 5);
        self.symptoms(begun_ms);
        let over_ms = begun_ms + self.minutes(18, 32);
        self.callers(begun_ms + MINUTE_MS, over_ms);
        self.alerts(begun_ms, over_ms);
        let has_ticket = self.dice.per_mille(700);
        let opened_ms = begun_ms + self.minutes(3, 9);
        if has_ticket {
            self.ticket(opened_ms, "Open");
        }
        let first_ms = begun_ms + self.minutes(2, 6);
        self.chat(first_ms, over_ms, has_ticket.then_some(opened_ms));
        if self.dice.per_mille(600) {
            let fixed_ms = over_ms - self.minutes(3, 6);
            self.fix(fixed_ms);
        }
        if has_ticket && self.dice.per_mille(600) {
            let closed_ms = over_ms + self.minutes(1, 4);
            self.ticket(closed_ms, "Done");
        }
        (self.told, over_ms)
    }

    fn minutes(&mut self, from: i64, to: i64) -> i64 {
        self.dice.between(from * MINUTE_MS, to * MINUTE_MS)
    }

    fn add(&mut self, wire: &wire::Wire, ms: i64) {
        let told = Told::of(wire, ms, Some(self.story), self.dice);
        self.told.push(told);
    }

    fn add_alarm(&mut self, wire: &wire::Wire, ms: i64, is_over: bool) {
        self.add(wire, ms);
        if let Some(last) = self.told.last_mut() {
            last.is_end = is_over;
        }
    }

    fn words(&mut self) -> &'static str {
        one::<&str>(&self.plot.words, self.dice)
    }

    /// What our own detectors find.
    fn symptoms(&mut self, ms: i64) {
        for _ in 0..self.dice.place(4) {
            let (at_ms, measure) = (ms + self.minutes(0, 7), *one(&self.plot.measures, self.dice));
            let pod = self.pod(400);
            let found =
                Told::finding((self.service, pod), measure, at_ms, Some(self.story), self.dice);
            self.told.push(found);
        }
    }

    fn pod(&mut self, per_mille: u32) -> Option<&'a str> {
        let pod = one(&self.service.pods, self.dice);
        self.dice.per_mille(per_mille).then_some(pod)
    }

    /// Services that call it suffer, and half of them say from whom.
    fn callers(&mut self, ms: i64, over_ms: i64) {
        for caller in &self.service.callers {
            let Some(caller) =
                self.estate.services.get(*caller).filter(|_| self.dice.per_mille(350))
            else {
                continue;
            };
            let at_ms = ms + self.minutes(0, 6);
            if self.dice.per_mille(400) {
                let found = Told::finding(
                    (caller, None),
                    "http.client.errors",
                    at_ms,
                    Some(self.story),
                    self.dice,
                );
                self.told.push(found);
                continue;
            }
            let said = format!("{} gets errors from {}", caller.name, self.service.name);
            let words =
                if self.dice.per_mille(600) { &*said } else { "errors from a service it calls" };
            let episode = wire::hex(self.dice, 12);
            let is_told = self.dice.per_mille(END_TOLD_PER_MILLE);
            for (said_ms, is_over) in
                [(at_ms, false), (over_ms, true)].into_iter().take(1 + usize::from(is_told))
            {
                let (rule, since_ms) = ("DependencyErrors", at_ms);
                let alarm = Alarm { rule, words, episode: &episode, since_ms, is_over };
                self.add_alarm(&wire::alertmanager(caller, None, said_ms, alarm), said_ms, is_over);
            }
        }
    }

    /// One or two tools raise alerts, and most say when it is over.
    fn alerts(&mut self, ms: i64, over_ms: i64) {
        for rule in self.plot.rules.iter().take(1 + self.dice.place(2)) {
            let (tool, pod) = (self.dice.below(4), self.pod(400));
            let (since_ms, episode) = (ms + self.minutes(1, 8), wire::hex(self.dice, 12));
            let words = format!("{} {}", self.service.name, self.words());
            let is_told = self.dice.per_mille(END_TOLD_PER_MILLE);
            for (at_ms, is_over) in
                [(since_ms, false), (over_ms, true)].into_iter().take(1 + usize::from(is_told))
            {
                let alarm = Alarm { rule, words: &words, episode: &episode, since_ms, is_over };
                let said = match tool {
                    0 => wire::alertmanager(self.service, pod, at_ms, alarm),
                    1 => wire::pagerduty(self.service, at_ms, alarm, self.dice),
                    2 => wire::datadog(self.service, at_ms, alarm, self.dice),
                    _ => wire::cloudwatch(self.service, at_ms, alarm),
                };
                self.add_alarm(&said, at_ms, is_over);
            }
        }
    }

    fn ticket(&mut self, ms: i64, state: &str) {
        let (key, words) = (self.ticket.clone(), self.words());
        let title = if self.dice.per_mille(600) {
            format!("{} {words}", self.service.name)
        } else {
            format!("Customers complain: it {words}")
        };
        let component = Some(self.service.name).filter(|_| self.dice.per_mille(600));
        let ticket = Ticket { key: &key, title: &title, component, state };
        let said = if key.starts_with("INC") {
            wire::servicenow(ms, ticket, self.dice)
        } else {
            wire::jira(ms, ticket, self.dice)
        };
        self.add(&said, ms);
    }

    /// People write, the later the more tersely.
    fn chat(&mut self, ms: i64, over_ms: i64, ticket_ms: Option<i64>) {
        let (mut at_ms, mut thread) = (ms, None);
        let channel = format!("C0{}", self.service.team.to_ascii_uppercase());
        for _ in 0..1 + self.dice.place(5) {
            let text = self.line(ticket_ms.is_some_and(|opened_ms| opened_ms < at_ms));
            let answers = thread.clone().filter(|_| self.dice.per_mille(400));
            if self.dice.per_mille(800) {
                let said = wire::slack(at_ms, &channel, &text, answers.as_deref(), self.dice);
                thread = answers.or_else(|| Some(wire::stamp(at_ms)));
                self.add(&said, at_ms);
            } else {
                let said = wire::teams(at_ms, self.service.team, &text, self.dice);
                self.add(&said, at_ms);
            }
            at_ms += self.minutes(1, 6);
            if at_ms > over_ms {
                return;
            }
        }
    }

    fn line(&mut self, has_ticket: bool) -> String {
        let (name, words) = (self.service.name, self.words());
        match self.dice.below(10) {
            0..=3 => format!("{name} {words}, who is on it?"),
            4 => format!("restarted {}", one(&self.service.pods, self.dice)),
            5 | 6 if has_ticket => format!("see {}", self.ticket),
            7 if self.plot.cause == Cause::Deploy => {
                format!("is it {}?", self.commit.get(..9).unwrap_or_default())
            }
            _ => (*one(
                &["looking", "same here", "anybody else sees this?", "better now?", "on it"],
                self.dice,
            ))
            .to_owned(),
        }
    }

    fn fix(&mut self, ms: i64) {
        match self.plot.cause {
            Cause::Deploy => {
                let message = format!("Revert {}", self.commit.get(..9).unwrap_or_default());
                self.commit = wire::hex(self.dice, 40);
                self.deploy(ms, &message);
            }
            Cause::Configuration => {
                self.configure(ms);
            }
            Cause::Key => {
                let request = json!({"userName": format!("svc-{}", self.service.name)});
                self.call(ms, ("iam", "DeleteAccessKey"), request);
            }
            _ => {
                let restarted = wire::patched(ms, "deployments", self.service.name, self.dice);
                self.add(&restarted, ms);
            }
        }
    }
}
