//! How a command prints its outcome: as text for people, or as one JSON document for programs; notes and errors go to
//! standard error.
//!
//! All that a command prints goes through here: control characters are escaped, and a reader that has gone away, as `head`
//! does, ends the output and not the command. Its work in the data folder goes on to its end.

use std::io::{self, Write};

use anyhow::{Context, Result};
use serde::Serialize;

use crate::terminal_text::{Notation, escape};

/// The format of what a command prints on standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: the outcome, serialised.
    Json,
}

/// The outcomes of a command that works on several targets: text is printed as each target is done, JSON as one array
/// at the end.
pub(crate) struct Outcomes<T> {
    format: Format,
    text: fn(&T) -> String,
    outcomes: Vec<T>,
}

impl Format {
    /// Prints the outcome of a command. A closed pipe ends the output and is no error.
    pub(crate) fn print<T: Serialize>(self, outcome: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        let printed = match self {
            Format::Text => text(outcome),
            Format::Json => serde_json::to_string_pretty(outcome).context("cannot write the outcome as JSON")? + "\n",
        };
        self.print_text(&printed)
    }

    /// Prints text, or a document of JSON.
    pub(crate) fn print_text(self, text: &str) -> Result<()> {
        print(&escape(text, if self == Format::Json { Notation::Json } else { Notation::Plain }))
    }

    /// Returns an empty list of outcomes, each of which is printed as `text`.
    pub(crate) fn outcomes<T: Serialize>(self, text: fn(&T) -> String) -> Outcomes<T> {
        Outcomes { format: self, text, outcomes: Vec::new() }
    }
}

impl<T: Serialize> Outcomes<T> {
    /// Adds the outcome of one target, and prints it if the format is text.
    pub(crate) fn add(&mut self, outcome: T) -> Result<()> {
        if self.format == Format::Text {
            self.format.print_text(&(self.text)(&outcome))?;
        }
        self.outcomes.push(outcome);
        Ok(())
    }

    /// Prints all outcomes if the format is JSON, and returns them.
    pub(crate) fn finish(self) -> Result<Vec<T>> {
        if self.format == Format::Json {
            self.format.print(&self.outcomes, |_| String::new())?;
        }
        Ok(self.outcomes)
    }
}

/// Prints a note on standard error, where it is in nobody's way. One that cannot be printed is lost: there is nowhere to say
/// so.
pub(crate) fn note(text: &str) {
    let _ = io::stderr().write_all(escape(text, Notation::Plain).as_bytes());
}

/// Returns whether a command failed because the reader of its standard output has gone away.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints on standard output. A closed pipe ends the output and is no error.
fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}
