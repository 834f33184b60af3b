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

/// Reads a value whose format nobody has named.
///
/// # Errors
/// When it looks like none, or cannot be read as the one it looks like.
pub fn read(input: &Input<'_>, sink: &mut dyn Sink) -> Result<&'static Format, Refusal> {
    if input.depth > DEPTH_MAX {
        return Err(Refusal::new("more envelopes in envelopes than are opened"));
    }
    let look = Look::at(input);
    let format = FORMATS.iter().find(|format| (format.sniff)(&look));
    let format = format.ok_or_else(|| {
        Refusal::new("this looks like no format that is known; name one in the topic's settings")
    })?;
    (format.read)(input, sink)?;
    Ok(format)
}
