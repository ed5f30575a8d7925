//! Tables as a database describes them, and values as its driver gives them.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cell::CellKind;
use crate::error::Error;

/// A table, a view or whatever else has rows.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The stream that it becomes.
    pub(super) stream: String,
    /// How the configuration names it: `leads` or `sales.leads`.
    pub(super) label: String,
    /// How its database's SQL names it, quoted.
    pub(super) sql: String,
    pub(super) columns: Vec<TableColumn>,
    /// The primary key, or another that the database vouches for; names of streams.
    pub(super) key: Vec<String>,
    /// What tells this table from another of the same name that takes its place, if the database says so.
    pub(super) identity: Option<String>,
    /// The numbers of the tables that have its rows, if it has parts.
    pub(super) parts: BTreeSet<i64>,
    /// Whether each row says which transaction wrote it.
    pub(super) has_transactions: bool,
}

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct TableColumn {
    /// The name that it has in the database.
    pub(super) source: String,
    /// The name that it has in the stream.
    pub(super) name: String,
    /// How it stands in a WHERE, quoted.
    pub(super) sql: String,
    /// What is selected for it, in a form that the driver reads without loss.
    pub(super) select: String,
    /// The declared type, for messages.
    pub(super) declared: String,
    pub(super) kind: Kind,
    pub(super) wire: Wire,
    /// Its order, if rows can be read from a value on.
    pub(super) order: Option<Order>,
    /// What tells it from another of the same name that takes its place, if the database says so.
    pub(super) identity: Option<i32>,
}

/// Which type the cells of a column get.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// The declared type says it.
    Declared(CellKind),
    /// The values of the first run say it: the first if none of them makes `misfit` true, an expression of SQL.
    ByValues { narrow: CellKind, wide: CellKind, misfit: String },
}

impl Kind {
    /// Returns the declared type, or the first of those that values decide between.
    pub(super) fn narrow(&self) -> CellKind {
        match self {
            Kind::Declared(kind) | Kind::ByValues { narrow: kind, .. } => *kind,
        }
    }
}

/// In which form the driver gives the values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wire {
    Plain,
    /// A number of any length, as text.
    Decimal,
    /// Bytes as they are.
    Bytes,
    /// A shape as text, which is empty if the server could not write it out.
    Shape,
    /// `2026-11-28`.
    Date,
    /// `2026-11-28 12:00:00.5`.
    Moment,
}

/// What a cursor's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Integer,
    Decimal,
    Moment,
    Date,
    Text,
}

/// A value as the driver gives it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Flag(bool),
    Text(String),
    Timestamp(i64),
    /// A value that cannot be told and becomes missing: which one.
    Untold(&'static str),
    /// A value that makes the row one that cannot be read: why.
    Unreadable(String),
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<&TableColumn> {
        self.columns.iter().find(|column| column.is_called(name))
    }
}

impl TableColumn {
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.source == name
    }

    pub(super) fn is_plain(&self) -> bool {
        self.wire == Wire::Plain
    }
}

/// The tables that are there, and what somebody should know of those that are not read.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) tables: Vec<Table>,
    /// The streams of tables that cannot be read, and why.
    pub(super) left_out: Vec<(String, Error)>,
    pub(super) notes: Vec<Note>,
}

impl Listing {
    /// Leaves out a table that cannot be read, unless it was asked for by name: then it is an error.
    pub(super) fn leave_out(&mut self, stream: &str, is_named: bool, error: Error) -> Result<(), Error> {
        if is_named {
            return Err(error);
        }
        self.left_out.push((stream.to_owned(), error));
        Ok(())
    }
}

/// Returns the error of a table that its database refuses to read.
pub(super) fn refused(label: &str, error: Error) -> Error {
    Error { way_out: format!("mend table `{label}`, or name the tables to read by `tables`"), ..error }
}

/// What somebody should know.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) stream: String,
    pub(super) column: Option<String>,
    pub(super) count: u64,
    pub(super) what: String,
    pub(super) way_out: String,
}

/// The state of a server from which later runs can tell what was written since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Horizon {
    /// All transactions before this number had ended when the run's snapshot was taken.
    pub(super) ended_before: u64,
    /// No transaction from this number on had begun.
    pub(super) next: u64,
}

/// A query of one number, one text or rows, with at most one text for its placeholder.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) bind: Option<String>,
    /// What it does, for messages.
    pub(super) doing: String,
}

/// What a database is asked. All is answered from one snapshot of it.
pub(super) trait Server {
    /// Lists the tables that are wanted; all if none is named.
    async fn list(&mut self, wanted: &[String]) -> Result<Listing, Error>;

    /// Returns the first column of the first row as text.
    async fn text(&mut self, query: Query) -> Result<Option<String>, Error>;

    /// Gives each row of a query to a function, and stops at its first error.
    async fn rows(&mut self, query: Query, columns: &[TableColumn], take: Take<'_>) -> Result<(), Error>;

    /// Returns the state of the server's transactions, if it has such.
    async fn horizon(&mut self) -> Result<Option<Horizon>, Error>;

    /// Returns the condition of rows from a cursor's value on, which stands in the query's one placeholder, or from so much
    /// before it on.
    fn since(&self, column: &TableColumn, order: Order, look_back: Duration) -> String;

    /// Returns the query of a cursor's last value that is not in the future.
    fn last(&self, table: &Table, column: &TableColumn, order: Order) -> String;

    /// Ends the snapshot.
    async fn end(self) -> Result<(), Error>;
}

/// What takes the values of a row, in the order of the columns.
pub(super) type Take<'a> = &'a mut (dyn FnMut(Vec<Value>) -> Result<(), Error> + Send);

/// Returns an identifier between quotes of this kind.
pub(super) fn quote(identifier: &str, mark: char) -> String {
    format!("{mark}{}{mark}", identifier.replace(mark, &format!("{mark}{mark}")))
}
