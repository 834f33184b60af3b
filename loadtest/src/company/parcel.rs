//! A value on its way, before it is known where it goes.
//!
//! **Invariant:** everything that is in the value is counted here, or is one of the events beside it.

/// A value, and what it holds beside events.
#[derive(Clone, Debug, Default)]
pub(super) struct Parcel {
    /// The name under which it is counted.
    pub(super) format: &'static str,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) value: Vec<u8>,
    pub(super) points: u64,
    pub(super) filtered: u64,
    pub(super) dead_letters: u64,
}

impl Parcel {
    /// A value of nothing but events.
    pub(super) fn of(format: &'static str, value: impl Into<Vec<u8>>) -> Self {
        Self { format, value: value.into(), ..Self::default() }
    }
}
