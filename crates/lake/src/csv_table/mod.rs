//! Any CSV file, as it is, into a [`Table`]: delimiter, quoting and the columns' types are found by itself.
//!
//! - The delimiter is `,` `;` tab or `|`, the quote `"` or `'`; a byte-order mark and CRLF are accepted.
//! - A cell that is empty or says `NA`, `N/A`, `null`, `NaN`, `unknown` or `?`, in capitals or not, is missing.
//! - A column whose other cells are all `yes`/`no` or `true`/`false` holds flags; all numbers, numbers (0 and 1, too);
//!   anything else, words. So numbers with thousand separators or units stay words.
//! - A row that cannot be read is kept aside with its line and the reason, and the rest is read.
//!
//! [`read_csv`] holds the whole file in memory: it is for a data set that a person has at hand, not for a source.
//! [`crate::rows`] reads a file of any length, in which it knows what to expect.

mod cells;
mod dialect;
mod rows;

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use plumb_lead::{Column, Table};

use cells::values_of;
use dialect::Dialect;
use rows::read_rows;

pub(crate) use cells::{categories, flag, is_missing, number};
pub(crate) use rows::RowReader;

/// So much of a file is enough to find out how it is written.
const BEGINNING: u64 = 1 << 20;

/// What was read from a file.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvTable {
    /// The columns, with the names of the header.
    pub table: Table,
    /// The delimiter that was found.
    pub delimiter: char,
    /// The rows that could not be read.
    pub rejected: Vec<RejectedRow>,
}

/// A row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedRow {
    /// Its first line in the file, from 1.
    pub line: u64,
    /// The column that is wrong; `None` if it is the whole row.
    pub field: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

/// Why a file could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is there.
    #[error("there is no file `{}`", .0.display())]
    Missing(PathBuf),
    /// It is a folder or something else that is no file.
    #[error("`{}` is not a file: expected a CSV file", .0.display())]
    NotAFile(PathBuf),
    /// The system refused.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// It is not text in UTF-8.
    #[error("`{}` {problem}: expected a CSV file in UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        problem: &'static str,
    },
    /// Its first line does not name the columns.
    #[error("the header of `{}`: {problem}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// No row could be read.
    #[error("`{}` has no rows under its header{}", path.display(), because(first))]
    NoRows {
        /// The file.
        path: PathBuf,
        /// The first of the rows that could not be read, if there are any.
        first: Option<RejectedRow>,
    },
}

/// Reads a CSV file.
pub fn read_csv(path: &Path) -> Result<CsvTable, Error> {
    let bytes = read_bytes(path)?;
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let dialect = Dialect::sniff(text);
    let mut reader = RowReader::start(dialect, text, path)?;
    let read = |source| Error::Read { path: path.to_owned(), source };
    let (rows, rejected) = read_rows(&mut reader).map_err(read)?;
    if rows.is_empty() {
        return Err(Error::NoRows { path: path.to_owned(), first: rejected.into_iter().next() });
    }
    let columns = reader.header().iter().enumerate();
    let columns = columns.map(|(index, name)| Column { name: name.clone(), values: values_of(&rows, index) }).collect();
    let table = Table::new(columns).expect("every row that was kept has a cell for every column");
    Ok(CsvTable { table, delimiter: char::from(dialect.delimiter), rejected })
}

/// Opens a CSV file whose rows are read one after the other. Its dialect is found in its beginning.
pub(crate) fn open(path: &Path) -> Result<RowReader<Box<dyn Read + Send>>, Error> {
    let failed = |source: std::io::Error| Error::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    let mut beginning = Vec::new();
    file.by_ref().take(BEGINNING).read_to_end(&mut beginning).map_err(failed)?;
    check_text(&beginning, path)?;
    let is_marked = beginning.starts_with(b"\xEF\xBB\xBF");
    beginning.drain(..if is_marked { 3 } else { 0 });
    let dialect = Dialect::sniff(&beginning);
    let source: Box<dyn Read + Send> = Box::new(Cursor::new(beginning).chain(file));
    RowReader::start(dialect, source, path)
}

impl std::fmt::Display for RejectedRow {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "line {}: ", self.line)?;
        if let Some(field) = &self.field {
            write!(formatter, "`{field}`: ")?;
        }
        formatter.write_str(&self.reason)
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => Error::Missing(path.to_owned()),
        _ => Error::Read { path: path.to_owned(), source },
    };
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(Error::NotAFile(path.to_owned()));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    check_text(&bytes, path)?;
    Ok(bytes)
}

/// Refuses what begins as no text does.
fn check_text(bytes: &[u8], path: &Path) -> Result<(), Error> {
    let problem = if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        "is in UTF-16"
    } else if bytes.starts_with(b"PK\x03\x04") {
        "is a spreadsheet or an archive"
    } else if bytes.iter().take(8192).any(|byte| *byte == 0) {
        "is not text"
    } else {
        return Ok(());
    };
    Err(Error::NotText { path: path.to_owned(), problem })
}

fn because(first: &Option<RejectedRow>) -> String {
    first.as_ref().map_or_else(String::new, |rejected| format!(" that can be read; {rejected}"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn read(bytes: impl AsRef<[u8]>) -> Result<CsvTable, Error> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("leads.csv");
        fs::write(&path, bytes).expect("written");
        read_csv(&path)
    }

    /// Writes a table as a header with kinds and then its rows, `-` for a missing value.
    fn shown(table: &Table) -> String {
        let header = table.columns().iter().map(|column| format!("{}:{}", column.name, column.values.kind()));
        let mut lines = vec![header.collect::<Vec<_>>().join(" ")];
        for row in 0..table.rows() {
            let cells = table.columns().iter().map(|column| column.values.text(row).unwrap_or("-".to_owned()));
            lines.push(cells.collect::<Vec<_>>().join(" "));
        }
        lines.join("\n")
    }

    #[track_caller]
    fn check(text: &str, delimiter: char, expected: &str) {
        let read = read(text).expect("a readable file");
        assert_eq!((read.delimiter, shown(&read.table).as_str(), read.rejected), (delimiter, expected, vec![]));
    }

    #[track_caller]
    fn check_error(bytes: impl AsRef<[u8]>, expected: &str) {
        let error = read(bytes).expect_err("an unreadable file").to_string();
        assert!(error.contains(expected), "`{error}` does not say `{expected}`");
    }

    #[test]
    fn every_delimiter_is_found() {
        for delimiter in [',', ';', '\t', '|'] {
            let text = "age|job|y\n56|clerk|no\n57|nurse|yes\n".replace('|', &delimiter.to_string());
            check(&text, delimiter, "age:number job:category y:flag\n56 clerk false\n57 nurse true");
        }
    }

    #[test]
    fn a_comma_inside_quotes_or_in_decimals_does_not_mislead() {
        check(
            "a;b;c\n1,5;\"x, y\";z\n2,5;\"u, v\";z\n",
            ';',
            "a:category b:category c:category\n1,5 x, y z\n2,5 u, v z",
        );
        check("'a','b'\n'1','it, too'\n", ',', "a:number b:category\n1 it, too");
        check("a,b\n1,'tis\n2,o'clock\n", ',', "a:number b:category\n1 'tis\n2 o'clock");
        check("\"a\";\"b\"\n1;\"say \"\"hi\"\"\"\n", ';', "a:number b:category\n1 say \"hi\"");
    }

    #[test]
    fn byte_order_mark_carriage_returns_and_one_column_are_fine() {
        check("\u{feff}a,b\r\n1,x\r\n2,y", ',', "a:number b:category\n1 x\n2 y");
        check("a\n1\n2\n", ',', "a:number\n1\n2");
    }

    #[test]
    fn words_that_mean_missing() {
        check(
            "n,f,w\n,no,x\nNA,,N/A\nnull,yes,NULL\nNaN,Unknown,?\n2.5,no,y\n",
            ',',
            "n:number f:flag w:category\n- false x\n- - -\n- true -\n- - -\n2.5 false y",
        );
        check("a,b\n,1\n,2\n", ',', "a:number b:number\n- 1\n- 2");
    }

    #[test]
    fn flags_and_numbers() {
        check(
            "a,b,c,d\n0,TRUE,Yes,1\n1,FALSE,no,2\n",
            ',',
            "a:number b:flag c:flag d:number\n0 true true 1\n1 false false 2",
        );
        check("a,b,c\n-1.5e3,yes,inf\n+.5,true,1\n", ',', "a:number b:category c:category\n-1500 yes inf\n0.5 true 1");
        check("a;b\n1,000;1e39\n2,000;1\n", ';', "a:category b:category\n1,000 1e39\n2,000 1");
    }

    #[test]
    fn a_bad_row_is_kept_aside_with_its_line_and_reason() {
        let read = read(b"a,b\r\n1,x\r\n\r\n2\r\n3,\xFF\r\n4,y\r\n5,y,z\r\n").expect("two rows are good");
        assert_eq!(shown(&read.table), "a:number b:category\n1 x\n4 y");
        let rejected: Vec<String> = read.rejected.iter().map(RejectedRow::to_string).collect();
        assert_eq!(
            rejected,
            [
                "line 4: expected 2 fields, found 1",
                "line 5: `b`: not valid UTF-8",
                "line 7: expected 2 fields, found 3",
            ]
        );
    }

    #[test]
    fn a_quote_that_never_ends_is_told_with_what_it_swallowed() {
        let read = read("a,b\n1,x\n\"2,y\n3,z\n4,u\n").expect("one row is good");
        let expected = "line 3: expected 2 fields, found 1; a quote that is opened here goes on for 3 more lines";
        assert_eq!(read.rejected.iter().map(RejectedRow::to_string).collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn a_wrong_header_is_named() {
        check_error("a,b,a,c,b,a\n1,2,3,4,5,6\n", "`a` (3 times), `b` (2 times) must occur once");
        check_error("a,,b,\n1,2,3,4\n", "column 2, 4 has no name");
        check_error("56,clerk\n57,nurse\n", "`56` is a number");
        check_error("", "there is none");
        check_error(b"a,\xFF\n1,2\n", "not valid UTF-8");
    }

    #[test]
    fn lines_are_counted_however_they_end() {
        for end in ["\n", "\r\n", "\r"] {
            let read = read(["a,b", "1,2", "3", "4,5", "", "6"].join(end)).expect("two rows");
            let lines: Vec<u64> = read.rejected.iter().map(|row| row.line).collect();
            assert_eq!(lines, [3, 6], "{end:?}");
        }
    }

    #[test]
    fn a_file_without_rows_or_without_text_is_named() {
        check_error("a,b\n", "leads.csv` has no rows under its header");
        check_error("a,b\n1\n", "line 2: expected 2 fields, found 1");
        check_error(b"\xFF\xFEa\0", "is in UTF-16");
        check_error(b"PAR1\0\0", "is not text");
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(matches!(read_csv(folder.path()), Err(Error::NotAFile(_))));
        assert!(matches!(read_csv(&folder.path().join("no.csv")), Err(Error::Missing(_))));
    }
}
