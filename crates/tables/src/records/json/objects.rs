//! The objects of a file one after the other: of a document, or of lines.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use encoding_rs::Encoding;

use super::scan::{check, elements, skip_blanks};
use crate::error::Error;
use crate::records::bytes::Opener;
use crate::records::limits::RECORD_BYTES_MAX;
use crate::records::text::{Decoder, Malformed};

/// Where objects come from.
#[derive(Clone)]
pub(super) enum Origin {
    /// A document in memory, and the place of each object with its line.
    Document(Arc<str>, Arc<[(u64, Range<usize>)]>),
    /// A file with an object a line; malformed bytes are errors if the encoding was fixed.
    Lines(Arc<Opener>, &'static Encoding, bool),
}

/// The objects of a file, from the first to the last.
pub(super) enum Objects {
    Document { text: Arc<str>, objects: Arc<[(u64, Range<usize>)]>, next: usize },
    Lines(Box<Lines>),
}

/// The lines of a text.
pub(super) struct Lines {
    opener: Arc<Opener>,
    decoder: Decoder,
    text: String,
    at: usize,
    line: u64,
    is_all: bool,
    /// Objects of a line that is an array of them.
    queue: VecDeque<(u64, String)>,
}

impl Origin {
    /// Starts at the first object.
    pub(super) fn open(&self) -> Result<Objects, Error> {
        Ok(match self {
            Origin::Document(text, objects) => {
                Objects::Document { text: Arc::clone(text), objects: Arc::clone(objects), next: 0 }
            }
            Origin::Lines(opener, encoding, is_strict) => Objects::Lines(Box::new(Lines {
                opener: Arc::clone(opener),
                decoder: Decoder::new(opener.open()?, encoding, *is_strict),
                text: String::new(),
                at: 0,
                line: 0,
                is_all: false,
                queue: VecDeque::new(),
            })),
        })
    }
}

/// The line of an object, and the object as it is written, or why what is there is none.
pub(super) type WrittenObject = (u64, Result<String, String>);

impl Objects {
    /// Returns the next object as it is written, with its line, or why what is there is none; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<WrittenObject>, Error> {
        match self {
            Objects::Document { text, objects, next } => {
                let Some((line, place)) = objects.get(*next) else { return Ok(None) };
                *next += 1;
                let object = &text[place.clone()];
                Ok(Some((*line, is_object(object).map(|()| object.to_owned()))))
            }
            Objects::Lines(lines) => lines.next(),
        }
    }

    /// Returns how far the file is read, and its length, in one unit.
    pub(super) fn progress(&self) -> (u64, u64) {
        match self {
            Objects::Document { objects, next, .. } => (*next as u64, objects.len() as u64),
            Objects::Lines(lines) => lines.decoder.progress(),
        }
    }
}

impl Lines {
    fn next(&mut self) -> Result<Option<WrittenObject>, Error> {
        loop {
            if let Some((line, object)) = self.queue.pop_front() {
                return Ok(Some((line, is_object(&object).map(|()| object))));
            }
            let Some(line) = self.next_line()? else { return Ok(None) };
            let text = line.trim();
            if text.is_empty() {
                continue;
            }
            if let Err(error) = check(text) {
                return Ok(Some((self.line, Err(format!("is not JSON: {error}")))));
            }
            if text.starts_with('[') {
                self.queue = elements(text, 0).into_iter().map(|place| (self.line, text[place].to_owned())).collect();
                continue;
            }
            return Ok(Some((self.line, is_object(text).map(|()| text.to_owned()))));
        }
    }

    fn next_line(&mut self) -> Result<Option<String>, Error> {
        let mut sought = self.at;
        loop {
            if let Some(found) = self.text[sought..].find('\n') {
                let end = sought + found;
                let line = self.text[self.at..end].to_owned();
                self.at = end + 1;
                self.line += 1;
                return Ok(Some(line));
            }
            let failed = |problem: String| Error::Unreadable { name: self.opener.name().to_owned(), problem };
            if self.text.len() - self.at > RECORD_BYTES_MAX {
                let line = self.line + 1;
                return Err(failed(format!(
                    "has a line {line} that is longer than {RECORD_BYTES_MAX} bytes: expected an object a line"
                )));
            }
            if self.is_all {
                let rest = self.text[self.at..].to_owned();
                self.at = self.text.len();
                self.line += 1;
                return Ok((!rest.is_empty()).then_some(rest));
            }
            self.text.drain(..self.at);
            self.at = 0;
            sought = self.text.len();
            match self.decoder.read_into(&mut self.text) {
                Ok(may_be_more) => self.is_all = !may_be_more,
                Err(Malformed::Read(source)) => return Err(self.opener.failed(source)),
                Err(Malformed::Bytes) => {
                    let line = self.line + 1 + self.text.matches('\n').count() as u64;
                    return Err(failed(format!(
                        "has bytes in line {line} that are not in the encoding of the plan: mend `encoding` there"
                    )));
                }
            }
        }
    }
}

fn is_object(text: &str) -> Result<(), String> {
    if text.as_bytes().get(skip_blanks(text, 0)) == Some(&b'{') {
        return Ok(());
    }
    let shown: String = text.chars().take(40).collect();
    Err(format!("is no object: expected a JSON object, found `{shown}`"))
}
