//! The contributions of rows: one by one where they are few, and in blocks where they are many. Both decide and add in the
//! same order, so a row gets the same contributions alone and among others.

use super::tree_groups::TreeGroups;
use crate::trees::bins::Bins;
use crate::trees::blocks::{BLOCK_ROWS, BLOCK_ROWS_MIN, CHUNK_ROWS};
use crate::trees::simd::{Eight, LANES, Lanes, VectorJob, run_vectorized};
use crate::trees::tree::Tree;

/// A model's trees, ready to explain rows.
#[derive(Debug)]
pub(crate) struct ShapKernel {
    columns: usize,
    groups: TreeGroups,
}

impl ShapKernel {
    pub(crate) fn new(trees: &[Tree], bins: &Bins, columns: usize) -> ShapKernel {
        ShapKernel { columns, groups: TreeGroups::new(trees, bins) }
    }

    /// Returns a contribution a feature, row by row. `values` has as many columns as the model.
    pub(crate) fn contributions(&self, bins: &Bins, values: &[f32]) -> Vec<f64> {
        let columns = self.columns;
        let mut contributions = vec![0.0; values.len()];
        let chunks = contributions.chunks_mut(CHUNK_ROWS * columns).zip(values.chunks(CHUNK_ROWS * columns));
        for (contributions, rows) in chunks {
            if rows.len() < BLOCK_ROWS_MIN * columns {
                for (contributions, row) in contributions.chunks_mut(columns).zip(rows.chunks(columns)) {
                    run_vectorized(RowContributions { kernel: self, bins, row, contributions });
                }
            } else {
                run_vectorized(BlockContributions { kernel: self, bins, rows, contributions });
            }
        }
        contributions
    }
}

/// Sets the contributions of rows.
struct BlockContributions<'a> {
    kernel: &'a ShapKernel,
    bins: &'a Bins,
    rows: &'a [f32],
    contributions: &'a mut [f64],
}

impl VectorJob for BlockContributions<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let BlockContributions { kernel, bins, rows, contributions } = self;
        let columns = kernel.columns;
        let blocks = bins.of_blocks(rows, columns);
        let mut sums = vec![vec![Eight([0.0; LANES]); columns * (BLOCK_ROWS / LANES)]; blocks.len()];
        kernel.groups.add::<L, BLOCK_ROWS>(&blocks, &mut sums);
        for (sums, contributions) in sums.iter().zip(contributions.chunks_mut(BLOCK_ROWS * columns)) {
            for (row, contributions) in contributions.chunks_exact_mut(columns).enumerate() {
                let eights = sums.iter().skip(row / LANES).step_by(BLOCK_ROWS / LANES);
                for (contribution, eight) in contributions.iter_mut().zip(eights) {
                    *contribution = eight.0[row % LANES];
                }
            }
        }
    }
}

/// Sets the contributions of one row.
struct RowContributions<'a> {
    kernel: &'a ShapKernel,
    bins: &'a Bins,
    row: &'a [f32],
    contributions: &'a mut [f64],
}

impl VectorJob for RowContributions<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let RowContributions { kernel, bins, row, contributions } = self;
        let bins = bins.of_block::<1>(row, kernel.columns);
        contributions.fill(0.0);
        kernel.groups.add_to_row::<L>(&bins, contributions);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trees::test_model::trained;

    /// On a processor without vector instructions worth a version of their own, this compares a thing with itself.
    #[test]
    fn every_processor_computes_the_same_contributions() {
        for depth in [1, 4, 6, 8, 12] {
            let (trees, matrix) = trained(depth);
            let (columns, bins) = (matrix.columns, Bins::new(&trees));
            let rows = &matrix.values[..BLOCK_ROWS * columns];
            let (kernel, bins) = (&ShapKernel::new(&trees, &bins, columns), &bins);
            let found = kernel.contributions(bins, rows);
            let mut expected = vec![0.0; rows.len()];
            BlockContributions { kernel, bins, rows, contributions: &mut expected }.run::<[f64; LANES]>();
            assert_eq!(found, expected, "depth {depth}");
            for (row, expected) in rows.chunks(columns).zip(expected.chunks(columns)) {
                let (found, mut anywhere) = (kernel.contributions(bins, row), vec![0.0; columns]);
                RowContributions { kernel, bins, row, contributions: &mut anywhere }.run::<[f64; LANES]>();
                assert_eq!((found.as_slice(), anywhere.as_slice()), (expected, expected), "depth {depth}, one row");
            }
        }
    }
}
