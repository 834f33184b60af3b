//! One metric of many resources, and the one that goes away from the others.
//!
//! A value's distance is from the median of its minute, in usual spreads of the group (median of absolute
//! deviations, over about an hour). What it is beside the member's own last day, over the last rows,
//! is the statistic, and the member that is farthest is judged: so a member that was always different is
//! no news, and one row is little of it.
//!
//! **Invariant:** what all members do is in the median, and moves nobody away.

use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::strength::Strength;
use crate::average::Average;
use crate::verdict::short;

/// Members of a group that are compared.
pub const MEMBERS_MAX: usize = 64;
/// Fewer say nothing about what is usual: of four others, two may be wrong.
const MEMBERS_MIN: usize = 5;

const SPREAD_ROWS: f64 = 64.0;
const USUAL_ROWS: f64 = 1440.0;
const LATE_ROWS: f32 = 5.0;
/// A member is compared after so many rows.
const KNOWN_ROWS: u32 = 240;
/// A row counts as at most this many deviations of the member.
const DEVIATIONS_MAX: f64 = 4.0;
/// Distances are cut here, in spreads; and a spread is at most so many usual ones.
const DISTANCE_MAX: f64 = 20.0;
const SPREADS_MAX: f64 = 10.0;
/// A member that is nearly as steady as the median is not held to that.
const DEVIATION_MIN: f64 = 0.5;
/// Values beyond count as this large.
const VALUE_MAX: f64 = 1e30;
/// Means over rows vary this many times less than a tail's prior knows of single rows.
const SPREAD: i32 = 2;
/// So many deviations off a member is apart.
const APART: f64 = 2.0;

/// The peers of one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Peers {
    members: Vec<Member>,
    spread: Average,
    strength: Strength,
    clock: Clock,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Member {
    /// Its distance from the median, over about a day.
    usual: Average,
    rows: u32,
    /// Deviations from that, over the last rows.
    late: f32,
    since_ms: Option<i64>,
}

/// What is said of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apart {
    /// 1 and more is an alarm.
    pub score: f64,
    /// Whether the score is 1 or more.
    pub alarm: bool,
    /// How rare it is: 2 is once in a hundred rows.
    pub digits: f32,
    /// The place of the member that is farthest from the others.
    pub member: usize,
    /// What it is.
    pub value: f64,
    /// The least and the greatest of the others.
    pub others: (f64, f64),
    /// How many others there are.
    pub peers: usize,
    /// When it went away.
    pub since_ms: Option<i64>,
}

impl Apart {
    /// Why the row of this time is a finding, of a member with this name.
    #[must_use]
    pub fn reason(&self, name: &str, time_ms: i64) -> String {
        let rows = 10_f64.powf(f64::from(self.digits)).round();
        let minutes = |since: i64| time_ms.saturating_sub(since) / 60_000 + 1;
        let lasting = self.since_ms.map(|since| format!(", for {} min", minutes(since)));
        let (low, high) = self.others;
        format!(
            "{name} is {} where its {} peers have {} to {}{}; 1 in {} rows",
            short(self.value),
            self.peers,
            short(low),
            short(high),
            lasting.unwrap_or_default(),
            short(rows)
        )
    }
}

impl Peers {
    /// Judges a row and learns it: a value for each member, in the same places row by row. Nothing is said
    /// of a row that is not later than the last, of fewer than five values, or before members are known.
    pub fn step(
        &mut self,
        time_ms: i64,
        values: &[Option<f64>],
        sensitivity: f64,
    ) -> Option<Apart> {
        let elapsed_ms = self.clock.step(time_ms)?;
        let values = values.get(..MEMBERS_MAX).unwrap_or(values);
        self.grow(values.len());
        let farthest = self.farthest(time_ms, values);
        let statistic = farthest.map(|(_, distance)| distance.powi(SPREAD));
        let (digits, score) = self.strength.judge(statistic, elapsed_ms, sensitivity);
        let (member, _) = farthest?;
        let value = values.get(member).copied().flatten()?;
        let of_others = values.iter().enumerate().filter(|(place, _)| *place != member);
        let of_others = of_others.filter_map(|(_, value)| value.filter(|value| value.is_finite()));
        let ends = of_others.clone().fold((value, value, true), |(low, high, is_first), value| {
            if is_first { (value, value, false) } else { (low.min(value), high.max(value), false) }
        });
        Some(Apart {
            score,
            alarm: score >= 1.0,
            digits,
            member,
            value,
            others: (ends.0, ends.1),
            peers: of_others.count(),
            since_ms: self.members.get(member).and_then(|member| member.since_ms),
        })
    }

    /// Nothing is known of the member in this place any more: another takes it.
    pub fn forget(&mut self, place: usize) {
        if let Some(member) = self.members.get_mut(place) {
            *member = Member::default();
        }
    }

    fn grow(&mut self, members: usize) {
        if members > self.members.len() {
            self.members.reserve_exact(members - self.members.len());
            self.members.resize(members, Member::default());
        }
    }

    /// The member farthest from the others among those that are known, and how far it is.
    fn farthest(&mut self, time_ms: i64, values: &[Option<f64>]) -> Option<(usize, f64)> {
        let number = |value: &Option<f64>| value.filter(|value| value.is_finite());
        let number = |value: &Option<f64>| number(value).map(|v| v.clamp(-VALUE_MAX, VALUE_MAX));
        let mut sorted: Vec<f64> = values.iter().filter_map(number).collect();
        if sorted.len() < MEMBERS_MIN {
            return None;
        }
        let middle = median(&mut sorted);
        sorted.iter_mut().for_each(|value| *value = (*value - middle).abs());
        let spread = self.spread(median(&mut sorted), middle);
        let mut farthest: Option<(usize, f64)> = None;
        for (place, (member, value)) in self.members.iter_mut().zip(values).enumerate() {
            let Some(value) = number(value) else { continue };
            let distance = ((value - middle) / spread).clamp(-DISTANCE_MAX, DISTANCE_MAX);
            let late = member.step(time_ms, distance);
            if let Some(late) = late.filter(|late| farthest.is_none_or(|(_, most)| *late > most)) {
                farthest = Some((place, late));
            }
        }
        farthest
    }

    /// The usual spread, this row's among them; never so small that nothing is near.
    fn spread(&mut self, of_row: f64, middle: f64) -> f64 {
        let usual = self.spread.mean;
        let of_row = if usual > 0.0 { of_row.min(SPREADS_MAX * usual) } else { of_row };
        self.spread.add(of_row, 1.0 / SPREAD_ROWS);
        self.spread.mean.max(1e-6 * middle.abs()).max(1e-30)
    }
}

impl Member {
    /// How far it is from where it usually is, over the last rows; nothing before it is known.
    #[allow(clippy::cast_possible_truncation, reason = "at most four")]
    fn step(&mut self, time_ms: i64, distance: f64) -> Option<f64> {
        let deviation = self.usual.deviation().max(DEVIATION_MIN);
        let off = (distance - self.usual.mean) / deviation;
        self.rows = self.rows.saturating_add(1);
        if self.rows <= KNOWN_ROWS {
            self.usual.add(distance, 1.0 / USUAL_ROWS);
            return None;
        }
        let off = off.clamp(-DEVIATIONS_MAX, DEVIATIONS_MAX);
        self.usual.add(self.usual.mean + off * deviation, 1.0 / USUAL_ROWS);
        self.late += (off as f32 - self.late) / LATE_ROWS;
        if off.abs() < APART {
            self.since_ms = None;
        } else {
            self.since_ms.get_or_insert(time_ms);
        }
        Some(f64::from(self.late.abs()))
    }
}

/// The median of some numbers, which are put in order.
fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let half = numbers.len() / 2;
    let at = |place: usize| numbers.get(place).copied().unwrap_or_default();
    if numbers.len() % 2 == 1 { at(half) } else { at(half - 1) / 2.0 + at(half) / 2.0 }
}
