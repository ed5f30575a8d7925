//! Rows counted into bins: a block of rows at a time, because the values of a row lie together.

use plumb_lead::Matrix;

use super::histogram::Bins;

/// Rows of a block: with forty columns it stays in the processor's second cache.
const BLOCK: usize = 1024;

/// Fewer values than this are counted by one thread.
const VALUES_A_THREAD: usize = 1_000_000;

/// Returns the rows in each bin of each column.
pub(super) fn count_columns(bins: &[&Bins], matrix: &Matrix) -> Vec<Vec<u32>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = threads.min(matrix.values.len() / VALUES_A_THREAD).max(1);
    let rows_a_part = matrix.rows.div_ceil(threads).max(1);
    let parts = matrix.values.chunks(rows_a_part * matrix.columns.max(1));
    let mut counted: Vec<Vec<Vec<u32>>> = std::thread::scope(|scope| {
        let started: Vec<_> = parts.map(|values| scope.spawn(|| count_part(bins, values))).collect();
        // A part that panicked panics here, too: it is a fault of this file.
        started.into_iter().map(|part| part.join().expect("counting does not fail")).collect()
    });
    let Some(mut all) = counted.pop() else { return bins.iter().map(|bins| vec![0; bins.count() + 2]).collect() };
    for part in counted {
        for (column, more) in all.iter_mut().zip(part) {
            column.iter_mut().zip(more).for_each(|(rows, more)| *rows += more);
        }
    }
    all
}

/// Returns the rows of one column in each bin.
pub(super) fn count_values(bins: &Bins, values: &[f32]) -> Vec<u32> {
    let mut counts = vec![0; bins.count() + 2];
    values.iter().for_each(|value| counts[bins.bin(*value)] += 1);
    counts
}

/// Returns the values of each column, a row each.
pub(super) fn columns_of(matrix: &Matrix) -> Vec<Vec<f32>> {
    let mut columns = vec![Vec::with_capacity(matrix.rows); matrix.columns];
    for block in matrix.values.chunks(BLOCK * matrix.columns.max(1)) {
        for (index, column) in columns.iter_mut().enumerate() {
            column.extend(block.iter().skip(index).step_by(matrix.columns).copied());
        }
    }
    columns
}

fn count_part(bins: &[&Bins], values: &[f32]) -> Vec<Vec<u32>> {
    let columns = bins.len().max(1);
    let mut counts: Vec<Vec<u32>> = bins.iter().map(|bins| vec![0; bins.count() + 2]).collect();
    for block in values.chunks(BLOCK * columns) {
        for (index, (bins, counts)) in bins.iter().zip(&mut counts).enumerate() {
            bins.count_into(counts, block.iter().skip(index).step_by(columns).copied());
        }
    }
    counts
}
