//! The rows that are new or changed though their cursor does not say so.

use super::table::{Horizon, TableColumn};

/// The numbers of transactions go around after so many.
const TRANSACTIONS: u64 = 1 << 32;

/// Returns the condition of rows that were written by transactions that had not ended. A row has the lower half of its
/// transaction's number; `None` if that says too little, or if these numbers are those of another server.
pub(super) fn written_since(now: Horizon, ended_before: u64) -> Option<String> {
    let distance = now.next.checked_sub(ended_before).filter(|distance| *distance < TRANSACTIONS)?;
    let start = ended_before % TRANSACTIONS;
    Some(format!("(xmin::text::bigint - {start} + {TRANSACTIONS}) % {TRANSACTIONS} < {distance}"))
}

/// Returns the condition of rows that are read whatever their cursor says, behind that of those that are read by it.
pub(super) fn others(cursor: &TableColumn, written: Option<String>, parts: &[i64]) -> String {
    let mut condition = format!(" OR {} IS NULL", cursor.sql);
    if let Some(written) = written {
        condition.push_str(&format!(" OR {written}"));
    }
    // Rows of a table that was made a part of this one may have been written long ago.
    if !parts.is_empty() {
        let parts = parts.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        condition.push_str(&format!(" OR tableoid::int8 IN ({parts})"));
    }
    condition
}
