//! What came out: closed windows, and what was remarkable in the last minute of them.

use std::collections::BTreeMap;

use schemas::aggregate::{Aggregate, WindowState};
use schemas::codec;
use schemas::series::SeriesDefinition;
use schemas::topic::{AGGREGATES, SERIES};
use stream::Record;
use stream::memory::Cluster;

use super::reading::Reading;

const MINUTE_MS: i64 = 60_000;
/// A minute is told once this many later ones were heard of: all tasks have closed it by then.
const LATER: usize = 1;
const TOP: usize = 3;
/// What a resource is called by, the best first.
const NAMES: [&str; 6] = [
    "service.name",
    "host.name",
    "k8s.pod.name",
    "cloud.resource_id",
    "host.id",
    "cloud.account.id",
];

/// Reads `isobar.aggregates` and `isobar.series`.
#[derive(Debug)]
pub(super) struct Results {
    aggregates: Reading,
    series: Reading,
    /// What each series is called.
    names: BTreeMap<String, String>,
    /// By start of the window: those of a minute, by series.
    minutes: BTreeMap<i64, BTreeMap<String, Window>>,
    /// The levels of the minute that was told last.
    before: BTreeMap<String, f64>,
    told: Option<i64>,
}

#[derive(Debug)]
struct Window {
    measure: String,
    group: String,
    count: u64,
    level: Option<f64>,
}

/// One minute that has closed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Minute {
    /// Its first millisecond.
    pub(super) start_ms: i64,
    /// How many series had values.
    pub(super) series: usize,
    /// What was done most often.
    pub(super) actions: Vec<(String, u64)>,
    /// Series whose mean, or rate of a total, changed most: before and now.
    pub(super) changed: Vec<(String, f64, f64)>,
}

impl Results {
    /// Nothing read yet.
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self {
            aggregates: Reading::new(cluster, &AGGREGATES),
            series: Reading::new(cluster, &SERIES),
            names: BTreeMap::new(),
            minutes: BTreeMap::new(),
            before: BTreeMap::new(),
            told: None,
        }
    }

    /// How many aggregates were read.
    pub(super) fn read(&self) -> u64 {
        self.aggregates.read()
    }

    /// Reads what is new; a minute that has closed since the last call.
    pub(super) fn take(&mut self) -> Option<Minute> {
        for record in self.series.take() {
            self.take_series(&record);
        }
        for record in self.aggregates.take() {
            self.take_aggregate(&record);
        }
        let start_ms = *self.minutes.keys().rev().nth(LATER)?;
        if self.told >= Some(start_ms) {
            return None;
        }
        self.told = Some(start_ms);
        let windows = self.minutes.remove(&start_ms)?;
        self.minutes.retain(|start, _| *start > start_ms);
        Some(self.minute(start_ms, &windows))
    }

    fn take_series(&mut self, record: &Record) {
        let value = record.value.as_deref().map(codec::decode::<SeriesDefinition>);
        if let Some(Ok(series)) = value {
            let of = series.data;
            let name = NAMES.iter().find_map(|name| of.resource.attributes.get(*name));
            let labels: Vec<_> = of.labels.values().map(String::as_str).collect();
            let name = [of.metric.as_str(), name.map_or("", String::as_str), &labels.join(" ")];
            self.names.insert(of.series.to_string(), name.join(" ").trim_end().to_owned());
        }
    }

    fn take_aggregate(&mut self, record: &Record) {
        let value = record.value.as_deref().map(codec::decode::<Aggregate>);
        let Some(Ok(row)) = value else { return };
        let row = row.data;
        if row.window_size_ms != MINUTE_MS || row.state == WindowState::Provisional {
            return;
        }
        let window = Window {
            group: row.group.get("action").cloned().unwrap_or_default(),
            measure: row.measure,
            count: row.statistics.count,
            // Of a total its growth says how it does.
            level: match row.increase {
                Some(_) => row.rate,
                None => row.statistics.mean,
            }
            .map(|level| level.get()),
        };
        let minute = self.minutes.entry(row.window_start_ms).or_default();
        minute.insert(row.series.to_string(), window);
    }

    fn minute(&mut self, start_ms: i64, windows: &BTreeMap<String, Window>) -> Minute {
        let mut actions: BTreeMap<&str, u64> = BTreeMap::new();
        for window in windows.values().filter(|window| window.measure == "events_by_action") {
            *actions.entry(&window.group).or_default() += window.count;
        }
        let mut actions: Vec<_> =
            actions.into_iter().map(|(action, count)| (action.to_owned(), count)).collect();
        actions.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        actions.truncate(TOP);
        let changed = self.changed(windows);
        let levels = windows.iter().filter_map(|(of, window)| Some((of.clone(), window.level?)));
        self.before = levels.collect();
        Minute { start_ms, series: windows.len(), actions, changed }
    }

    /// Series whose level is furthest from that of the minute before, by ratio.
    fn changed(&self, windows: &BTreeMap<String, Window>) -> Vec<(String, f64, f64)> {
        let changes = windows.iter().filter(|(_, window)| window.group.is_empty());
        let changes = changes.filter_map(|(of, window)| {
            let (before, now) = (*self.before.get(of)?, window.level?);
            let ratio = (now / before).ln().abs();
            (before > 0.0 && now > 0.0).then_some((of, before, now, ratio))
        });
        let mut changes: Vec<_> = changes.collect();
        changes.sort_by(|one, other| other.3.total_cmp(&one.3));
        let name = |of: &String| self.names.get(of).cloned().unwrap_or_else(|| of.clone());
        changes.dedup_by_key(|change| self.names.get(change.0));
        let top = changes.into_iter().take(TOP);
        top.map(|(of, before, now, _)| (name(of), before, now)).collect()
    }
}
