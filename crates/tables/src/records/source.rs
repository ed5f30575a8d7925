//! What has records: something that can be read from its start more than once.

use crate::error::Error;
use crate::plan::FilePlan;
use crate::report::{Note, SetAside};

/// One record: a row of cells as text, before anything is interpreted.
pub type Record = csv::StringRecord;

/// Something that has records, and can be read from the start more than once.
pub trait RecordSource: Send + Sync {
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
