//! The leaf of each row of a block, for trees of up to 256 leaves, without traversing them.
//!
//! All splits of a tree are tested for all rows of the block, a byte a row. Then, from the bottom up, each split takes the
//! leaf number of its left or its right child by its test, so the number that arrives at the root is the row's leaf. That
//! is more work than a traversal, but of a kind that one instruction does for 32 or 64 rows.

use crate::trees::bins::{BinTest, Bins};
use crate::trees::tree::{Node, Tree};

/// A leaf's number must fit a byte.
const LEAVES_MAX: usize = 256;

/// The leaf number of each row of a block, at each split.
pub(super) type LeafNumbers<const ROWS: usize> = [[u8; ROWS]; LEAVES_MAX - 1];

/// The splits and leaves of a tree.
#[derive(Debug)]
pub(super) struct BlockTree {
    splits: Vec<BlockSplit>,
    values: Vec<f64>,
}

/// A split: its test and its children.
#[derive(Debug)]
struct BlockSplit {
    test: BinTest,
    left: Child,
    right: Child,
}

#[derive(Clone, Copy, Debug)]
enum Child {
    /// The number of a leaf.
    Leaf(u8),
    /// The number of a split, which comes later in the list.
    Split(u8),
}

impl BlockTree {
    /// Returns the splits and leaves of a tree; `None` if it has too many leaves.
    pub(super) fn new(tree: &Tree, bins: &Bins) -> Option<BlockTree> {
        let values: Vec<f64> = tree.leaves().map(f64::from).collect();
        if values.len() > LEAVES_MAX {
            return None;
        }
        let numbers = tree.numbers();
        let child = |node: usize| match tree.nodes[node] {
            Node::Leaf(_) => Child::Leaf(numbers[node] as u8),
            Node::Split(_) => Child::Split(numbers[node] as u8),
        };
        let splits = tree.nodes.iter().enumerate().filter_map(|(at, node)| match node {
            Node::Leaf(_) => None,
            Node::Split(split) => {
                Some(BlockSplit { test: bins.test(split), left: child(at + 1), right: child(split.right) })
            }
        });
        Some(BlockTree { splits: splits.collect(), values })
    }

    /// Adds the leaf of each row to its sum. There are no more sums than rows in the block.
    #[inline(always)]
    pub(super) fn add<const ROWS: usize>(
        &self,
        bins: &[[u8; ROWS]],
        numbers: &mut LeafNumbers<ROWS>,
        sums: &mut [f64],
    ) {
        if self.splits.is_empty() {
            numbers[0] = [0; ROWS];
        }
        for (at, split) in self.splits.iter().enumerate().rev() {
            let goes_left = split.test.left_mask(bins);
            let (left, right) = (split.left.numbers(numbers), split.right.numbers(numbers));
            for row in 0..ROWS {
                numbers[at][row] = (goes_left[row] & left[row]) | (!goes_left[row] & right[row]);
            }
        }
        for (sum, number) in sums.iter_mut().zip(numbers[0]) {
            *sum += self.values[usize::from(number)];
        }
    }
}

impl Child {
    #[inline(always)]
    fn numbers<const ROWS: usize>(self, numbers: &LeafNumbers<ROWS>) -> [u8; ROWS] {
        match self {
            Child::Leaf(number) => [number; ROWS],
            Child::Split(at) => numbers[usize::from(at)],
        }
    }
}
