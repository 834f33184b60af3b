//! Results go to standard output, notes on the way to standard error.

use std::io::Write;

/// A result.
pub fn print(line: &str) {
    // A reader that has gone away is no reason to fail.
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// A note on the way.
pub fn note(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}
