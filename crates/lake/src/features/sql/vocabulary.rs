//! The names that a features file may use.

use datafusion::arrow::datatypes::Schema;
use datafusion::execution::SessionState;

/// The names that a features file may use.
pub(crate) struct Vocabulary<'a> {
    /// The columns of `l`.
    pub(crate) lead: &'a Schema,
    /// The columns of `e`.
    pub(crate) event: &'a Schema,
    /// The functions.
    pub(crate) state: &'a SessionState,
}
