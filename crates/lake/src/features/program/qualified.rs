//! Columns with their relation: the observation `o`, the lead `l` or an event `e`.

use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::{Column, TableReference};

/// A column with its relation.
pub(super) type Qualified = (Option<TableReference>, FieldRef);

/// Returns whether a column is of this relation.
pub(super) fn is_of(column: &Column, relation: &str) -> bool {
    column.relation.as_ref().is_some_and(|known| known.table() == relation)
}
