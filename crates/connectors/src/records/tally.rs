//! What became of the lines of a program: none is lost without being counted.

use std::collections::BTreeMap;

use crate::process::Secrets;
use crate::sink::Sink;

/// How many unknown types of messages are counted by their name.
const TYPES_MAX: usize = 20;

/// How much of a line is shown that is no message, in bytes.
const SHOWN_BYTES_MAX: usize = 300;

/// The lines of a program, by what became of them.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Records that are rows.
    pub(crate) rows: u64,
    /// Records that are no rows.
    pub(crate) rejected: u64,
    /// Messages that are no records.
    pub(crate) messages: u64,
    /// Lines without anything.
    pub(crate) blank: u64,
    /// Lines of plain text, as a log has them.
    pub(crate) text: u64,
    /// Lines that begin as a message and are none: each may have been a row.
    pub(crate) unreadable: u64,
    /// Messages of unknown types, by type.
    pub(crate) unknown: BTreeMap<String, u64>,
}

impl Tally {
    /// Returns how many lines were counted.
    #[cfg(test)]
    pub(crate) fn lines(&self) -> u64 {
        let Tally { rows, rejected, messages, blank, text, unreadable, unknown } = self;
        rows + rejected + messages + blank + text + unreadable + unknown.values().sum::<u64>()
    }

    /// Counts a line of plain text and shows it.
    pub(crate) fn add_text(&mut self, line: &[u8], secrets: &Secrets, sink: &mut dyn Sink) {
        self.text += 1;
        sink.progress(&shown(line, secrets));
    }

    /// Counts a line that should be a message, and shows it.
    pub(crate) fn add_unreadable(&mut self, line: &[u8], secrets: &Secrets, sink: &mut dyn Sink) {
        self.unreadable += 1;
        sink.progress(&format!("a message that cannot be read: {}", shown(line, secrets)));
    }

    /// Counts a message whose type is unknown.
    pub(crate) fn add_unknown(&mut self, name: &str) {
        let name =
            if self.unknown.len() < TYPES_MAX { name.chars().take(40).collect() } else { "and others".to_owned() };
        *self.unknown.entry(name).or_default() += 1;
    }

    /// Says what somebody should know of lines that are no messages.
    pub(crate) fn notes(&self, sink: &mut dyn Sink) {
        if self.text > 0 {
            let what = "lines are no messages: the program writes them where its messages go";
            sink.note("", None, self.text, what.into(), "they are taken for its log; nothing has to be done".into());
        }
        if self.unreadable > 0 {
            let what = "messages cannot be read, and each may have been a row; no row was called deleted after them";
            let way_out = "see them in the log, and mend or update the program; then read anew without its state";
            sink.note("", None, self.unreadable, what.into(), way_out.into());
        }
        for (name, count) in &self.unknown {
            let what = format!("messages are of the type `{name}`, which is unknown, and were left out");
            sink.note("", None, *count, what, "see in the program's documentation whether they matter".into());
        }
    }
}

fn shown(line: &[u8], secrets: &Secrets) -> String {
    let mut text = secrets.mask(&String::from_utf8_lossy(line));
    text.truncate(text.floor_char_boundary(SHOWN_BYTES_MAX));
    text
}
