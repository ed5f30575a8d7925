//! Text for a terminal: what a name or an error holds may not control the terminal that shows it.
//!
//! A lead's name, a file's name or a category comes from others. With an escape sequence in it, it could clear the screen,
//! change the window's title or write over the line before; a sign that turns the direction of text makes one name look
//! like another. So such characters are shown by their codes. Text is escaped where it leaves the program, in
//! [`crate::commands::output`] and in the log, and nowhere else.

use std::borrow::Cow;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

/// How a character is written by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// As `\u{1b}`, for people.
    Plain,
    /// As `\u001b`, which is the same text to a reader of JSON. All such characters are within strings: outside of them
    /// JSON has none.
    Json,
}

/// Returns text whose characters cannot control a terminal. New lines and tabs stay.
pub(crate) fn escape(text: &str, notation: Notation) -> Cow<'_, str> {
    escape_all_but(text, notation, &['\n', '\t'])
}

fn escape_all_but<'a>(text: &'a str, notation: Notation, kept: &[char]) -> Cow<'a, str> {
    let is_harmless = |letter: char| !controls(letter) || kept.contains(&letter);
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match notation {
            _ if is_harmless(letter) => escaped.push(letter),
            Notation::Plain => escaped.extend(letter.escape_default()),
            // All of these have a code of at most 16 bits.
            Notation::Json => escaped.push_str(&format!("\\u{:04x}", u32::from(letter))),
        }
    }
    Cow::Owned(escaped)
}

/// Returns whether a terminal does something else with a character than to show it: control characters, separators of
/// lines, and marks, embeddings, overrides and isolates of direction.
fn controls(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Makes writers of log lines that escape what they write. A record is written at once and stays one line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EscapedLines<M> {
    pub(crate) inner: M,
    pub(crate) notation: Notation,
}

/// Writes one record.
pub(crate) struct EscapedLine<W> {
    inner: W,
    notation: Notation,
}

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for EscapedLines<M> {
    type Writer = EscapedLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        EscapedLine { inner: self.inner.make_writer(), notation: self.notation }
    }
}

impl<W: Write> Write for EscapedLine<W> {
    fn write(&mut self, record: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(record);
        let (line, end) = text.strip_suffix('\n').map_or((&*text, ""), |line| (line, "\n"));
        let line = escape_all_but(line, self.notation, &['\t']);
        // In one piece, so that the lines of several processes do not mix.
        self.inner.write_all(format!("{line}{end}").as_bytes())?;
        Ok(record.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_is_shown_by_its_code() {
        for (text, plain, json) in [
            ("Ada Lovelace, Zo\u{eb} \u{5d0}", "Ada Lovelace, Zo\u{eb} \u{5d0}", "Ada Lovelace, Zo\u{eb} \u{5d0}"),
            ("two\nlines\tand a tab", "two\nlines\tand a tab", "two\nlines\tand a tab"),
            ("\u{1b}[2J\u{7}\r", "\\u{1b}[2J\\u{7}\\r", "\\u001b[2J\\u0007\\u000d"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}", "\\u009b31m\\u007f"),
            ("a\u{202e}b\u{2066}", "a\\u{202e}b\\u{2066}", "a\\u202eb\\u2066"),
        ] {
            assert_eq!((&*escape(text, Notation::Plain), &*escape(text, Notation::Json)), (plain, json));
        }
    }

    #[test]
    fn a_record_stays_one_line() {
        let mut written = Vec::new();
        let mut line = EscapedLine { inner: &mut written, notation: Notation::Plain };
        line.write_all(b"WARN `x\n2026 ERROR forged\x1b[0m`\n").expect("memory can be written");
        assert_eq!(String::from_utf8(written).expect("text"), "WARN `x\\n2026 ERROR forged\\u{1b}[0m`\n");
    }
}
