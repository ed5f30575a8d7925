//! A file of separated cells: what is found out of its bytes, and its records from the start.

use std::sync::Arc;

use encoding_rs::Encoding;

use super::detect::{SampleText, detect};
use super::dialect::{Dialect, instruction};
use super::splitter::Splitter;
use crate::error::Error;
use crate::plan::FilePlan;
use crate::records::bytes::Opener;
use crate::records::raw::{RawRecords, RawTable};
use crate::records::text::{Decoder, Detected, Sample};
use crate::report::{Level, Note, NoteCode};

/// A file of separated cells.
#[derive(Debug)]
pub(crate) struct SeparatedTable {
    opener: Arc<Opener>,
    encoding: &'static Encoding,
    is_strict: bool,
    pub(crate) dialect: Dialect,
    /// Whether the first line only tells the separator.
    is_told: bool,
}

/// Finds out how cells are separated, as far as the plan leaves it open.
pub(crate) fn detect_separated(opener: Opener, detected: &Detected, plan: &FilePlan) -> (SeparatedTable, Vec<Note>) {
    let encoding = detected.encoding;
    let samples: Vec<SampleText> = detected.samples.iter().map(|sample| text_of(sample, encoding)).collect();
    let beginning = samples.first().map_or("", |sample| &sample.text);
    let told = instruction(beginning);
    let dialect = match (plan.separator, plan.quote) {
        (Some(separator), Some(quote)) => Dialect { separator, quote, escape: plan.escape },
        (separator, quote) => {
            let found = detect(&without_instruction(&samples, told), separator.or(told), quote);
            Dialect { escape: plan.escape.or(found.escape), ..found }
        }
    };
    let notes = notes(dialect, told);
    let is_strict = plan.encoding.is_some();
    (SeparatedTable { opener: Arc::new(opener), encoding, is_strict, dialect, is_told: told.is_some() }, notes)
}

impl RawTable for SeparatedTable {
    fn name(&self) -> &str {
        self.opener.name()
    }

    fn place_word(&self) -> &'static str {
        "line"
    }

    fn instruction_lines(&self) -> u64 {
        u64::from(self.is_told)
    }

    fn open(&self, width: Option<usize>) -> Result<Box<dyn RawRecords>, Error> {
        let decoder = Decoder::new(self.opener.open()?, self.encoding, self.is_strict);
        Ok(Box::new(Splitter::new(Arc::clone(&self.opener), decoder, self.encoding.name(), self.dialect, width)))
    }
}

/// Decodes a sample, from its first whole line on.
fn text_of(sample: &Sample, encoding: &'static Encoding) -> SampleText {
    let (text, _) = encoding.decode_with_bom_removal(&sample.bytes);
    let begin = if sample.is_beginning { 0 } else { text.find('\n').map_or(0, |at| at + 1) };
    SampleText { text: text[begin..].to_owned(), is_cut: !sample.is_end }
}

/// Returns the samples without the line that only tells the separator.
fn without_instruction(samples: &[SampleText], told: Option<char>) -> Vec<SampleText> {
    let copy = |(index, sample): (usize, &SampleText)| {
        let first_line = sample.text.find('\n').map_or(0, |at| at + 1);
        let begin = if index == 0 && told.is_some() { first_line } else { 0 };
        SampleText { text: sample.text[begin..].to_owned(), is_cut: sample.is_cut }
    };
    samples.iter().enumerate().map(copy).collect()
}

fn notes(dialect: Dialect, told: Option<char>) -> Vec<Note> {
    if told.is_none() && dialect == Dialect::new(',', '"') {
        return Vec::new();
    }
    let by = match told {
        Some(told) if told == dialect.separator => ", as the first line says",
        _ => "",
    };
    let escape = match dialect.escape {
        Some(escape) => format!(", and `{escape}` stands before a quote within a cell"),
        None => String::new(),
    };
    let what = format!(
        "cells are separated by {}{by}, and enclosed by `{}` where they need to be{escape}",
        shown(dialect.separator),
        dialect.quote
    );
    let way_out = "set `separator` and `quote` in the plan".to_owned();
    vec![Note { level: Level::Info, code: NoteCode::Separator, column: None, count: 1, what, way_out }]
}

/// Returns a separator as messages show it.
fn shown(separator: char) -> String {
    match separator {
        '\t' => "tabs".to_owned(),
        ' ' => "blanks".to_owned(),
        control if control.is_control() => format!("the control character {:#04x}", u32::from(control)),
        other => format!("`{other}`"),
    }
}
