//! How a command prints its outcome: as text for people, or as one JSON document for programs.

use std::io::{self, Write};

use anyhow::{Context, Result};
use serde::Serialize;

/// The format of what a command prints on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: the outcome, serialised.
    Json,
}

impl Format {
    /// Prints the outcome of a command. A closed pipe ends the output and is no error.
    pub(crate) fn print<T: Serialize>(self, outcome: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        let printed = match self {
            Format::Text => text(outcome),
            Format::Json => serde_json::to_string_pretty(outcome).context("cannot write the outcome as JSON")? + "\n",
        };
        match io::stdout().write_all(printed.as_bytes()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written.context("cannot write to standard output"),
        }
    }
}
