//! What a command prints: one object for machines, or text for people. Standard output holds nothing else.

use std::io::{self, Write as _};

use serde::Serialize;
use serde_json::Value;

/// What a command found or did.
#[derive(Debug, Default)]
pub(crate) struct Report {
    json: Value,
    text: String,
}

impl Report {
    /// The same, for machines and for people.
    pub(crate) fn new(json: impl Serialize, text: impl Into<String>) -> Self {
        // Only maps with keys that are no strings fail, and reports have none.
        Self { json: serde_json::to_value(json).unwrap_or_default(), text: text.into() }
    }

    /// Prints the object, or the text.
    pub(crate) fn print(&self, json: bool) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if json {
            serde_json::to_writer_pretty(&mut out, &self.json)?;
            out.write_all(b"\n")?;
        } else if !self.text.is_empty() {
            writeln!(out, "{}", self.text.trim_end())?;
        }
        out.flush()
    }
}

/// A line for people while a command runs: on standard output, or on standard error beside `--json`.
pub(crate) fn say(json: bool, line: &str) {
    // Nobody may be reading any more; the exit status still tells.
    let _ =
        if json { writeln!(io::stderr().lock(), "{line}") } else { writeln!(io::stdout().lock(), "{line}") };
}
