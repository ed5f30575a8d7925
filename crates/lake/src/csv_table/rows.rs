//! The header and the rows, each with its line.

use std::collections::{HashMap, VecDeque};
use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, StringRecord};

use super::cells::number;
use super::dialect::Dialect;
use super::{Error, RejectedRow};

fn read_header(record: csv::Result<ByteRecord>, path: &Path) -> Result<Vec<String>, Error> {
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

/// Reads rows one after the other, so that a file need not be in memory.
pub(crate) struct RowReader<R> {
    reader: csv::Reader<Lines<R>>,
    header: Vec<String>,
    record: ByteRecord,
}

impl<R: Read> RowReader<R> {
    /// Reads the header of a file; `path` is for messages.
    pub(super) fn start(dialect: Dialect, source: R, path: &Path) -> Result<RowReader<R>, Error> {
        let mut reader =
            dialect.reader(Lines { source, read: 0, breaks: VecDeque::new(), feeds: 0, returns: 0, has_feeds: false });
        let header = read_header(reader.byte_headers().cloned(), path)?;
        Ok(RowReader { reader, header, record: ByteRecord::new() })
    }

    /// Returns the names of the columns.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// Returns how many bytes were read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.reader.get_ref().read
    }

    /// Returns the next row with its line; `None` at the end.
    pub(crate) fn next(&mut self) -> std::io::Result<Option<(u64, Result<StringRecord, RejectedRow>)>> {
        match self.reader.read_byte_record(&mut self.record) {
            Ok(true) => {}
            Ok(false) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let start = self.record.position().map_or(0, csv::Position::byte);
        let line = self.reader.get_mut().line_at(start);
        Ok(Some((line, self.checked(line))))
    }

    fn checked(&mut self, line: u64) -> Result<StringRecord, RejectedRow> {
        let (record, expected) = (&self.record, self.header.len());
        if record.len() != expected {
            let mut reason = format!("expected {expected} fields, found {}", record.len());
            let breaks = record.iter().flatten().filter(|byte| **byte == b'\n').count();
            if breaks > 0 {
                reason.push_str(&format!("; a quote that is opened here goes on for {breaks} more lines"));
            }
            return Err(RejectedRow { line, field: None, reason });
        }
        StringRecord::from_byte_record(std::mem::take(&mut self.record)).map_err(|error| {
            let field = self.header.get(error.utf8_error().field()).cloned();
            self.record = error.into_byte_record();
            RejectedRow { line, field, reason: "not valid UTF-8".to_owned() }
        })
    }
}

/// Reads all rows, and those that cannot be used aside.
pub(super) fn read_rows<R: Read>(reader: &mut RowReader<R>) -> std::io::Result<(Vec<StringRecord>, Vec<RejectedRow>)> {
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    while let Some((_, row)) = reader.next()? {
        match row {
            Ok(row) => rows.push(row),
            Err(row) => rejected.push(row),
        }
    }
    Ok((rows, rejected))
}

/// Counts lines on the way through a text. The reader's own line number of a row is that of the end of the row
/// before it, which is another line where lines are empty or end in CRLF.
struct Lines<R> {
    source: R,
    read: u64,
    /// Where what was read has `\n` (true) or `\r`, as far as it is not counted yet.
    breaks: VecDeque<(u64, bool)>,
    /// The counted `\n` and `\r`.
    feeds: u64,
    returns: u64,
    /// Whether there is any `\n`. A spreadsheet on an old Mac ends its lines by `\r` alone.
    has_feeds: bool,
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.source.read(buffer)?;
        let breaks = (self.read..).zip(&buffer[..count]).filter(|(_, byte)| matches!(byte, b'\n' | b'\r'));
        self.breaks.extend(breaks.map(|(at, byte)| (at, *byte == b'\n')));
        self.has_feeds |= buffer[..count].contains(&b'\n');
        self.read += count as u64;
        Ok(count)
    }
}

impl<R> Lines<R> {
    /// Returns the line of the first byte from here on that ends no line.
    fn line_at(&mut self, mut byte: u64) -> u64 {
        while let Some((at, is_feed)) = self.breaks.front().copied().filter(|(at, _)| *at <= byte) {
            self.breaks.pop_front();
            self.feeds += u64::from(is_feed);
            self.returns += u64::from(!is_feed);
            byte += u64::from(at == byte);
        }
        1 + if self.has_feeds { self.feeds } else { self.returns }
    }
}
