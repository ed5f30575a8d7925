//! A model's trees in groups of eight, ready to be explained: for many rows each tree by itself, for one row all eight at a
//! time.

use super::block_of_rows::{self, Step};
use super::decisions::Decisions;
use super::full_trees::{self, FullTrees, TREES};
use super::one_row::Scratch;
use super::path_splits::{PathSplit, SplitFactors, path_splits};
use super::quadrature::QuadraturePoints;
use crate::trees::bins::{BinTest, Bins};
use crate::trees::simd::{Eight, LANES, Lanes};
use crate::trees::tree::Tree;

/// A model's trees in groups of eight.
#[derive(Debug)]
pub(super) struct TreeGroups {
    groups: Vec<AnyGroup>,
    /// Where one row goes at the splits of the groups that are vectorized over trees.
    decisions: Decisions,
}

/// A group, by the number of its quadrature points: a number that the compiler knows, and at least half the number of
/// features on the longest path.
#[derive(Debug)]
enum AnyGroup {
    Two(TreeGroup<2>),
    Three(TreeGroup<3>),
    Four(TreeGroup<4>),
    Eight(TreeGroup<8>),
    Sixteen(TreeGroup<16>),
}

#[derive(Debug)]
struct TreeGroup<const Q: usize> {
    points: QuadraturePoints<Q>,
    depth: usize,
    trees: Vec<PathTree>,
    /// `None` if the trees are too deep or too uneven.
    full: Option<FullGroup<Q>>,
}

/// A tree to be traversed.
#[derive(Debug)]
struct PathTree {
    splits: Vec<PathSplit>,
    steps: Vec<Step>,
}

#[derive(Debug)]
struct FullGroup<const Q: usize> {
    trees: FullTrees<Q>,
    /// The first byte of its decisions.
    first_byte: usize,
}

impl TreeGroups {
    pub(super) fn new(trees: &[Tree], bins: &Bins) -> TreeGroups {
        let (mut groups, mut bytes) = (Vec::new(), 0);
        for trees in trees.chunks(TREES) {
            let (splits, features): (Vec<Vec<PathSplit>>, Vec<usize>) =
                trees.iter().map(|tree| path_splits(tree, bins)).unzip();
            let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or(0);
            groups.push(match features.into_iter().max().unwrap_or(0).div_ceil(2) {
                0..=2 => AnyGroup::Two(TreeGroup::new(splits, depth, &mut bytes)),
                3 => AnyGroup::Three(TreeGroup::new(splits, depth, &mut bytes)),
                4 => AnyGroup::Four(TreeGroup::new(splits, depth, &mut bytes)),
                5..=8 => AnyGroup::Eight(TreeGroup::new(splits, depth, &mut bytes)),
                _ => AnyGroup::Sixteen(TreeGroup::new(splits, depth, &mut bytes)),
            });
        }
        let decisions = Decisions::new(groups.iter().flat_map(AnyGroup::tests), bytes, bins.columns());
        TreeGroups { groups, decisions }
    }

    /// Adds the contributions to the rows of some blocks of bins: for each block a list of eights a feature.
    #[inline(always)]
    pub(super) fn add<L: Lanes, const ROWS: usize>(&self, blocks: &[Vec<[u8; ROWS]>], sums: &mut [Vec<Eight>]) {
        for group in &self.groups {
            match group {
                AnyGroup::Two(group) => group.add::<L, ROWS>(blocks, sums),
                AnyGroup::Three(group) => group.add::<L, ROWS>(blocks, sums),
                AnyGroup::Four(group) => group.add::<L, ROWS>(blocks, sums),
                AnyGroup::Eight(group) => group.add::<L, ROWS>(blocks, sums),
                AnyGroup::Sixteen(group) => group.add::<L, ROWS>(blocks, sums),
            }
        }
    }

    /// Adds the contributions to those of one row.
    #[inline(always)]
    pub(super) fn add_to_row<L: Lanes>(&self, bins: &[[u8; 1]], sums: &mut [f64]) {
        let decisions = self.decisions.of(bins);
        let (mut two, mut three, mut four) = (None, None, None);
        for group in &self.groups {
            match group {
                AnyGroup::Two(group) => group.add_to_row::<L>(&decisions, bins, &mut two, sums),
                AnyGroup::Three(group) => group.add_to_row::<L>(&decisions, bins, &mut three, sums),
                AnyGroup::Four(group) => group.add_to_row::<L>(&decisions, bins, &mut four, sums),
                AnyGroup::Eight(group) => group.add_tree_by_tree::<L>(bins, sums),
                AnyGroup::Sixteen(group) => group.add_tree_by_tree::<L>(bins, sums),
            }
        }
    }
}

impl AnyGroup {
    /// Returns the tests whose decisions are needed for trees side by side, with their numbers.
    fn tests(&self) -> Vec<(usize, &BinTest)> {
        match self {
            AnyGroup::Two(group) => group.tests(),
            AnyGroup::Three(group) => group.tests(),
            AnyGroup::Four(group) => group.tests(),
            AnyGroup::Eight(_) | AnyGroup::Sixteen(_) => Vec::new(),
        }
    }
}

impl<const Q: usize> TreeGroup<Q> {
    fn new(trees: Vec<Vec<PathSplit>>, depth: usize, bytes: &mut usize) -> TreeGroup<Q> {
        let points = QuadraturePoints::new();
        let all: Vec<&[PathSplit]> = trees.iter().map(Vec::as_slice).collect();
        // More points are for paths of more features than the depth of full trees allows.
        let positions = full_trees::positions(&all).filter(|_| Q <= 4);
        let full = positions.map(|positions| {
            let (trees, first_byte) = (FullTrees::new(&all, positions, &points), *bytes);
            *bytes += positions;
            FullGroup { trees, first_byte }
        });
        let trees = trees.into_iter().map(|splits| PathTree { steps: block_of_rows::steps(&splits), splits });
        TreeGroup { points, depth, trees: trees.collect(), full }
    }

    fn tests(&self) -> Vec<(usize, &BinTest)> {
        let Some(FullGroup { first_byte, .. }) = &self.full else { return Vec::new() };
        let all: Vec<&[PathSplit]> = self.trees.iter().map(|tree| tree.splits.as_slice()).collect();
        let mut tests = full_trees::tests(&all);
        tests.iter_mut().for_each(|(number, _)| *number += first_byte * TREES);
        tests
    }

    #[inline(always)]
    fn add<L: Lanes, const ROWS: usize>(&self, blocks: &[Vec<[u8; ROWS]>], sums: &mut [Vec<Eight>]) {
        let mut frames = block_of_rows::frames(self.depth, &self.points);
        for PathTree { splits, steps } in &self.trees {
            let factors: Vec<SplitFactors<Q>> = splits.iter().map(|split| split.factors(&self.points)).collect();
            for (bins, sums) in blocks.iter().zip(sums.iter_mut()) {
                block_of_rows::add::<L, Q, ROWS>((splits, steps), &factors, bins, &mut frames, sums);
            }
        }
    }

    #[inline(always)]
    fn add_to_row<L: Lanes>(
        &self,
        decisions: &[u8],
        bins: &[[u8; 1]],
        scratch: &mut Option<Scratch<Q>>,
        sums: &mut [f64],
    ) {
        match &self.full {
            Some(FullGroup { trees, first_byte }) => {
                let scratch = scratch.get_or_insert_with(|| Scratch::new(&self.points));
                let decisions = &decisions[*first_byte..first_byte + trees.positions()];
                trees.add::<L>(decisions, &self.points, scratch, sums);
            }
            None => self.add_tree_by_tree::<L>(bins, sums),
        }
    }

    #[inline(always)]
    fn add_tree_by_tree<L: Lanes>(&self, bins: &[[u8; 1]], sums: &mut [f64]) {
        let bins: Vec<[u8; LANES]> = bins.iter().map(|[bin]| [*bin; LANES]).collect();
        // The trees have to be added to the sums so far in the same order as for a block.
        let mut eights: Vec<Eight> = sums.iter().map(|sum| Eight([*sum; LANES])).collect();
        let mut frames = block_of_rows::frames(self.depth, &self.points);
        for PathTree { splits, steps } in &self.trees {
            let factors: Vec<SplitFactors<Q>> = splits.iter().map(|split| split.factors(&self.points)).collect();
            block_of_rows::add::<L, Q, LANES>((splits, steps), &factors, &bins, &mut frames, &mut eights);
        }
        for (sum, eight) in sums.iter_mut().zip(eights) {
            *sum = eight.0[0];
        }
    }
}
