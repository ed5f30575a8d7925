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
        print(&printed)
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
            print(&(self.text)(&outcome))?;
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

/// Prints on standard output. A closed pipe ends the output and is no error.
fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}
