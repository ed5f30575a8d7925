//! The bins of one feature's values.

use crate::trees::tree::CATEGORIES_END;

/// The most thresholds of a column. Counts from 0 to this fit a byte.
pub(super) const THRESHOLDS_MAX: usize = 255;

/// The categories of a column: two bins are kept for values that are none of them.
pub(super) const CATEGORIES_PER_COLUMN: u32 = 254;
/// The bin of a missing category that goes right: every such split lists it among its own.
pub(super) const MISSING_BIN: u8 = 254;
/// The bin of any other category, which goes left.
pub(super) const OTHER_BIN: u8 = 255;

/// Up to so many thresholds, it is faster to count them for all rows than to search for each row.
const COUNTED_MAX: usize = 48;

/// Returns the bin of each value: the number of thresholds at or under it; 0 if it is missing.
#[inline(always)]
pub(super) fn threshold_bins<const ROWS: usize>(thresholds: &[f32], values: &[f32; ROWS]) -> [u8; ROWS] {
    // Plain loops: a function that is handed to `map` may not be inlined here, and is then not vectorized.
    let mut bins = [0; ROWS];
    if ROWS == 1 || thresholds.len() > COUNTED_MAX {
        for (bin, value) in bins.iter_mut().zip(values) {
            *bin = thresholds.partition_point(|threshold| threshold <= value) as u8;
        }
        return bins;
    }
    let mut counts = [0_u32; ROWS];
    for threshold in thresholds {
        for row in 0..ROWS {
            counts[row] += u32::from(*threshold <= values[row]);
        }
    }
    for (bin, count) in bins.iter_mut().zip(counts) {
        *bin = count as u8;
    }
    bins
}

/// Returns the bins of categories in the column that begins with category `first`. XGBoost cuts off what follows the
/// decimal point.
#[inline(always)]
pub(super) fn category_bins<const ROWS: usize>(first: u32, values: &[f32; ROWS]) -> [u8; ROWS] {
    let mut bins = [OTHER_BIN; ROWS];
    for (bin, value) in bins.iter_mut().zip(values) {
        // As XGBoost has it, what is below 0 or too large is in no list of categories.
        let category = if (0.0..CATEGORIES_END as f32).contains(value) { *value as u32 } else { u32::MAX };
        let within = category.wrapping_sub(first);
        if category != u32::MAX && within < CATEGORIES_PER_COLUMN {
            *bin = within as u8;
        }
    }
    bins
}
