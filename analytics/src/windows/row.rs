//! A window as it is told.

use schemas::aggregate::WindowState;

use super::Minute;
use super::part::Part;
use crate::summary::Before;

/// One record of one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<'a> {
    /// The first minute.
    pub start: Minute,
    /// How many minutes.
    pub minutes: i64,
    /// How settled it is.
    pub state: WindowState,
    /// Counts the records of this window from 0.
    pub revision: u32,
    /// What came.
    pub part: &'a Part,
    /// Where a total was before.
    pub before: Before,
    /// The input offset that is told of.
    pub offset: i64,
}
