//! A sink that keeps what it is given in memory, over several runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use plumb_connectors::{Cell, CellKind, Checkpoint, Error, Row, Sink, Stream};

/// The cells of a row that has them, by column.
pub(crate) type Cells = BTreeMap<String, Cell>;

/// What connectors have given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected {
    pub(crate) streams: BTreeMap<String, Stream>,
    /// Rows in the order in which they came.
    pub(crate) rows: Vec<(String, Cells, Row)>,
    /// The newest row of each key that is not deleted; without a key, of each row as a whole.
    pub(crate) tables: BTreeMap<String, BTreeMap<String, Cells>>,
    pub(crate) rejects: Vec<(String, u64, String, String)>,
    pub(crate) checkpoints: Vec<Checkpoint>,
    /// The stream, the count, and what is said.
    pub(crate) notes: Vec<(String, u64, String)>,
    pub(crate) progress: Vec<String>,
    /// The streams whose unheard rows were deleted.
    pub(crate) deleted: Vec<String>,
    /// What columns of streams are known to be.
    pub(crate) kinds: BTreeMap<(String, String), CellKind>,
    heard: BTreeSet<(String, String)>,
}

impl Collected {
    /// Forgets all but the tables and the checkpoints, as the next run does.
    pub(crate) fn next_run(self) -> Collected {
        let Collected { tables, checkpoints, kinds, .. } = self;
        Collected { tables, checkpoints, kinds, ..Collected::default() }
    }

    /// Returns the texts of a column of a stream, in the order of its rows' keys.
    pub(crate) fn column(&self, stream: &str, column: &str) -> Vec<String> {
        let rows = self.tables.get(stream).into_iter().flat_map(BTreeMap::values);
        rows.map(|cells| cells.get(column).map_or_else(|| "NULL".into(), text)).collect()
    }
}

/// Returns a cell as a test writes it.
pub(crate) fn text(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".into(),
        Cell::Text(text) => text.clone(),
        other => format!("{other:?}"),
    }
}

impl Sink for Collected {
    fn begin(&mut self, stream: &Stream) -> Result<(), Error> {
        self.streams.insert(stream.name.clone(), stream.clone());
        self.tables.entry(stream.name.clone()).or_default();
        Ok(())
    }

    fn row(&mut self, name: &str, row: Row) -> Result<(), Error> {
        let stream = &self.streams[name];
        assert_eq!(row.cells.len(), stream.columns.len());
        let columns = stream.columns.iter().map(|column| column.name.clone());
        let cells: Cells = columns.zip(row.cells.clone()).filter(|(_, cell)| *cell != Cell::Null).collect();
        let key = match &stream.key[..] {
            [] => format!("{cells:?}"),
            key => key.iter().map(|name| text(&cells[name])).collect::<Vec<_>>().join("|"),
        };
        let table = self.tables.entry(name.to_owned()).or_default();
        if row.is_deleted {
            table.remove(&key);
        } else {
            table.insert(key.clone(), cells.clone());
        }
        self.heard.insert((name.to_owned(), key));
        self.rows.push((name.to_owned(), cells, row));
        Ok(())
    }

    fn heard(&mut self, name: &str, key: &[Cell]) -> Result<(), Error> {
        let key = key.iter().map(text).collect::<Vec<_>>().join("|");
        self.heard.insert((name.to_owned(), key));
        Ok(())
    }

    fn reject(&mut self, stream: &str, number: u64, column: &str, reason: String) -> Result<(), Error> {
        self.rejects.push((stream.to_owned(), number, column.to_owned(), reason));
        Ok(())
    }

    fn delete_unheard(&mut self, name: &str) -> Result<(), Error> {
        assert!(self.streams[name].is_whole);
        let heard = &self.heard;
        let table = self.tables.entry(name.to_owned()).or_default();
        table.retain(|key, _| heard.contains(&(name.to_owned(), key.clone())));
        self.deleted.push(name.to_owned());
        Ok(())
    }

    fn rows_known(&self, name: &str) -> Option<u64> {
        let has_key = self.streams.get(name).is_some_and(|stream| !stream.key.is_empty());
        self.tables.get(name).filter(|_| has_key).map(|table| table.len() as u64)
    }

    fn kind_known(&self, stream: &str, column: &str) -> Option<CellKind> {
        self.kinds.get(&(stream.to_owned(), column.to_owned())).copied()
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint) -> Result<(), Error> {
        self.checkpoints.push(checkpoint);
        Ok(())
    }

    fn note(&mut self, stream: &str, _column: Option<&str>, count: u64, what: String, _way_out: String) {
        self.notes.push((stream.to_owned(), count, what));
    }

    fn progress(&mut self, what: &str) {
        self.progress.push(what.to_owned());
    }
}

/// Returns what `cargo xtask test` has provided.
pub(crate) fn provided(variable: &str) -> PathBuf {
    let value = std::env::var_os(variable);
    value
        .map(PathBuf::from)
        .unwrap_or_else(|| panic!("{variable} is not set: run `cargo xtask test`, which provides it"))
}
