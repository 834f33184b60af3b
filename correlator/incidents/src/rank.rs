//! Which resource a fault began at.
//!
//! Two layers. [`rank`] ranks: it takes a call graph, the symptom, evidence that nodes are abnormal, and
//! changes, wherever they come from: alerts, findings or samples. [`judge`] turns samples into such
//! evidence, and says first whether the symptom is abnormal at all.
//!
//! **Invariants**
//! * A symptom that its own past shows as often as one period in twenty has no causes.
//! * A node whose anomaly a node that it calls accounts for is not blamed for that share.
//! * Walks keep a list and no stack of calls: cycles and depth do no harm.
//! * The same input gives the same ranking, bit for bit: maps are ordered, and ties break by name.
//!
//! Why each of these is as it is stands in `docs/root-cause.md`.

mod baseline;
mod causes;
mod contrast;
mod evidence;
mod graph;
mod judge;
mod kind;
mod reason;
mod samples;
mod statistics;
mod view;

pub use causes::{CANDIDATES_MAX, Ranked, Ranking, rank};
pub use evidence::{CHANGE_BEFORE_MS, Change, Evidence, Symptom};
pub use graph::Graph;
pub use judge::{Verdict, judge};
pub use kind::Kind;
pub use samples::{Samples, Series};
