//! Records of text: from the bytes of a file to rows of cells under named columns.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::plan::FilePlan;
use crate::report::{Note, SetAside};

/// A file to read, which can be read more than once: standard input is kept in a temporary file.
#[derive(Debug)]
pub struct Input {
    /// The name that messages show.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// Removes the file in the end, if it is a temporary one.
    temporary: Option<tempfile::NamedTempFile>,
}

/// One record: a row of cells as text, before anything is interpreted.
pub type Record = csv::StringRecord;

/// Something that has records, and can be read from the start more than once.
pub trait RecordSource {
    /// Returns the name that messages show.
    fn name(&self) -> &str;

    /// Starts at the first row. The header is read, lines above and below the table are passed over.
    fn open(&self) -> Result<Box<dyn Records + Send>, Error>;

    /// Returns how the bytes become records: completely, so that the next file can be read alike.
    fn plan(&self) -> &FilePlan;

    /// Returns what was found out about the file as a whole.
    fn notes(&self) -> &[Note];
}

/// Records that are being read, in the order of the file.
pub trait Records {
    /// Returns the names of the columns: not empty, trimmed, each once.
    fn names(&self) -> &[String];

    /// Reads the next row into `record`, which then has a cell for each name, untrimmed; an empty cell is an empty text.
    /// Returns its line (or row of the sheet) from 1; `None` at the end.
    fn next(&mut self, record: &mut Record) -> Result<Option<u64>, Error>;

    /// Returns the records so far that did not become rows, since the last call.
    fn take_set_aside(&mut self) -> Vec<SetAside>;

    /// Returns how far the file is read, and its length, in one unit; for a progress bar.
    fn progress(&self) -> (u64, u64);
}

impl Input {
    /// Opens a file, or standard input for `-`.
    pub fn open(location: &Path) -> Result<Input, Error> {
        if location == Path::new("-") {
            return Input::of_bytes("standard input", std::io::stdin().lock());
        }
        let name = location.display().to_string();
        let metadata = std::fs::metadata(location).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::Missing(location.to_owned()),
            _ => Error::Read { name: name.clone(), source },
        })?;
        if !metadata.is_file() {
            return Err(Error::NotAFile(location.to_owned()));
        }
        Ok(Input { name, path: location.to_owned(), temporary: None })
    }

    /// Keeps bytes in a temporary file, so that they can be read more than once.
    pub fn of_bytes(name: &str, mut bytes: impl Read) -> Result<Input, Error> {
        let failed = |source| Error::Read { name: name.to_owned(), source };
        let mut temporary = tempfile::NamedTempFile::new().map_err(failed)?;
        std::io::copy(&mut bytes, &mut temporary).map_err(failed)?;
        Ok(Input { name: name.to_owned(), path: temporary.path().to_owned(), temporary: Some(temporary) })
    }

    /// Returns whether the file is a temporary one.
    pub fn is_temporary(&self) -> bool {
        self.temporary.is_some()
    }
}

/// Finds out how a file is read, as far as `plan` leaves it open, and returns its records.
/// A Parquet file is refused here: the caller recognises it by its first bytes, `PAR1`.
pub fn open_input(input: Input, plan: &FilePlan) -> Result<Box<dyn RecordSource>, Error> {
    let _ = plan;
    Err(Error::Unreadable { name: input.name, problem: "is of a format that is not read yet".to_owned() })
}
