//! Detects how a file separates and quotes its cells, by trying.

use std::io::Read;

use csv::ByteRecord;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Enough lines to tell delimiters apart, and quick to read.
const SNIFFED_LINES: usize = 200;

/// Bytes of a file's beginning that tell its dialect.
const SNIFFED_BYTES: usize = 1 << 20;

/// How a file separates and quotes its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: u8,
    quote: u8,
}

impl Dialect {
    /// Takes the delimiter that cuts the most lines into as many cells as the header, and into many rather than few.
    pub(super) fn sniff(text: &[u8]) -> Dialect {
        let text = &text[..text.len().min(SNIFFED_BYTES)];
        let end = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(SNIFFED_LINES).map(|(at, _)| at);
        let sample = &text[..end.unwrap_or(text.len())];
        let mut best = (0.0, Dialect { delimiter: b',', quote: b'"' });
        for delimiter in DELIMITERS {
            let dialect = Dialect { delimiter, quote: quote_of(sample, delimiter) };
            let cells: Vec<usize> =
                dialect.reader(sample).byte_records().flatten().map(|record| record.len()).collect();
            let mut reader = dialect.reader(sample);
            let columns = reader.byte_headers().map_or(1, ByteRecord::len);
            let alike = cells.iter().filter(|cells| **cells == columns).count();
            let share = (alike + 1) as f64 / (cells.len() + 1) as f64;
            let fitness = share * (columns as f64).ln();
            if fitness > best.0 {
                best = (fitness, dialect);
            }
        }
        best.1
    }

    pub(super) fn reader<R: Read>(&self, source: R) -> csv::Reader<R> {
        csv::ReaderBuilder::new().delimiter(self.delimiter).quote(self.quote).flexible(true).from_reader(source)
    }
}

/// A single quote counts as a quote only where it encloses more cells than the double one does.
fn quote_of(sample: &[u8], delimiter: u8) -> u8 {
    let enclosed = |quote: u8| {
        let cells = sample.split(|byte| [delimiter, b'\n', b'\r'].contains(byte));
        cells.filter(|cell| cell.len() >= 2 && cell.first() == Some(&quote) && cell.last() == Some(&quote)).count()
    };
    if enclosed(b'\'') > enclosed(b'"') { b'\'' } else { b'"' }
}
