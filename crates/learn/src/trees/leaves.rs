//! The leaf that each row of a block ends in, for trees of up to 256 leaves, without walking.
//!
//! All questions of a tree are answered for all rows of the block, a byte a row. Then, from the bottom up, each split
//! takes the leaf number of its left or its right side by its answer, so the number that arrives at the root is the
//! row's leaf. That is more work than a walk, but of a kind that is done for 32 or 64 rows by one instruction.

use super::codes::{Ask, Codes};
use super::tree::{Node, Tree};

/// A leaf's number must fit a byte.
const LEAVES_MAX: usize = 256;

/// Room for the leaf numbers of a block at each split.
pub(super) type Numbers<const ROWS: usize> = [[u8; ROWS]; LEAVES_MAX - 1];

/// A tree's questions and leaves.
#[derive(Debug)]
pub(super) struct Leaves {
    merges: Vec<Merge>,
    values: Vec<f64>,
}

/// A split: a question, and what is on either side.
#[derive(Debug)]
struct Merge {
    ask: Ask,
    left: Side,
    right: Side,
}

#[derive(Clone, Copy, Debug)]
enum Side {
    /// The number of a leaf.
    Leaf(u8),
    /// The place of a split, which comes later in the list.
    Merge(u8),
}

impl Leaves {
    /// Returns a tree's questions and leaves, unless it has too many.
    pub(super) fn new(tree: &Tree, codes: &Codes) -> Option<Leaves> {
        let values: Vec<f64> = tree.leaves().map(f64::from).collect();
        if values.len() > LEAVES_MAX {
            return None;
        }
        let places = tree.places();
        let side = |node: usize| match tree.nodes[node] {
            Node::Leaf(_) => Side::Leaf(places[node] as u8),
            Node::Split(_) => Side::Merge(places[node] as u8),
        };
        let merges = tree.nodes.iter().enumerate().filter_map(|(at, node)| match node {
            Node::Leaf(_) => None,
            Node::Split(split) => Some(Merge { ask: codes.ask(split), left: side(at + 1), right: side(split.right) }),
        });
        Some(Leaves { merges: merges.collect(), values })
    }

    /// Adds what the tree says of each row to its sum. There are no more sums than rows in the block.
    #[inline(always)]
    pub(super) fn add<const ROWS: usize>(&self, codes: &[[u8; ROWS]], numbers: &mut Numbers<ROWS>, sums: &mut [f64]) {
        if self.merges.is_empty() {
            numbers[0] = [0; ROWS];
        }
        for (at, merge) in self.merges.iter().enumerate().rev() {
            let answer = merge.ask.answer(codes);
            let (left, right) = (merge.left.numbers(numbers), merge.right.numbers(numbers));
            for row in 0..ROWS {
                numbers[at][row] = (answer[row] & left[row]) | (!answer[row] & right[row]);
            }
        }
        for (sum, number) in sums.iter_mut().zip(numbers[0]) {
            *sum += self.values[usize::from(number)];
        }
    }
}

impl Side {
    #[inline(always)]
    fn numbers<const ROWS: usize>(self, numbers: &Numbers<ROWS>) -> [u8; ROWS] {
        match self {
            Side::Leaf(number) => [number; ROWS],
            Side::Merge(at) => numbers[usize::from(at)],
        }
    }
}
