//! A receiver's thread: takes notifications, sends them, and tells what came of it.

use std::sync::mpsc::{Receiver as Inbox, RecvTimeoutError, Sender as Outbox};
use std::time::Duration;

use schemas::envelope::Envelope;
use schemas::notification::Notification;
use stream::TopicPartition;

use super::{BreakerState, Sender, now_ms};
use crate::channel::{HttpRequest, Outgoing, Telling, render};
use crate::config::{NotifierConfig, Receiver};
use crate::courier::{Courier, Ended, Policy, Step};
use crate::firing::Firing;
use crate::queue::Job;
use crate::verdict::Verdict;

/// What a thread is told.
#[derive(Debug)]
pub(super) enum Order {
    /// One more to be sent.
    Send(Box<Job>),
    /// This one was delivered before; it is only to be known of.
    Known(Box<Envelope<Notification>>),
    /// Somebody else has this partition: drop what came from it, and say so.
    Forget(TopicPartition),
    /// Finish what is on its way, and end.
    End,
}

/// What a thread tells; the receiver is told by its name.
#[derive(Debug)]
pub(super) enum News {
    Ended(Ended),
    Failed(String),
    Breaker(BreakerState),
    Resent { alerts: usize, is_taken: bool },
    Forgot,
    Gone,
}

/// One receiver's thread.
#[derive(Debug)]
pub(super) struct Telltale {
    name: String,
    receiver: Receiver,
    external_url: Option<String>,
    courier: Courier,
    firing: Option<Firing>,
    sender: Sender,
    state: BreakerState,
    news: Outbox<(String, News)>,
}

impl Telltale {
    pub(super) fn new(
        name: &str,
        receiver: &Receiver,
        config: &NotifierConfig,
        news: Outbox<(String, News)>,
    ) -> Self {
        let (give_up_after_ms, delayed_after_ms) =
            (config.give_up_after_ms, config.delayed_after_ms);
        let external_url = config.external_url.clone();
        let firing = match receiver {
            Receiver::Alertmanager(to) => Some(Firing::new(to, external_url.as_deref())),
            _ => None,
        };
        Self {
            name: name.to_owned(),
            receiver: receiver.clone(),
            external_url,
            courier: Courier::new(Policy { give_up_after_ms, delayed_after_ms }),
            firing,
            sender: Sender::new(receiver, Duration::from_millis(config.timeout_ms)),
            state: BreakerState::Closed,
            news,
        }
    }

    /// Works until it is told to end.
    pub(super) fn run(mut self, orders: &Inbox<Order>) {
        while self.take(orders) {
            self.turn();
        }
        self.tell(News::Gone);
    }

    /// Takes what there is, waiting while there is nothing to do. False when it is the end.
    fn take(&mut self, orders: &Inbox<Order>) -> bool {
        let mut first = match self.rest() {
            Some(rest) if rest.is_zero() => None,
            Some(rest) => match orders.recv_timeout(rest) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return false,
            },
            None => match orders.recv() {
                Ok(order) => Some(order),
                Err(_) => return false,
            },
        };
        while let Some(order) = first.take().or_else(|| orders.try_recv().ok()) {
            match order {
                Order::Send(job) => self.courier.queue.push(*job),
                Order::Known(told) => self.learn(&told),
                Order::Forget(input) => {
                    self.courier.queue.forget(&input);
                    self.tell(News::Forgot);
                }
                Order::End => return false,
            }
        }
        true
    }

    /// How long there is nothing to do; `None` for ever.
    fn rest(&self) -> Option<Duration> {
        let now_ms = now_ms();
        let again_ms = self.firing.as_ref().and_then(Firing::due_ms);
        let until_ms = match self.courier.step(now_ms) {
            Step::Send(_) | Step::GiveUp(_) => return Some(Duration::ZERO),
            Step::Wait(until_ms) => {
                Some(again_ms.map_or(until_ms, |again_ms| again_ms.min(until_ms)))
            }
            Step::Idle => again_ms,
        };
        let rest_ms = |until_ms: i64| u64::try_from(until_ms - now_ms).unwrap_or(0);
        until_ms.map(|until_ms| Duration::from_millis(rest_ms(until_ms)))
    }

    fn turn(&mut self) {
        let now_ms = now_ms();
        match self.courier.step(now_ms) {
            Step::Send(place) => self.send(place),
            Step::GiveUp(place) => {
                let ended = self.courier.give_up(place, now_ms);
                self.ended(ended);
            }
            Step::Wait(_) | Step::Idle => {}
        }
        self.send_again(now_ms);
        self.look_at_breaker();
    }

    fn send(&mut self, place: usize) {
        self.look_at_breaker();
        let Some(job) = self.courier.queue.get(place) else { return };
        let telling = Telling { told: &job.told, external_url: self.external_url.as_deref() };
        let outgoing = match render(&self.receiver, telling) {
            Ok(outgoing) => outgoing,
            Err(why) => {
                let ended = self.courier.refuse(place, &why, now_ms());
                return self.ended(ended);
            }
        };
        let verdict = self.sender.send(&outgoing);
        match &verdict {
            Verdict::Again { why, .. } => self.tell(News::Failed(why.clone())),
            Verdict::Delivered => self.delivered(place),
            Verdict::Refused { .. } => {}
        }
        let ended = self.courier.sent(place, verdict, now_ms());
        self.ended(ended);
    }

    fn delivered(&mut self, place: usize) {
        let job = self.courier.queue.get(place);
        if let (Some(firing), Some(job)) = (&mut self.firing, job) {
            firing.learn(&job.told, now_ms());
        }
    }

    fn learn(&mut self, told: &Envelope<Notification>) {
        if let Some(firing) = &mut self.firing {
            firing.learn(told, now_ms());
        }
    }

    /// What fires at an Alertmanager is posted again, unless it does not answer anyway.
    fn send_again(&mut self, now_ms: i64) {
        let Some(firing) = &mut self.firing else { return };
        let (alerts, posts) = (firing.len(), firing.posts(now_ms));
        if posts.is_empty() || self.courier.state(now_ms) != BreakerState::Closed {
            return;
        }
        let send = |request: HttpRequest| self.sender.send(&Outgoing::Http(request));
        let is_taken = posts.into_iter().all(|request| send(request) == Verdict::Delivered);
        self.tell(News::Resent { alerts, is_taken });
    }

    fn look_at_breaker(&mut self) {
        let state = self.courier.state(now_ms());
        if state != self.state {
            self.state = state;
            self.tell(News::Breaker(state));
        }
    }

    fn ended(&self, ended: Option<Ended>) {
        if let Some(ended) = ended {
            self.tell(News::Ended(ended));
        }
    }

    /// Whoever listens may have gone first.
    fn tell(&self, news: News) {
        drop(self.news.send((self.name.clone(), news)));
    }
}
