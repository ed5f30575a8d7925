//! What is decided of one column.

use crate::plan::{ColumnPlan, ColumnReading};
use crate::report::Note;

/// How a column is read, and what is to be said of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Decision {
    pub(crate) reading: ColumnReading,
    /// Spellings of missing.
    pub(crate) missing: Vec<String>,
    pub(crate) notes: Vec<Note>,
}

impl Decision {
    /// Returns the plan of the column.
    pub(crate) fn plan(&self, name: &str) -> ColumnPlan {
        ColumnPlan {
            name: name.to_owned(),
            reading: self.reading.clone(),
            missing: self.missing.clone(),
            merge_spellings: false,
        }
    }
}
