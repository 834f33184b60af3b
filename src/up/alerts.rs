//! Which alerts fire, and why.

use std::collections::BTreeMap;

use schemas::alert::{Alert, AlertState, Level};
use schemas::codec;
use schemas::id::AlertId;
use schemas::topic::{ALERTS, NOTIFICATIONS};
use stream::memory::Cluster;

use super::reading::Reading;

/// So many of a second are told one by one, the most urgent first; all are counted.
const TOLD: usize = 2;

/// Reads `isobar.alerts` and `isobar.notifications`.
#[derive(Debug)]
pub(super) struct Alerts {
    alerts: Reading,
    notifications: Reading,
    open: BTreeMap<AlertId, Level>,
    fired: u64,
    resolved: u64,
}

/// What has begun to fire.
#[derive(Debug)]
pub(super) struct Fired {
    /// The most urgent.
    pub(super) told: Vec<Alert>,
    /// How many more there are.
    pub(super) more: usize,
}

/// How things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Open alerts by level, the most urgent first.
    pub(super) open: Vec<(Level, usize)>,
    /// Alerts that began to fire.
    pub(super) fired: u64,
    /// Alerts that ended.
    pub(super) resolved: u64,
    /// Notifications for people.
    pub(super) notifications: u64,
}

impl Alerts {
    /// Nothing read yet.
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self {
            alerts: Reading::new(cluster, &ALERTS),
            notifications: Reading::new(cluster, &NOTIFICATIONS),
            open: BTreeMap::new(),
            fired: 0,
            resolved: 0,
        }
    }

    /// Reads what is new; what has begun to fire, if anything.
    pub(super) fn take(&mut self) -> Option<Fired> {
        self.notifications.take();
        let mut begun = Vec::new();
        for record in self.alerts.take() {
            let value = record.value.as_deref().map(codec::decode::<Alert>);
            if let Some(Ok(alert)) = value {
                begun.extend(self.follow(alert.data));
            }
        }
        begun.sort_by_key(|alert| std::cmp::Reverse(alert.level));
        let more = begun.len().saturating_sub(TOLD);
        begun.truncate(TOLD);
        (!begun.is_empty()).then_some(Fired { told: begun, more })
    }

    fn follow(&mut self, alert: Alert) -> Option<Alert> {
        match alert.state {
            AlertState::Firing | AlertState::Acknowledged | AlertState::Suppressed => {
                let is_new = self.open.insert(alert.alert, alert.level).is_none();
                self.fired += u64::from(is_new);
                is_new.then_some(alert)
            }
            AlertState::Resolved => {
                self.resolved += u64::from(self.open.remove(&alert.alert).is_some());
                None
            }
            AlertState::Pending => None,
        }
    }

    /// How things stand.
    pub(super) fn standing(&self) -> Standing {
        let mut open: BTreeMap<Level, usize> = BTreeMap::new();
        self.open.values().for_each(|level| *open.entry(*level).or_default() += 1);
        Standing {
            open: open.into_iter().rev().collect(),
            fired: self.fired,
            resolved: self.resolved,
            notifications: self.notifications.read(),
        }
    }
}
