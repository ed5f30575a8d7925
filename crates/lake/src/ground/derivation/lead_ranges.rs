//! Rows in the order of leads.

use datafusion::arrow::array::{Array, StringArray};

/// Returns how many rows, which are in the order of leads, come before those of a lead.
pub(super) fn rows_before(leads: &StringArray, lead: &str) -> usize {
    let (mut low, mut high) = (0, leads.len());
    while low < high {
        let middle = low.midpoint(high);
        if leads.value(middle) < lead { low = middle + 1 } else { high = middle }
    }
    low
}
