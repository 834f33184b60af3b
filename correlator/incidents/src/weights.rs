//! What each kind of evidence weighs. All numbers of the model stand here; `docs/incidents.md` says on
//! what they were fitted, and what happens when one of them is doubled or halved.

use crate::item::{Kind, Mention};

/// Evidence from here on joins an item to an incident, and two incidents to one.
pub(crate) const JOIN: f64 = 0.6;
/// Something other than time has to speak for a link, with at least this.
pub(crate) const BESIDE_TIME: f64 = 0.3;
/// Two incidents become one only by what is this much rarer than what joins an item: there are many
/// pairs of incidents, and an error takes both.
pub(crate) const MERGE_CARE: f64 = 25.0;

/// What ties the item to its own incident has to be rarer by this, for the item to merge anything.
pub(crate) const OWN_CARE: f64 = 5.0;

/// Where alerts come from is weak by itself: the rate of the place decides.
pub(crate) const PLACE: f64 = 0.8;
/// A rule over several records fired on one that is part of it.
pub(crate) const FIRED: f64 = 0.95;
/// The same rule in two places at once.
pub(crate) const RULE: f64 = 0.8;
/// The same rule in the same place: the condition goes on.
pub(crate) const CONDITION: f64 = 0.95;
/// The same call again by the same session, where it names nothing.
pub(crate) const REPEATED_BARE: f64 = 0.7;
/// The same call again by the same session, where it names something else.
pub(crate) const REPEATED: f64 = 0.5;
/// A sibling: a name that differs in its digits only, used by the same credential.
pub(crate) const SIBLING: f64 = 0.7;
/// The only thing that the session was at.
pub(crate) const SESSION: f64 = 0.65;
/// One kind of item follows another more often than by chance.
pub(crate) const TEMPORAL: f64 = 0.3;
/// Both name a service, which is in much that has nothing to do with each other: its rate decides. Chosen
/// on seeds 1 to 4 of the stories, 0.9 before 0.7.
pub(crate) const SERVICE: f64 = 0.9;
/// It holds where something depends on what the incident holds at, or the other way: too little to join by
/// itself, as neighbours have incidents of their own. Chosen on seeds 1 to 4 of the stories.
pub(crate) const BESIDE: f64 = 0.5;
/// It suffers from what the incident holds at, and says that it asks in vain: chosen on the same seeds.
pub(crate) const SUFFERS: f64 = 0.75;
/// Words in common.
pub(crate) const TEXT: f64 = 0.05;
/// What it names was named together with something that the incident names.
pub(crate) const GRAPH: f64 = 0.3;
/// A step in the graph.
pub(crate) const STEP: f64 = 0.7;

/// A chosen name weighs all when it is this long; short names are often words of everybody.
const NAME_BYTES: f64 = 24.0;

/// What it weighs that two items name the same.
pub(crate) fn of(mention: &Mention) -> f64 {
    match mention.kind {
        Kind::Name => 0.9 * (length(&mention.value) / NAME_BYTES).min(1.0),
        Kind::Resource | Kind::Credential | Kind::Identity | Kind::Change | Kind::Trace => 0.9,
        Kind::Service => SERVICE,
        Kind::Address => 0.5,
        Kind::Principal => 0.4,
        Kind::Image => 0.3,
    }
}

fn length(text: &str) -> f64 {
    f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX))
}

/// A service is taken up again within this time.
pub(crate) const SERVICE_MS: i64 = 900_000;
/// What is said of a service in this time counts once.
pub(crate) const SERVICE_BURST_MS: i64 = 60_000;
/// How long bursts are taken to have been watched before the first item.
pub(crate) const BURSTS_WATCHED_MS: f64 = 60_000.0;
/// What suffers with something begins to show it within this time.
pub(crate) const BESIDE_MS: i64 = 600_000;
/// What suffers from what it asks begins to so soon after that has begun. Chosen on the same seeds, before 10 min.
pub(crate) const SUFFERS_MS: i64 = 420_000;
/// An alert that comes by chance within this time anyway, or a deed of the same hand, is no news. Chosen on the
/// same seeds, before 1 h.
pub(crate) const NEWS_MS: i64 = 7_200_000;
/// An alert with less news ties nothing to its service.
pub(crate) const NEWS_MIN: f64 = 0.3;
/// How long things are remembered to have been the same, in milliseconds.
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// Siblings come in bursts.
pub(crate) const SIBLING_MS: i64 = 60_000;
/// So do repeated calls.
pub(crate) const REPEATED_MS: i64 = 3_000;
/// And calls of one session that do one thing.
pub(crate) const SESSION_MS: i64 = 5_000;
/// What is said in a channel goes on with what was said there within this time.
pub(crate) const CHAT_MS: i64 = 360_000;
/// How long rates are taken to have been watched before the first item.
pub(crate) const WATCHED_MS: f64 = 3_600_000.0;
/// Times have seconds at best, so no two things are nearer to each other.
pub(crate) const NEAREST_MS: i64 = 1_000;
