//! Where the rows of a connector go.

use crate::cell::{Cell, CellKind};
use crate::error::Error;
use crate::stream::{Row, Stream};

/// The position up to which all rows were given, in the connector's own words. It is kept as it is and given back at the
/// next run.
pub type Checkpoint = serde_json::Value;

/// Where the rows of a connector go. Whoever implements it keeps rows and checkpoints on disk in one step.
pub trait Sink: Send {
    /// Begins a stream, or says that its columns are others from now on: new ones are added, and those that are not among
    /// them stay, without values.
    ///
    /// A column that has another type than in earlier runs is an error that says so.
    fn begin(&mut self, stream: &Stream) -> Result<(), Error>;

    /// Takes a row of a stream that was begun.
    fn row(&mut self, stream: &str, row: Row) -> Result<(), Error>;

    /// Takes the key of a row that is there, without its other cells, in the order of the stream's key columns.
    fn heard(&mut self, stream: &str, key: &[Cell]) -> Result<(), Error>;

    /// Takes a row that cannot be read: its number, the column at fault or nothing, and why.
    fn reject(&mut self, stream: &str, number: u64, column: &str, reason: String) -> Result<(), Error>;

    /// Calls those rows of the stream deleted that neither [`Sink::row`] nor [`Sink::heard`] has named in this run. The stream
    /// began as one that is whole.
    fn delete_unheard(&mut self, stream: &str) -> Result<(), Error>;

    /// Returns how many rows of a stream are known by now, each key once and deleted ones left out: those of earlier runs and
    /// of this one. `None` is not known, as of a stream without a key.
    fn rows_known(&self, _stream: &str) -> Option<u64> {
        None
    }

    /// Returns the type that a column of a stream has had since an earlier run, whose cells it keeps. `None` is not known.
    fn kind_known(&self, _stream: &str, _column: &str) -> Option<CellKind> {
        None
    }

    /// Takes the position from which the next run goes on, if all is kept that was given until now.
    fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), Error>;

    /// Takes something that somebody should know of the stream; the empty name is the whole system. `way_out` says what to
    /// do.
    fn note(&mut self, stream: &str, column: Option<&str>, count: u64, what: String, way_out: String);

    /// Tells what is being done, for whoever waits.
    fn progress(&mut self, what: &str);
}
