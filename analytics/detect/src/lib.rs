//! Anomalies of one series at a time, row by row.
//!
//! [`Series`] is the state of one series; [`Series::step`] judges a row and learns it. Detectors
//! ([`Detector`]) measure distances from what they expected; each distance is put on one scale, digits:
//! how rare it is in the series' own past (`tail`). The voters' mean, made harder after alarms
//! (`decision`), is the score. Frozen and missing rows are told beside the vote (`runs`).
//! [`Relations`] and [`Peers`] judge several series beside each other (`across`).
//!
//! **Invariant:** causal and reproducible: no length, no global extreme, no second pass, no clock, no
//! chance but from fixed seeds; so one run over a file, or any cut of it into images, says the same.

mod across;
mod average;
mod decision;
mod detector;
mod hours;
mod math;
mod members;
mod profile;
mod runs;
mod scale;
mod series;
mod setting;
mod tail;
mod verdict;

pub use across::{Apart, Broken, MEMBERS_MAX, METRICS_MAX, Peers, Relations};
pub use detector::Detector;
pub use series::Series;
pub use setting::{PANEL, Setting, SettingError};
pub use verdict::{Band, Skipped, Verdict};
