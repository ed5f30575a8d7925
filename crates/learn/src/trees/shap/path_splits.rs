//! A tree as TreeSHAP sees it: its splits, each with what its feature has let through on the path above.
//!
//! For a row and a quadrature point t (see [`super::quadrature`]), the weight of a leaf is the product over the features
//! on its path of what each lets through when it is known with probability t: `share (1 - t) + o t`, where `share` is the
//! share of the training rows that take the path (the zero fraction of the paper), and `o` is 1 if the row takes it and
//! else 0 (the one fraction).
//!
//! Weights are computed on the way down: of the weight of a split, `factor` goes left and the rest right. Means are
//! computed on the way up: where the means of the children differ by D, the mean of the split is that of its right child
//! plus `factor D`, and its feature contributes the weight, times D, times `gain`. Factor and gain depend on the row only
//! by where the split sends it: right, left, or neither, if the same feature has sent the row off this path further up.
//! Then the feature counts as unknown: the row goes both ways by their shares, and the gain is 0.
//!
//! It is the algebra of Linear TreeSHAP (Yu 2022), a split at a time instead of an edge.

use std::collections::BTreeSet;

use super::quadrature::QuadraturePoints;
use crate::trees::bins::{BinTest, Bins};
use crate::trees::tree::{Node, Split, Tree};

/// A split of a tree.
#[derive(Debug)]
pub(super) struct PathSplit {
    pub(super) feature: u32,
    pub(super) test: BinTest,
    /// The number of splits above.
    pub(super) depth: u8,
    /// Whether it is the right child of the split above.
    pub(super) is_right_child: bool,
    /// The share of training rows that went left.
    pub(super) share_left: f64,
    /// The last split above on the same feature, if there is one.
    pub(super) earlier: Option<EarlierSplit>,
    /// The left and the right child.
    pub(super) children: [Child; 2],
}

/// The last split above on the same feature.
#[derive(Clone, Copy, Debug)]
pub(super) struct EarlierSplit {
    /// The number of splits above it.
    pub(super) depth: u8,
    /// Whether the path goes left there.
    pub(super) left: bool,
    /// The share of training rows that the feature has let through, at this split and those above.
    pub(super) share: f64,
}

/// A child of a split.
#[derive(Clone, Copy, Debug)]
pub(super) enum Child {
    /// A leaf and its value.
    Leaf(f32),
    /// A split, which comes later in the list.
    Split,
}

/// Factors and gains of a split at each point: three numbers, for rows that it sends right, for rows that it sends left,
/// and for rows that are off the path.
#[derive(Clone, Copy, Debug)]
pub(super) struct SplitFactors<const Q: usize> {
    /// The factors; between two leaves the means that they lead to.
    pub(super) factors: [[f64; 3]; Q],
    /// The gains; between two leaves times their difference.
    pub(super) gains: [[f64; 3]; Q],
}

/// Returns the splits of a tree, each before those below it and the left ones first, and the most features on a path.
pub(super) fn path_splits(tree: &Tree, bins: &Bins) -> (Vec<PathSplit>, usize) {
    let mut builder = PathBuilder { tree, bins, splits: Vec::new(), features_max: 0, path: Vec::new() };
    builder.add(0);
    (builder.splits, builder.features_max)
}

impl PathSplit {
    /// Returns the factors and gains.
    pub(super) fn factors<const Q: usize>(&self, points: &QuadraturePoints<Q>) -> SplitFactors<Q> {
        let mut split = SplitFactors { factors: [[self.share_left; 3]; Q], gains: [[0.0; 3]; Q] };
        for at in 0..Q {
            let (t, rest) = (points.known[at], points.unknown[at]);
            for (side, goes_left) in [0.0, 1.0].into_iter().enumerate() {
                let (factor, gain) = match self.earlier {
                    None => factor_and_gain(self.share_left, goes_left, t),
                    Some(earlier) => {
                        let inverse = inverse(earlier.share, t, rest);
                        repeated_factor_and_gain([earlier.share, self.share_left], inverse, goes_left, t, rest)
                    }
                };
                (split.factors[at][side], split.gains[at][side]) = (factor, gain);
            }
            if let [Child::Leaf(left), Child::Leaf(right)] = self.children {
                let (left, right) = (f64::from(left), f64::from(right));
                let difference = left - right;
                split.factors[at] = split.factors[at].map(|factor| right + factor * difference);
                split.gains[at] = split.gains[at].map(|gain| gain * difference);
            }
        }
        split
    }
}

/// Returns factor and gain at a point t, for a feature without a split further up. `goes_left` is 1 or 0.
fn factor_and_gain(share: f64, goes_left: f64, t: f64) -> (f64, f64) {
    let gain = goes_left - share;
    (share + gain * t, gain)
}

/// Returns the same for a feature with a split further up: what it has let through there is taken out of the weight, and
/// what it lets through there and here together takes its place. `shares` are of above and of here.
fn repeated_factor_and_gain(shares: [f64; 2], inverse: f64, goes_left: f64, t: f64, rest: f64) -> (f64, f64) {
    let [above, here] = shares;
    let both = above * here;
    let factor = (both * rest + goes_left * t) * inverse;
    (factor, ((goes_left - both) - (1.0 - above) * factor) * inverse)
}

/// Returns one over what a feature has let through of a row that is on the path.
pub(super) fn inverse(above: f64, t: f64, rest: f64) -> f64 {
    1.0 / (above * rest + t)
}

/// Collects the splits of a tree, with the path from the root to the current node.
struct PathBuilder<'a> {
    tree: &'a Tree,
    bins: &'a Bins,
    splits: Vec<PathSplit>,
    features_max: usize,
    path: Vec<PathStep<'a>>,
}

struct PathStep<'a> {
    split: &'a Split,
    left: bool,
    /// The share of training rows that the split's feature has let through, this split included.
    passed: f64,
}

impl<'a> PathBuilder<'a> {
    fn add(&mut self, node: usize) {
        let tree = self.tree;
        let Node::Split(split) = &tree.nodes[node] else {
            let features: BTreeSet<usize> = self.path.iter().map(|step| step.split.feature).collect();
            self.features_max = self.features_max.max(features.len());
            return;
        };
        let earlier = self.path.iter().rposition(|step| step.split.feature == split.feature).map(|depth| {
            let PathStep { left, passed, .. } = self.path[depth];
            EarlierSplit { depth: depth as u8, left, share: passed }
        });
        let child = |node: usize| match tree.nodes[node] {
            Node::Leaf(value) => Child::Leaf(value),
            Node::Split(_) => Child::Split,
        };
        let children = [node + 1, split.right];
        self.splits.push(PathSplit {
            feature: split.feature as u32,
            test: self.bins.test(split),
            depth: self.path.len() as u8,
            is_right_child: self.path.last().is_some_and(|step| !step.left),
            share_left: split.share_left,
            earlier,
            children: children.map(child),
        });
        for (child, left) in children.into_iter().zip([true, false]) {
            let share = if left { split.share_left } else { 1.0 - split.share_left };
            let passed = earlier.map_or(1.0, |earlier| earlier.share) * share;
            self.path.push(PathStep { split, left, passed });
            self.add(child);
            self.path.pop();
        }
    }
}
