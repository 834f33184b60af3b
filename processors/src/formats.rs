//! The formats: one file each, and one row in [`FORMATS`].

mod sniff;

use crate::input::Input;
use crate::sink::{Refusal, Sink};
pub use sniff::Look;

/// One source format.
#[derive(Clone, Copy)]
pub struct Format {
    /// Its name, in settings, summaries and dead letters.
    pub name: &'static str,
    /// Whether a value looks like it, at a glance.
    pub sniff: fn(&Look<'_>) -> bool,
    /// Gives everything a value holds to the sink.
    pub read: fn(&Input<'_>, &mut dyn Sink) -> Result<(), Refusal>,
}

impl std::fmt::Debug for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All formats; the first that a value looks like is taken, so the narrow ones stand first.
pub const FORMATS: &[Format] = &[];

/// Envelopes in envelopes are opened this many times at most.
pub const DEPTH_MAX: u8 = 4;

/// The format of this name.
#[must_use]
pub fn format_named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// What was tried, and why it could not be read.
pub type Unread = (Option<&'static Format>, Refusal);

/// Reads a value out of an envelope, in the format it looks like.
///
/// # Errors
/// As for [`sniff_and_read`].
pub fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<&'static Format, Refusal> {
    sniff_and_read(input, sink).map_err(|(_, refusal)| refusal)
}

/// Reads a value whose format nobody has named.
///
/// # Errors
/// When it looks like none, or cannot be read as the one it looks like; then that one is told.
pub fn sniff_and_read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<&'static Format, Unread> {
    if input.depth > DEPTH_MAX {
        return Err((None, Refusal::new("more envelopes in envelopes than are opened")));
    }
    let look = Look::at(input);
    let format = FORMATS.iter().find(|format| (format.sniff)(&look));
    let format = format.ok_or_else(|| {
        let nothing = "this looks like no format that is known; name one in the topic's settings";
        (None, Refusal::new(nothing))
    })?;
    match (format.read)(input, sink) {
        Ok(()) => Ok(format),
        Err(refusal) => Err((Some(format), refusal)),
    }
}
