//! All that was gathered of a table.

use crate::error::Error;
use crate::gather::Column;
use crate::outcome::{ColumnKind, PersonKey, RepeatedRows};

/// Words in the name of a column by which time is told.
const CREATION_WORDS: [&str; 6] = ["creat", "erstell", "angelegt", "opened", "received", "date"];

/// All that was gathered of a table. The rows of the sample are in the order of their lines.
pub(crate) struct TableStatistics {
    pub(crate) rows: u64,
    /// The lines of the sample's rows.
    pub(crate) lines: Vec<u64>,
    pub(crate) columns: Vec<Column>,
    pub(crate) repeated: RepeatedRows,
    pub(crate) repeated_but_identifiers: Option<RepeatedRows>,
    pub(crate) people: Vec<PersonKey>,
}

impl TableStatistics {
    /// Returns whether the sample is the whole table.
    pub(super) fn is_whole(&self) -> bool {
        self.lines.len() as u64 == self.rows
    }
}

/// Returns the place of the column by which time is told: the named one, else the timestamp that is missing least, and of
/// several the one whose name speaks of creation, else the first.
pub(super) fn time_column(columns: &[Column], named: Option<&str>) -> Result<Option<usize>, Error> {
    let times = || (0..columns.len()).filter(|column| columns[*column].kind == ColumnKind::Timestamp);
    if let Some(named) = named {
        let found = times().find(|column| columns[*column].name == named);
        let known: Vec<String> = times().map(|column| format!("`{}`", columns[column].name)).collect();
        let known = if known.is_empty() { "none, as no column is a time".to_owned() } else { known.join(", ") };
        return found.map(Some).ok_or_else(|| Error::NoTime(named.to_owned(), known));
    }
    let word = |column: usize| {
        let name = columns[column].name.to_lowercase();
        CREATION_WORDS.iter().position(|word| name.contains(word)).unwrap_or(CREATION_WORDS.len())
    };
    Ok(times().min_by_key(|column| (columns[*column].missing, word(*column))))
}
