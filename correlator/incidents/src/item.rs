//! What is correlated: an alert, a finding, a change or another event of interest.

use schemas::alert::Level;
use schemas::id::{AlertId, EventId, Fingerprint, RecordId};
use schemas::incident::MomentKind;
use schemas::resource::Resource;

use naming::CHAT;
pub use naming::{Kind, Mention, Session, Way};

/// One thing that may belong to an incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Whose it is; items of two tenants never meet.
    pub tenant: String,
    /// The event it was made from. The same event twice is one item.
    pub event: EventId,
    /// When it happened.
    pub time_ms: i64,
    /// When it reached us: the time of its tenant never runs ahead of it.
    pub arrival_ms: i64,
    /// What was done, with the feed that says so: items of one kind of event have the same.
    pub action: String,
    /// The rule or check that raised it, where it is an alert.
    pub rule: Option<String>,
    /// Where an alert holds: a host, a service, a pod.
    pub place: Option<String>,
    /// Whose calls it is one of: a credential, an address and a program.
    pub session: Option<Session>,
    /// What it names.
    pub mentions: Vec<Mention>,
    /// Whether it is a change on its way to where it runs: pushed, merged, deployed.
    pub is_delivery: bool,
    /// Whether the call makes what it names, rather than asks for it.
    pub makes: bool,
    /// How urgent it is.
    pub level: Level,
    /// One line for people.
    pub title: String,
    /// The condition it is one occurrence of.
    pub fingerprint: Fingerprint,
    /// What it is of its incident.
    pub stands: Stands,
    /// The record that shows it.
    pub record: RecordId,
    /// What its rule says is to be done.
    pub advice: Option<String>,
    /// The records that let its rule fire: it belongs where they do.
    pub because: Vec<RecordId>,
    /// What it is about, where that is known.
    pub resource: Option<Resource>,
}

/// What an item is of its incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// An event of a file: it is the alert that its condition's first event would be.
    Event,
    /// An occurrence of this alert, which holds until it is said to be over.
    Alert(AlertId),
    /// A change, a ticket, a message: it belongs to an incident and raises none.
    Evidence(MomentKind),
}

impl Item {
    /// The alert it is an occurrence of, or would be the first one of.
    #[must_use]
    pub fn alert(&self) -> AlertId {
        match self.stands {
            Stands::Alert(alert) => alert,
            Stands::Event | Stands::Evidence(_) => self.first_alert(),
        }
    }

    /// The alert of its condition that this event would begin.
    pub(crate) fn first_alert(&self) -> AlertId {
        AlertId::of(&self.tenant, self.fingerprint, self.event.into())
    }

    pub(crate) fn is_evidence(&self) -> bool {
        matches!(self.stands, Stands::Evidence(_))
    }

    /// Whether it names nothing but who asks, or itself among what was said before.
    #[must_use]
    pub fn names_nothing(&self) -> bool {
        let mut named = self.mentions.iter().filter(|mention| mention.way != Way::Carried);
        if self.is_said() {
            let says = |mention: &Mention| mention.kind == Kind::Service;
            named.all(|mention| mention.kind == Kind::Trace) && !self.mentions.iter().any(says)
        } else {
            named.next().is_none()
        }
    }

    /// Whether it was said in a channel.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.agent == CHAT)
    }
}
