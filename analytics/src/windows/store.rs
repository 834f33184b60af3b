//! All series of a task: dense slots, undo for the open transaction, consistent cuts.
//!
//! **Invariant:** points of the open transaction wait in a list and touch no slot until it commits,
//! or until a window has to be told; so taking a point needs no undo and no allocation. What changes a
//! slot before the commit saves the slot first.
//!
//! **Invariant:** a new series takes the lowest free slot, so that slots are a function of the input.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use hashbrown::HashMap;
use schemas::id::SeriesId;
use schemas::metric::PointKind;
use schemas::source_class::SourceClass;
use stream::image::EntryWriter;
use stream::{EntryError, Store};

use super::Minute;
use super::minute::Point;
use super::part::Part;
use super::slot::{Series, Slot};

/// A series that there is no room for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "tenant {tenant} has {series_max} series in this partition, and no room for more: drop labels that \
     have a value of their own for each request or pod, or raise series_max"
)]
pub struct Refused {
    /// Whose series it is.
    pub tenant: String,
    /// How many there may be.
    pub series_max: usize,
}

/// The series of a task.
#[derive(Debug, Default)]
pub struct Windows {
    slots: Vec<Option<Box<Kept>>>,
    index: HashMap<u64, (u32, SourceClass), Identity>,
    free: BTreeSet<u32>,
    per_tenant: BTreeMap<Arc<str>, usize>,
    /// Names of tenants, measures and units, each held once.
    names: BTreeSet<Arc<str>>,
    waiting: Waiting,
    undo: Vec<(u32, Option<Box<Kept>>)>,
    /// Numbers transactions from 1, so that a fresh slot is saved in none.
    transaction: u64,
    cut: Option<Cut>,
    cuts: u64,
    /// Points that came before; told and forgotten by who asks.
    duplicates: u64,
    /// Definitions that would turn a series into one of another kind.
    contradictions: u64,
}

/// A slot, and what of it is saved.
#[derive(Clone, Debug)]
struct Kept {
    slot: Slot,
    /// The transaction whose undo holds this slot as it was.
    saved_in: u64,
    /// The last cut that needs nothing more of it.
    settled_in: u64,
}

/// Points that no slot holds yet.
#[derive(Debug, Default)]
struct Waiting {
    points: Vec<(u32, PointKind, i64, f64)>,
    /// Arrival and input offset, and how many points came before.
    batches: Vec<(i64, i64, usize)>,
    counts: Vec<(u32, Point, Option<u64>)>,
}

#[derive(Debug)]
struct Cut {
    /// Every slot below was written.
    cursor: u32,
    /// Slots that changed before their turn, as they were.
    copied: VecDeque<Vec<u8>>,
}

/// For maps by what is a hash already, such as the id of a series.
pub type Identity = std::hash::BuildHasherDefault<IdHasher>;

/// Takes the last number as the hash.
#[derive(Debug, Default)]
pub struct IdHasher(u64);

impl std::hash::Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id;
    }
}

impl Windows {
    /// The slot of a series, and its class.
    #[must_use]
    pub fn find(&self, id: SeriesId) -> Option<(u32, SourceClass)> {
        self.index.get(&id.as_u64()).copied()
    }

    /// What a slot's series is.
    #[must_use]
    pub fn series(&self, at: u32) -> Option<&Arc<Series>> {
        self.slot(at).map(|slot| &slot.series)
    }

    /// How many slots there are or were: none is at this place or after it.
    #[must_use]
    pub fn slots(&self) -> u32 {
        u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    /// How many points came before and were dropped, since this was asked last.
    pub fn take_duplicates(&mut self) -> u64 {
        std::mem::take(&mut self.duplicates)
    }

    /// Definitions since the last call that were not followed: their series has another flow or class.
    pub fn take_contradictions(&mut self) -> u64 {
        std::mem::take(&mut self.contradictions)
    }

    /// Makes a slot for a series that has none, or notes what it now is. It is told of in this minute,
    /// and may have its first point later.
    ///
    /// # Errors
    /// When its tenant has too many.
    pub fn define(
        &mut self,
        series: Series,
        minute: Minute,
        series_max: usize,
    ) -> Result<u32, Refused> {
        if let Some((at, _)) = self.find(series.id) {
            self.redefine(at, series, minute);
            return Ok(at);
        }
        if self.per_tenant.get(&series.tenant).is_some_and(|count| *count >= series_max) {
            return Err(Refused { tenant: series.tenant.to_string(), series_max });
        }
        let series = self.with_shared_names(series);
        let at = self.free.first().copied().unwrap_or_else(|| self.slots());
        self.undo.push((at, None));
        let saved_in = self.transaction + 1;
        let slot = Slot::new(series, minute);
        self.put(at, Box::new(Kept { slot, saved_in, settled_in: self.cuts }));
        Ok(at)
    }

    /// The same series, with names that others have, too.
    fn with_shared_names(&mut self, series: Series) -> Series {
        Series {
            tenant: self.shared(&series.tenant),
            measure: self.shared(&series.measure),
            unit: series.unit.as_ref().map(|unit| self.shared(unit)),
            ..series
        }
    }

    fn shared(&mut self, name: &Arc<str>) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        self.names.insert(Arc::clone(name));
        Arc::clone(name)
    }

    fn redefine(&mut self, at: u32, series: Series, minute: Minute) {
        /// As often as that it is noted that a series is still told of.
        const NOTED_MINUTES: i64 = 60;
        let Some(slot) = self.slot(at) else { return };
        let (is_same, latest) = (*slot.series == series, slot.latest);
        // Its id says what it is; the rest may become known later, but not change its kind.
        let fits = (slot.series.flow, slot.series.class) == (series.flow, series.class);
        if is_same && minute < latest.saturating_add(NOTED_MINUTES) {
            return;
        }
        self.contradictions += u64::from(!fits);
        let series = (!is_same && fits).then(|| Arc::new(self.with_shared_names(series)));
        if let Some(slot) = self.slot_mut(at) {
            slot.latest = slot.latest.max(minute);
            slot.series = series.unwrap_or_else(|| Arc::clone(&slot.series));
        }
    }

    /// Takes a batch of points: their slots, kinds, times and values.
    pub fn add(
        &mut self,
        arrival_ms: i64,
        offset: i64,
        points: impl Iterator<Item = (u32, PointKind, i64, f64)>,
    ) {
        self.waiting.batches.push((arrival_ms, offset, self.waiting.points.len()));
        self.waiting.points.extend(points);
    }

    /// Takes a value that replaces none, and what is to be told apart of it.
    pub fn count_one(&mut self, at: u32, point: Point, distinct: Option<u64>) {
        self.waiting.counts.push((at, point, distinct));
    }

    /// Takes what a writer of a group told.
    pub fn share(&mut self, at: u32, minute: Minute, writer: u64, share: Part) {
        if let Some(slot) = self.slot_mut(at) {
            slot.minute_mut(minute).share(writer, share);
        }
    }

    pub(super) fn slot(&self, at: u32) -> Option<&Slot> {
        self.slots.get(at as usize)?.as_deref().map(|kept| &kept.slot)
    }

    /// A slot that is about to change; saved first.
    pub(super) fn slot_mut(&mut self, at: u32) -> Option<&mut Slot> {
        let kept = self.slots.get_mut(at as usize)?.as_deref_mut()?;
        if kept.saved_in != self.transaction + 1 {
            kept.saved_in = self.transaction + 1;
            self.undo.push((at, Some(Box::new(kept.clone()))));
        }
        copy_before_change(self.cut.as_mut(), self.cuts, at, kept);
        Some(&mut kept.slot)
    }

    pub(super) fn remove(&mut self, at: u32) {
        let Some(mut kept) = self.take(at) else { return };
        copy_before_change(self.cut.as_mut(), self.cuts, at, &mut kept);
        if kept.saved_in != self.transaction + 1 {
            self.undo.push((at, Some(kept)));
        }
    }

    fn put(&mut self, at: u32, kept: Box<Kept>) {
        let series = &kept.slot.series;
        self.index.insert(series.id.as_u64(), (at, series.class));
        *self.per_tenant.entry(Arc::clone(&series.tenant)).or_default() += 1;
        while self.slots() <= at {
            self.free.insert(self.slots());
            self.slots.push(None);
        }
        self.free.remove(&at);
        if let Some(place) = self.slots.get_mut(at as usize) {
            *place = Some(kept);
        }
    }

    fn take(&mut self, at: u32) -> Option<Box<Kept>> {
        let kept = self.slots.get_mut(at as usize)?.take()?;
        self.free.insert(at);
        self.index.remove(&kept.slot.series.id.as_u64());
        if let Some(count) = self.per_tenant.get_mut(&kept.slot.series.tenant) {
            *count -= 1;
        }
        Some(kept)
    }

    /// Lets slots take what waits, saved first: something is to be told before the commit.
    pub(super) fn catch_up(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        let points = waiting.points.iter().map(|(at, ..)| *at);
        for at in points.chain(waiting.counts.iter().map(|(at, ..)| *at)) {
            self.slot_mut(at);
        }
        self.apply(&mut waiting);
        self.waiting = waiting;
    }

    /// Gives each slot its points. The list is left empty, with its room.
    fn apply(&mut self, waiting: &mut Waiting) {
        let mut batches = waiting.batches.drain(..).peekable();
        let (mut arrival_ms, mut offset) = (i64::MIN, i64::MIN);
        for (place, (at, kind, time_ms, value)) in waiting.points.drain(..).enumerate() {
            while let Some((arrival, of, _)) = batches.next_if(|(.., from)| *from <= place) {
                (arrival_ms, offset) = (arrival, of);
            }
            let Some(Some(kept)) = self.slots.get_mut(at as usize) else { continue };
            copy_before_change(self.cut.as_mut(), self.cuts, at, kept);
            let minute = kept.slot.minute_mut(super::minute_of(time_ms));
            let is_new = minute.add(&Point { time_ms, value, kind, arrival_ms, offset });
            self.duplicates += u64::from(!is_new);
        }
        drop(batches);
        for (at, point, distinct) in waiting.counts.drain(..) {
            let Some(Some(kept)) = self.slots.get_mut(at as usize) else { continue };
            copy_before_change(self.cut.as_mut(), self.cuts, at, kept);
            kept.slot.minute_mut(super::minute_of(point.time_ms)).count(&point, distinct);
        }
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.points.is_empty() && self.counts.is_empty()
    }
}

/// Copies a slot for the open cut unless it was written, was copied, or is younger than the cut.
fn copy_before_change(cut: Option<&mut Cut>, cut_number: u64, at: u32, kept: &mut Kept) {
    let Some(cut) = cut else { return };
    if at >= cut.cursor && kept.settled_in != cut_number {
        cut.copied.push_back(encode(at, &kept.slot));
        kept.settled_in = cut_number;
    }
}

fn encode(at: u32, slot: &Slot) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "slots have no part that cannot be written")]
    postcard::to_stdvec(&(at, slot)).expect("a slot that encodes")
}

impl Store for Windows {
    fn len(&self) -> usize {
        self.index.len()
    }

    fn commit(&mut self) {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.apply(&mut waiting);
        self.waiting = waiting;
        self.undo.clear();
        self.transaction += 1;
    }

    fn rollback(&mut self) {
        self.waiting = Waiting::default();
        for (at, earlier) in std::mem::take(&mut self.undo).into_iter().rev() {
            self.take(at);
            if let Some(mut kept) = earlier {
                kept.saved_in = 0;
                kept.settled_in = 0;
                self.put(at, kept);
            }
        }
        self.transaction += 1;
    }

    fn begin_cut(&mut self) {
        self.cuts += 1;
        self.cut = Some(Cut { cursor: 0, copied: VecDeque::new() });
    }

    fn write_cut(&mut self, room: &mut EntryWriter<'_>) -> bool {
        let slots = self.slots();
        let Some(cut) = self.cut.as_mut() else { return true };
        while let Some(entry) = cut.copied.front() {
            if !room.push(entry) {
                return false;
            }
            cut.copied.pop_front();
        }
        while cut.cursor < slots {
            let kept = self.slots.get(cut.cursor as usize).and_then(|kept| kept.as_deref());
            let fits = match kept.filter(|kept| kept.settled_in != self.cuts) {
                Some(kept) => room.push(&encode(cut.cursor, &kept.slot)),
                None => room.skip(),
            };
            if !fits {
                return false;
            }
            cut.cursor += 1;
        }
        self.cut = None;
        true
    }

    fn abandon_cut(&mut self) {
        self.cut = None;
    }

    fn restore(&mut self, entry: &[u8]) -> Result<(), EntryError> {
        let (at, slot) =
            postcard::from_bytes::<(u32, Slot)>(entry).map_err(|_| EntryError::of(entry.len()))?;
        let series = self.with_shared_names((*slot.series).clone());
        let slot = Slot { series: Arc::new(series), ..slot };
        self.put(at, Box::new(Kept { slot, saved_in: 0, settled_in: 0 }));
        Ok(())
    }
}
