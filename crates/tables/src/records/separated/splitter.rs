//! The records of a text that is read piece by piece, each with its line.

use super::cut::{Cut, Cutter};
use super::dialect::Dialect;
use crate::error::Error;
use crate::records::bytes::Opener;
use crate::records::limits::RECORD_BYTES_MAX;
use crate::records::raw::{Oddities, Place, RawRecords};
use crate::records::source::Record;
use crate::records::text::{Decoder, Malformed};
use std::sync::Arc;

/// Bytes of text that are held at least.
const HELD_BYTES: usize = 256 << 10;

/// Bytes that may be looked at in vain for the other quote: many quotes that are never closed in a file without lines of
/// full length are another kind of file.
const SOUGHT_BYTES_MAX: u64 = 1 << 30;

/// The records of a text.
pub(super) struct Splitter {
    opener: Arc<Opener>,
    decoder: Decoder,
    encoding: &'static str,
    cutter: Cutter,
    separator: char,
    /// Cells that a record is expected to have.
    width: Option<usize>,
    text: String,
    /// Where the next record begins in the text, and its line.
    at: usize,
    line: u64,
    is_all: bool,
    after_blank: bool,
    sought: u64,
    oddities: Oddities,
    /// For a record that is tried.
    trial: Record,
}

impl Splitter {
    pub(super) fn new(
        opener: Arc<Opener>,
        decoder: Decoder,
        encoding: &'static str,
        dialect: Dialect,
        width: Option<usize>,
    ) -> Splitter {
        Splitter {
            opener,
            decoder,
            encoding,
            cutter: Cutter::new(dialect),
            separator: dialect.separator,
            width,
            text: String::new(),
            at: 0,
            line: 1,
            is_all: false,
            after_blank: false,
            sought: 0,
            oddities: Oddities::default(),
            trial: Record::new(),
        }
    }

    /// Reads on, and forgets what is behind.
    fn read_on(&mut self) -> Result<(), Error> {
        self.text.drain(..self.at);
        self.at = 0;
        let wanted = HELD_BYTES.max(self.text.len() * 2);
        while self.text.len() < wanted && !self.is_all {
            match self.decoder.read_into(&mut self.text) {
                Ok(may_be_more) => self.is_all = !may_be_more,
                Err(Malformed::Read(source)) => return Err(self.opener.failed(source)),
                Err(Malformed::Bytes) => {
                    let line = self.line + breaks(&self.text);
                    let encoding = self.encoding;
                    return Err(Error::Plan {
                        name: self.opener.name().to_owned(),
                        place: format!("line {line}"),
                        problem: format!(
                            "bytes that are not {encoding}, the encoding in the plan: mend `encoding` there, or leave it out \
                             and it is found out"
                        ),
                    });
                }
            }
        }
        Ok(())
    }

    /// Sets aside the line in which a quote was opened that is never closed, and goes on behind it.
    fn unclosed(&mut self, opened: usize) -> Result<Place, Error> {
        self.sought += (self.text.len() - opened) as u64;
        let opened_line = self.line + breaks(&self.text[self.at..opened]);
        if self.sought > SOUGHT_BYTES_MAX {
            return Err(self.unreadable(format!(
                "has too many quotes that are never closed, such as the one in line {opened_line}: set `quote` in the plan to \
                 what encloses its cells"
            )));
        }
        let line = self.line;
        let rest = &self.text[opened..];
        let end = rest
            .find(['\n', '\r'])
            .map_or(self.text.len(), |at| opened + at + if rest[at..].starts_with("\r\n") { 2 } else { 1 });
        let shown: String = rest.chars().take(30).take_while(|letter| !matches!(letter, '\n' | '\r')).collect();
        self.line += breaks(&self.text[self.at..end]);
        self.at = end;
        let place = if opened_line == line { "here".to_owned() } else { format!("in line {opened_line}") };
        let wrong = Some(format!("a quote that is opened {place} is never closed: `{shown}`"));
        Ok(Place { line, after_blank: std::mem::take(&mut self.after_blank), wrong })
    }

    /// Returns whether a record that spans lines is rather one that a quote too many has joined with the next lines.
    fn is_joined(&mut self, cells: &Record, multiline: Option<usize>, next: usize) -> bool {
        let (Some(width), Some(opened)) = (self.width, multiline) else { return false };
        if cells.len() == width {
            return false;
        }
        let Some(end) = self.text[opened..next].find('\n').map(|at| opened + at + 1) else { return false };
        let mut oddities = Oddities::default();
        let cut = self.cutter.cut(&self.text[..next], end, true, &mut self.trial, &mut oddities);
        matches!(cut, Cut::Record { .. }) && self.trial.len() == width
    }

    /// Returns whether a record that spans lines has a line within that looks like a row.
    fn has_rows_within(&self, next: usize) -> bool {
        let Some(width) = self.width.filter(|width| *width > 2) else { return false };
        let lines: Vec<&str> = self.text[self.at..next].lines().collect();
        let inner = lines.get(1..lines.len().saturating_sub(1)).unwrap_or_default();
        inner.iter().any(|line| line.matches(self.separator).count() + 1 == width)
    }

    fn unreadable(&self, problem: String) -> Error {
        Error::Unreadable { name: self.opener.name().to_owned(), problem }
    }
}

impl RawRecords for Splitter {
    fn next_raw(&mut self, cells: &mut Record) -> Result<Option<Place>, Error> {
        loop {
            if self.at == self.text.len() && self.is_all {
                return Ok(None);
            }
            let strays = self.oddities.stray_quotes.0;
            let formulas = self.oddities.text_formulas.0;
            match self.cutter.cut(&self.text, self.at, self.is_all, cells, &mut self.oddities) {
                Cut::Record { next, multiline } => {
                    if self.is_joined(cells, multiline, next) {
                        return self.unclosed(multiline.unwrap_or(self.at)).map(Some);
                    }
                    let line = self.line;
                    if multiline.is_some() && self.has_rows_within(next) {
                        let (count, first) = self.oddities.rows_within;
                        self.oddities.rows_within = (count + 1, if count == 0 { line } else { first });
                    }
                    self.line += if multiline.is_some() { breaks(&self.text[self.at..next]) } else { 1 };
                    let is_blank = cells.len() == 1 && self.text[self.at..next].trim().is_empty();
                    self.at = next;
                    if is_blank {
                        self.oddities.blank_lines += 1;
                        self.after_blank = true;
                        continue;
                    }
                    if strays == 0 && self.oddities.stray_quotes.0 > 0 {
                        self.oddities.stray_quotes.1 = line;
                    }
                    return Ok(Some(Place { line, after_blank: std::mem::take(&mut self.after_blank), wrong: None }));
                }
                Cut::Unclosed { opened } => return self.unclosed(opened).map(Some),
                Cut::Incomplete { opened } => {
                    self.oddities.stray_quotes.0 = strays;
                    self.oddities.text_formulas.0 = formulas;
                    match opened {
                        _ if self.text.len() - self.at <= RECORD_BYTES_MAX => self.read_on()?,
                        Some(opened) => return self.unclosed(opened).map(Some),
                        None => {
                            let line = self.line;
                            return Err(self.unreadable(format!(
                                "has a line {line} that is longer than {RECORD_BYTES_MAX} bytes: expected a line for each row"
                            )));
                        }
                    }
                }
            }
        }
    }

    fn oddities(&self) -> Oddities {
        self.oddities.clone()
    }

    fn progress(&self) -> (u64, u64) {
        self.decoder.progress()
    }
}

/// Returns the line breaks of a text: LF, CR, and both as one.
fn breaks(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut count = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let is_break = match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        count += u64::from(is_break);
    }
    count
}
