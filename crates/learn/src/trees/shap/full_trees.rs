//! Eight trees of about the same shape, filled up to full trees of one depth so that all of them have the same positions.
//!
//! The position of the root is 0, and those of the children of position p are 2p + 1 and 2p + 2, as in a heap. Where a tree
//! has a leaf, all positions below it lead to leaves of the same value.

use super::path_splits::{Child, PathSplit, inverse};
use super::quadrature::QuadraturePoints;
use crate::trees::bins::BinTest;
use crate::trees::simd::{Eight, LANES};

/// The number of trees.
pub(super) const TREES: usize = LANES;

/// Deeper trees have too many positions: the number of one is a byte.
const DEPTH_MAX: usize = 8;
pub(super) const POSITIONS_MAX: usize = 1 << DEPTH_MAX;

/// With more positions to a split, the trees are too far from full.
const POSITIONS_PER_SPLIT_MAX: usize = 3;

/// Up to eight trees, filled up.
#[derive(Debug)]
pub(super) struct FullTrees<const Q: usize> {
    /// For each position, the share of training rows that went left.
    pub(super) shares: Vec<Eight>,
    /// The values of the leaves below the last positions, from left to right.
    pub(super) leaves: Vec<[f32; TREES]>,
    /// The positions at which some trees split once more on a feature, ascending.
    pub(super) repeated: Vec<RepeatedFeatures<Q>>,
    /// The same by trees: the decisions that tell whether a row is off the path.
    pub(super) earlier: Vec<EarlierPosition>,
    /// The feature of each split, tree by tree, in the order in which [`super::block_of_rows`] leaves the splits.
    pub(super) attributions: Vec<Attribution>,
}

/// A position at which some trees split once more on a feature.
#[derive(Debug)]
pub(super) struct RepeatedFeatures<const Q: usize> {
    pub(super) position: usize,
    /// A bit for each of these trees.
    pub(super) trees: u8,
    /// The share that the feature has let through above.
    pub(super) above: Eight,
    /// One over what it has let through.
    pub(super) inverses: [Eight; Q],
}

/// A split of a tree whose feature has a split further up.
#[derive(Clone, Copy, Debug)]
pub(super) struct EarlierPosition {
    pub(super) position: u8,
    /// The position of the last split above on the same feature.
    pub(super) above: u8,
    /// The bit of the tree.
    pub(super) tree: u8,
    /// All bits, if the path goes left there.
    pub(super) left: u8,
}

/// Which feature a split of a tree contributes to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribution {
    pub(super) feature: u32,
    pub(super) position: u8,
    pub(super) tree: u8,
}

/// Returns the number of positions of some trees; `None` if they are too deep, or too far from full.
pub(super) fn positions(trees: &[&[PathSplit]]) -> Option<usize> {
    let depth = trees.iter().flat_map(|splits| splits.iter()).map(|split| usize::from(split.depth) + 1).max()?;
    let splits: usize = trees.iter().map(|splits| splits.len()).sum();
    let positions = (1 << depth.min(DEPTH_MAX)) - 1;
    (depth <= DEPTH_MAX && positions * TREES <= POSITIONS_PER_SPLIT_MAX * splits).then_some(positions)
}

/// Returns the tests of some trees, each with the number of its decision: eight times its position, and its tree.
pub(super) fn tests<'a>(trees: &[&'a [PathSplit]]) -> Vec<(usize, &'a BinTest)> {
    let mut tests = Vec::new();
    for (tree, splits) in trees.iter().enumerate() {
        // The positions of the splits that are still to come.
        let mut open = vec![0];
        for split in *splits {
            let Some(position) = open.pop() else { break };
            tests.push((position * TREES + tree, &split.test));
            for (child, below) in split.children.iter().zip([2 * position + 1, 2 * position + 2]).rev() {
                if matches!(child, Child::Split) {
                    open.push(below);
                }
            }
        }
    }
    tests
}

impl<const Q: usize> FullTrees<Q> {
    /// Returns trees filled up to so many positions.
    pub(super) fn new(trees: &[&[PathSplit]], positions: usize, points: &QuadraturePoints<Q>) -> FullTrees<Q> {
        let mut full = FullTrees {
            shares: vec![Eight([0.5; TREES]); positions],
            leaves: vec![[0.0; TREES]; positions + 1],
            repeated: Vec::new(),
            earlier: Vec::new(),
            attributions: Vec::new(),
        };
        let levels = (positions + 1).ilog2() as usize;
        let mut repeated: Vec<(usize, usize, f64)> = Vec::new();
        for (tree, splits) in trees.iter().enumerate().filter(|(_, splits)| !splits.is_empty()) {
            let mut builder = FullTreeBuilder { full: &mut full, splits, tree, next: 0, path: Vec::new(), levels };
            builder.add_split(0, &mut repeated);
        }
        repeated.sort_by_key(|(position, tree, _)| (*position, *tree));
        for (position, tree, above) in repeated {
            if full.repeated.last().is_none_or(|last| last.position != position) {
                full.repeated.push(RepeatedFeatures {
                    position,
                    trees: 0,
                    above: Eight([1.0; TREES]),
                    inverses: [Eight([1.0; TREES]); Q],
                });
            }
            let Some(last) = full.repeated.last_mut() else { continue };
            last.trees |= 1 << tree;
            last.above.0[tree] = above;
            for at in 0..Q {
                last.inverses[at].0[tree] = inverse(above, points.known[at], points.unknown[at]);
            }
        }
        full
    }

    /// Returns the number of positions, which is the number of bytes of a row's decisions: a bit for each tree.
    pub(super) fn positions(&self) -> usize {
        self.shares.len()
    }
}

/// Fills up one tree.
struct FullTreeBuilder<'a, const Q: usize> {
    full: &'a mut FullTrees<Q>,
    splits: &'a [PathSplit],
    tree: usize,
    next: usize,
    /// The positions of the splits above.
    path: Vec<usize>,
    levels: usize,
}

impl<const Q: usize> FullTreeBuilder<'_, Q> {
    /// Puts the next split of the tree, and what is below it, at a position.
    fn add_split(&mut self, position: usize, repeated: &mut Vec<(usize, usize, f64)>) {
        let split = &self.splits[self.next];
        self.next += 1;
        self.full.shares[position].0[self.tree] = split.share_left;
        if let Some(earlier) = split.earlier {
            let above = self.path[usize::from(earlier.depth)] as u8;
            let left = if earlier.left { u8::MAX } else { 0 };
            self.full.earlier.push(EarlierPosition { position: position as u8, above, tree: 1 << self.tree, left });
            repeated.push((position, self.tree, earlier.share));
        }
        self.path.push(position);
        for (child, below) in split.children.iter().zip([2 * position + 1, 2 * position + 2]) {
            match child {
                Child::Leaf(value) => self.add_leaf(*value, below),
                Child::Split => self.add_split(below, repeated),
            }
        }
        self.path.pop();
        let (position, tree) = (position as u8, self.tree as u8);
        self.full.attributions.push(Attribution { feature: split.feature, position, tree });
    }

    /// Gives all leaves below a position the same value.
    fn add_leaf(&mut self, value: f32, position: usize) {
        let levels_below = self.levels - (position + 1).ilog2() as usize;
        let first = ((position + 1) << levels_below) - 1 - self.full.shares.len();
        for leaf in &mut self.full.leaves[first..first + (1 << levels_below)] {
            leaf[self.tree] = value;
        }
    }
}
