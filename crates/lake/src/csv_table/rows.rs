//! The header and the rows, each with its line.

use std::collections::HashMap;
use std::path::Path;

use csv::{ByteRecord, StringRecord};

use super::cells::number;
use super::{Error, Rejected};

pub(super) fn read_header(record: csv::Result<ByteRecord>, path: &Path) -> Result<Vec<String>, Error> {
    let wrong = |problem: String| Error::Header { path: path.to_owned(), problem };
    let record = record.map_err(|error| wrong(error.to_string()))?;
    let record = StringRecord::from_byte_record(record)
        .map_err(|_| wrong("it is not valid UTF-8: save the file in that encoding".to_owned()))?;
    let names: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
    if names.iter().all(|name| name.is_empty()) {
        return Err(wrong("there is none: the first line has to name the columns".to_owned()));
    }
    let empty: Vec<String> =
        (1..).zip(&names).filter(|(_, name)| name.is_empty()).map(|(number, _)| number.to_string()).collect();
    if !empty.is_empty() {
        return Err(wrong(format!("column {} has no name", empty.join(", "))));
    }
    if let Some(number) = names.iter().find(|name| number(name).is_some()) {
        return Err(wrong(format!("`{number}` is a number: the first line has to name the columns")));
    }
    let mut times: HashMap<&str, usize> = HashMap::new();
    names.iter().for_each(|name| *times.entry(name).or_default() += 1);
    let mut repeated: Vec<String> = times
        .iter()
        .filter(|(_, times)| **times > 1)
        .map(|(name, times)| format!("`{name}` ({times} times)"))
        .collect();
    repeated.sort();
    if repeated.is_empty() { Ok(names) } else { Err(wrong(format!("{} must occur once", repeated.join(", ")))) }
}

pub(super) fn read_rows(
    reader: &mut csv::Reader<&[u8]>,
    header: &[String],
    text: &[u8],
) -> (Vec<StringRecord>, Vec<Rejected>) {
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut record = ByteRecord::new();
    // Reading from memory cannot fail, and a flexible reader takes any number of cells.
    while matches!(reader.read_byte_record(&mut record), Ok(true)) {
        let line = lines.line_at(record.position().map_or(0, |position| position.byte() as usize));
        if record.len() != header.len() {
            let mut reason = format!("expected {} fields, found {}", header.len(), record.len());
            let breaks = record.iter().flatten().filter(|byte| **byte == b'\n').count();
            if breaks > 0 {
                reason.push_str(&format!("; a quote that is opened here goes on for {breaks} more lines"));
            }
            rejected.push(Rejected { line, field: None, reason });
            continue;
        }
        match StringRecord::from_byte_record(std::mem::take(&mut record)) {
            Ok(row) => rows.push(row),
            Err(error) => {
                let field = header.get(error.utf8_error().field()).cloned();
                rejected.push(Rejected { line, field, reason: "not valid UTF-8".to_owned() });
                record = error.into_byte_record();
            }
        }
    }
    (rows, rejected)
}

/// Counts lines on the way through the text. The reader's own line number of a row is that of the end of the row
/// before it, which is another line where lines are empty or end in CRLF.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn line_at(&mut self, byte: usize) -> u64 {
        while let Some(found) = self.text.get(self.at) {
            if self.at >= byte && !matches!(found, b'\n' | b'\r') {
                break;
            }
            self.line += u64::from(*found == b'\n');
            self.at += 1;
        }
        self.line
    }
}
