//! Rows of a sheet, kept as text in a temporary file: a sheet is unpacked once, and its rows are then read as often as needed.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Result as IoResult, Write};

use crate::error::Error;
use crate::records::limits::RECORD_BYTES_MAX;
use crate::records::raw::{Oddities, Place, RawRecords, RawTable};
use crate::records::source::Record;

/// Writes rows.
pub(super) struct Keeper {
    file: BufWriter<tempfile::NamedTempFile>,
    /// The first and last column that has something in it, from 0.
    columns: Option<(usize, usize)>,
    rows: u64,
}

/// Rows that are kept.
#[derive(Debug)]
pub(crate) struct KeptRows {
    name: String,
    file: tempfile::NamedTempFile,
    begin: usize,
    width: usize,
    rows: u64,
}

impl Keeper {
    pub(super) fn new() -> IoResult<Keeper> {
        Ok(Keeper { file: BufWriter::new(tempfile::NamedTempFile::new()?), columns: None, rows: 0 })
    }

    /// Adds a row by its number from 1 and its cells from the first column on.
    pub(super) fn push(&mut self, row: u64, cells: &[String]) -> IoResult<()> {
        let mut filled = cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()).map(|(at, _)| at);
        let Some(first) = filled.next() else { return Ok(()) };
        let last = filled.next_back().unwrap_or(first);
        let (begin, end) = self.columns.unwrap_or((first, last));
        self.columns = Some((begin.min(first), end.max(last)));
        self.rows += 1;
        self.file.write_all(&row.to_le_bytes())?;
        self.write_length(last + 1)?;
        for cell in &cells[..=last] {
            self.write_length(cell.len())?;
            self.file.write_all(cell.as_bytes())?;
        }
        Ok(())
    }

    fn write_length(&mut self, length: usize) -> IoResult<()> {
        let length = u32::try_from(length).map_err(|_| std::io::Error::other("a cell is too long"))?;
        self.file.write_all(&length.to_le_bytes())
    }

    /// Returns the rows, for messages under a name.
    pub(super) fn finish(self, name: &str) -> IoResult<KeptRows> {
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        let (begin, end) = self.columns.unwrap_or((0, 0));
        Ok(KeptRows { name: name.to_owned(), file, begin, width: end + 1 - begin, rows: self.rows })
    }
}

impl RawTable for KeptRows {
    fn name(&self) -> &str {
        &self.name
    }

    fn place_word(&self) -> &'static str {
        "row"
    }

    fn open(&self, _width: Option<usize>) -> Result<Box<dyn RawRecords>, Error> {
        let file = File::open(self.file.path()).map_err(|source| Error::Read { name: self.name.clone(), source })?;
        Ok(Box::new(KeptRecords {
            name: self.name.clone(),
            file: BufReader::with_capacity(256 << 10, file),
            begin: self.begin,
            width: self.width,
            rows: self.rows,
            read: 0,
            line: 0,
            cell: Vec::new(),
        }))
    }
}

/// Rows that are being read back.
struct KeptRecords {
    name: String,
    file: BufReader<File>,
    begin: usize,
    width: usize,
    rows: u64,
    read: u64,
    line: u64,
    cell: Vec<u8>,
}

impl KeptRecords {
    fn length(&mut self) -> IoResult<usize> {
        let mut bytes = [0; 4];
        self.file.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes) as usize)
    }

    fn read_row(&mut self, cells: &mut Record) -> IoResult<u64> {
        let mut bytes = [0; 8];
        self.file.read_exact(&mut bytes)?;
        let count = self.length()?;
        for at in 0..count {
            let length = self.length()?;
            if length > RECORD_BYTES_MAX {
                return Err(std::io::ErrorKind::InvalidData.into());
            }
            self.cell.resize(length, 0);
            self.file.read_exact(&mut self.cell)?;
            if at >= self.begin {
                cells.push_field(std::str::from_utf8(&self.cell).map_err(|_| std::io::ErrorKind::InvalidData)?);
            }
        }
        (cells.len()..self.width).for_each(|_| cells.push_field(""));
        Ok(u64::from_le_bytes(bytes))
    }
}

impl RawRecords for KeptRecords {
    fn next_raw(&mut self, cells: &mut Record) -> Result<Option<Place>, Error> {
        if self.read == self.rows {
            return Ok(None);
        }
        cells.clear();
        let line = self.read_row(cells).map_err(|source| Error::Read { name: self.name.clone(), source })?;
        self.read += 1;
        let after_blank = line > self.line + 1;
        self.line = line;
        Ok(Some(Place { line, after_blank, wrong: None }))
    }

    fn oddities(&self) -> Oddities {
        Oddities::default()
    }

    fn progress(&self) -> (u64, u64) {
        (self.read, self.rows)
    }
}
