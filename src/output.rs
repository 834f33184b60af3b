//! Where results go: the one place that writes to the standard output.
//!
//! Results go to the standard output, log lines and errors to the standard error output.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: one JSON value a line
    Json,
}

/// Whether results go to a person's screen.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Prints one line. A reader that went away is no failure of ours.
pub(crate) fn line(text: &str) {
    let mut out = io::stdout().lock();
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

/// Prints why the process ends, whatever the log filter says: the last line.
pub(crate) fn failure(json: bool, error: &anyhow::Error) {
    let text = if json {
        let message = format!("{error:#}");
        serde_json::json!({ "level": "ERROR", "message": message, "target": "isobar" }).to_string()
    } else {
        format!("isobar: {error:#}")
    };
    drop(writeln!(io::stderr().lock(), "{text}"));
}
