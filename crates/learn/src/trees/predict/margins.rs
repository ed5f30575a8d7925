//! The margins of rows: one by one where they are few, and in blocks where they are many. Both add the leaves in the order
//! of the trees, so a row gets the same margin alone and among others.

use super::block::{BlockTree, LeafNumbers};
use super::row::{PreparedRow, RowTraversal};
use crate::trees::bins::Bins;
use crate::trees::blocks::{BLOCK_ROWS, BLOCK_ROWS_MIN, CHUNK_ROWS};
use crate::trees::simd::{Lanes, VectorJob, run_vectorized};
use crate::trees::tree::Tree;

/// A model's trees, ready to score rows.
#[derive(Debug)]
pub(crate) struct MarginKernel {
    columns: usize,
    rows: RowTraversal,
    /// `None` for a tree of too many leaves, which is traversed.
    blocks: Vec<Option<BlockTree>>,
}

impl MarginKernel {
    pub(crate) fn new(trees: &[Tree], bins: &Bins, columns: usize) -> MarginKernel {
        let blocks = trees.iter().map(|tree| BlockTree::new(tree, bins)).collect();
        MarginKernel { columns, rows: RowTraversal::new(trees, columns), blocks }
    }

    /// Returns the sum of the leaves of each of so many rows. `values` has as many columns as the model.
    pub(crate) fn margins(&self, bins: &Bins, values: &[f32], rows: usize) -> Vec<f64> {
        let mut margins = vec![0.0; rows];
        let chunks = margins.chunks_mut(CHUNK_ROWS).zip(values.chunks(CHUNK_ROWS * self.columns));
        for (margins, rows) in chunks {
            if margins.len() < BLOCK_ROWS_MIN {
                for (margin, row) in margins.iter_mut().zip(rows.chunks_exact(self.columns)) {
                    *margin = self.rows.margin(&self.rows.prepare(row));
                }
            } else {
                run_vectorized(BlockMargins { kernel: self, bins, rows, sums: margins });
            }
        }
        margins
    }
}

/// Adds the leaves of rows to their sums.
struct BlockMargins<'a> {
    kernel: &'a MarginKernel,
    bins: &'a Bins,
    rows: &'a [f32],
    sums: &'a mut [f64],
}

impl VectorJob for BlockMargins<'_> {
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let BlockMargins { kernel, bins, rows, sums } = self;
        let blocks = bins.of_blocks(rows, kernel.columns);
        let mut numbers: LeafNumbers<BLOCK_ROWS> = [[0; BLOCK_ROWS]; _];
        let mut prepared: Vec<PreparedRow> = Vec::new();
        for (at, tree) in kernel.blocks.iter().enumerate() {
            match tree {
                Some(tree) => {
                    for (bins, sums) in blocks.iter().zip(sums.chunks_mut(BLOCK_ROWS)) {
                        tree.add(bins, &mut numbers, sums);
                    }
                }
                None => {
                    if prepared.is_empty() {
                        prepared.extend(rows.chunks_exact(kernel.columns).map(|row| kernel.rows.prepare(row)));
                    }
                    for (sum, row) in sums.iter_mut().zip(&prepared) {
                        *sum += kernel.rows.leaf(at, row);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trees::simd::LANES;
    use crate::trees::test_model::trained;

    /// On a processor without vector instructions worth a version of their own, this compares a thing with itself.
    #[test]
    fn every_processor_computes_the_same_margins() {
        for depth in [1, 4, 6, 8, 12] {
            let (trees, matrix) = trained(depth);
            let (bins, rows) = (Bins::new(&trees), &matrix.values[..BLOCK_ROWS * matrix.columns]);
            let (kernel, bins) = (&MarginKernel::new(&trees, &bins, matrix.columns), &bins);
            let found = kernel.margins(bins, rows, BLOCK_ROWS);
            let mut expected = vec![0.0; BLOCK_ROWS];
            BlockMargins { kernel, bins, rows, sums: &mut expected }.run::<[f64; LANES]>();
            assert_eq!(found, expected, "depth {depth}");
        }
    }
}
