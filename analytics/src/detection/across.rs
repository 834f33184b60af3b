//! Series compared with each other: metrics of one resource, and peers.
//!
//! Rows that are judged by themselves wait here for those of the same minute, and are compared when the task
//! has told all that a record made due: nothing more of these minutes comes before the next record.
//!
//! **Invariant:** a minute of a panel is judged once; what comes for it later is counted as
//! `compared_late`. Panels and places are given to the first that come, so they follow from the input.

mod gathering;
mod key;
mod panel;
mod told;

use serde::{Deserialize, Serialize};
use stream::{Context, KeyedStore, Progress, Store};

use super::Figure;
use super::config::DetectionConfig;
use super::seat::Seat;
use crate::windows::{Minute, Row, Series};
pub(super) use panel::{Compared, Found};
use panel::{Kind, Panel};
pub(super) use told::{About, finding};

/// Panels that one piece of work judges.
const PANELS_A_PIECE: usize = 500;
/// A series without a place asks again after so long.
const ASK_MINUTES: i64 = 60;

/// All that a task compares.
#[derive(Debug)]
pub(super) struct Across {
    resources_max: usize,
    peer_groups_max: usize,
    sensitivity: f64,
    /// By the number of the series.
    places: KeyedStore<u64, Places>,
    resources: KeyedStore<u64, Panel>,
    groups: KeyedStore<u64, Panel>,
    /// Panels with minutes that wait.
    due: KeyedStore<(Kind, u64), ()>,
}

/// Where a series is compared: the panels and its places there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Places {
    resource: Place,
    group: Place,
    /// What is compared is growth in a second.
    is_rate: bool,
    /// It is called otherwise since it was seated, so its peers may be others.
    is_stale: bool,
    /// When it asked for these last.
    asked: Minute,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Place {
    At(u64, u8),
    /// There was no room.
    Refused,
    /// It is like no other.
    Alone,
}

/// A row as it was judged by itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged<'a> {
    pub(super) series: &'a Series,
    pub(super) row: &'a Row<'a>,
    pub(super) seat: &'a Seat,
    pub(super) figure: Figure,
    /// How far it is from what was expected, in usual errors.
    pub(super) surprise: Option<f64>,
}

impl Places {
    fn of(&self, kind: Kind) -> Place {
        match kind {
            Kind::Relations => self.resource,
            Kind::Peers => self.group,
        }
    }

    fn set(&mut self, kind: Kind, place: Place) {
        match kind {
            Kind::Relations => self.resource = place,
            Kind::Peers => self.group = place,
        }
    }
}

impl Across {
    /// Nothing compared yet.
    pub(super) fn new(config: &DetectionConfig) -> Self {
        Self {
            resources_max: config.resources_max,
            peer_groups_max: config.peer_groups_max,
            sensitivity: config.sensitivity,
            places: KeyedStore::default(),
            resources: KeyedStore::default(),
            groups: KeyedStore::default(),
            due: KeyedStore::default(),
        }
    }

    /// Its stores, in the order of images.
    pub(super) fn stores(&mut self) -> [&mut dyn Store; 4] {
        [&mut self.places, &mut self.resources, &mut self.groups, &mut self.due]
    }

    /// Takes a row, to be compared when all of its minute have come. Groups are compared with nothing.
    pub(super) fn take(&mut self, judged: &Judged<'_>, context: &mut Context<'_>) {
        if judged.series.resource.is_none() {
            return;
        }
        let places = self.places_of(judged);
        let came = (judged.row.offset, judged.row.part.arrival_ms);
        for kind in Kind::ALL {
            let value = match kind {
                Kind::Relations => judged.surprise,
                Kind::Peers => Some(judged.figure.value),
            };
            match (places.of(kind), value) {
                (Place::At(key, place), Some(value)) => {
                    let Some(panel) = self.panels(kind).get_mut(&key) else { continue };
                    if panel.gathering.put(judged.row.start, (place, value), came) {
                        self.due.get_or_insert_with(&(kind, key), || ());
                    } else {
                        context.count("compared_late", 1);
                    }
                }
                (Place::Refused, _) => context.count(kind.refused(), 1),
                _ => {}
            }
        }
    }

    /// Judges panels whose minutes are complete, a piece at a time; the alarms.
    pub(super) fn compare(&mut self, context: &mut Context<'_>) -> (Progress, Vec<Compared>) {
        let piece: Vec<(Kind, u64)> =
            self.due.iter().map(|(of, ())| *of).take(PANELS_A_PIECE).collect();
        let mut alarms = Vec::new();
        for (kind, key) in piece {
            self.due.remove(&(kind, key));
            let sensitivity = self.sensitivity;
            if let Some(panel) = self.panels(kind).get_mut(&key) {
                let (judged, found) = panel.judge(kind, sensitivity);
                context.count("compared", judged);
                alarms.extend(found);
            }
        }
        let is_done = self.due.is_empty();
        (if is_done { Progress::Done } else { Progress::Pending }, alarms)
    }

    /// Whether what is compared of a series is its growth in a second.
    pub(super) fn is_rate(&self, series: u64) -> bool {
        self.places.get(&series).is_some_and(|places| places.is_rate)
    }

    /// A series is judged no more: its places are free.
    pub(super) fn leave(&mut self, series: u64) {
        let Some(places) = self.places.remove(&series) else { return };
        Kind::ALL.into_iter().for_each(|kind| self.free(kind, places.of(kind)));
    }

    /// A series is called otherwise: with its next row it is seen who its peers are.
    pub(super) fn call(&mut self, series: u64) {
        if let Some(places) = self.places.get_mut(&series) {
            places.is_stale = true;
        }
    }

    fn free(&mut self, kind: Kind, place: Place) {
        let Place::At(key, place) = place else { return };
        let panels = self.panels(kind);
        if let Some(panel) = panels.get_mut(&key) {
            panel.leave(place);
            if panel.gathering.is_empty() {
                panels.remove(&key);
            }
        }
    }

    /// Leaves its peers if it is called so that they are others; it then asks for a place at once.
    fn regroup(&mut self, judged: &Judged<'_>) {
        let number = judged.series.id.as_u64();
        let Some(places) = self.places.get(&number).copied().filter(|of| of.is_stale) else {
            return;
        };
        let Judged { series, seat, .. } = judged;
        let key = key::of_peers(series, &seat.attributes(), &seat.labels());
        let stays = matches!(places.group, Place::At(at, _) if Some(at) == key);
        let fresh = if stays {
            Places { is_stale: false, ..places }
        } else {
            self.free(Kind::Peers, places.group);
            let asked = Minute::MIN;
            Places { group: Place::Refused, is_stale: false, asked, ..places }
        };
        self.places.insert(&number, fresh);
    }

    /// Where a series is compared; what it has no place for it asks for now and then.
    fn places_of(&mut self, judged: &Judged<'_>) -> Places {
        let (series, minute) = (judged.series.id.as_u64(), judged.row.start);
        let is_rate = judged.figure.is_rate;
        let nowhere = Places {
            resource: Place::Refused,
            group: Place::Refused,
            is_rate,
            is_stale: false,
            asked: minute,
        };
        self.regroup(judged);
        let had = self.places.get(&series).copied();
        let is_refused =
            |places: &Places| Kind::ALL.map(|kind| places.of(kind)).contains(&Place::Refused);
        if let Some(places) = had
            && (!is_refused(&places) || minute < places.asked.saturating_add(ASK_MINUTES))
        {
            return places;
        }
        let mut places = Places { asked: minute, ..had.unwrap_or(nowhere) };
        for kind in Kind::ALL {
            if places.of(kind) == Place::Refused {
                places.set(kind, self.seat(kind, judged));
            }
        }
        self.places.insert(&series, places);
        places
    }

    fn seat(&mut self, kind: Kind, judged: &Judged<'_>) -> Place {
        let Judged { series, seat, row, .. } = judged;
        let (key, panels_max) = match kind {
            Kind::Relations => (key::of_resource(series), self.resources_max),
            Kind::Peers => {
                (key::of_peers(series, &seat.attributes(), &seat.labels()), self.peer_groups_max)
            }
        };
        let Some(key) = key.filter(|_| panels_max > 0) else { return Place::Alone };
        let panels = self.panels(kind);
        if panels.len() >= panels_max && panels.get(&key).is_none() {
            return Place::Refused;
        }
        let panel = panels.get_or_insert_with(&key, Panel::default);
        let number = series.id.as_u64();
        let Some(seated) = panel.gathering.seat(number, row.start, kind.members_max()) else {
            return Place::Refused;
        };
        if let Some(before) = seated.instead_of {
            panel.forget(seated.place);
            if let Some(places) = self.places.get_mut(&before) {
                places.set(kind, Place::Refused);
            }
        }
        Place::At(key, seated.place)
    }

    fn panels(&mut self, kind: Kind) -> &mut KeyedStore<u64, Panel> {
        match kind {
            Kind::Relations => &mut self.resources,
            Kind::Peers => &mut self.groups,
        }
    }
}
