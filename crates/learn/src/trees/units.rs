//! How a tree is cut into parts whose contributions fit tables.
//!
//! The contributions of a leaf depend on which of the conditions on its way a row meets, so they can be looked up by
//! that pattern (Fast TreeSHAP v2, Yang 2021; WOODELF, arXiv 2511.09376). Leaves of one small subtree share most of
//! their ways: a unit is such a subtree, and its pattern is a bit for each feature above it and for each split in it.
//! One table then serves all of its leaves: for a full tree of depth 6, with four leaves a unit, 112 numbers are added
//! for a row where a table for each leaf takes 384, and the tables are little more than half as large.

use super::tree::{Node, Split, Tree};

/// The most bits of a pattern, which is a byte.
const BITS_MAX: usize = 8;

/// What it costs to look at a unit at all, in additions.
const COST_OF_UNIT: f64 = 3.0;
/// So many numbers of a table cost as much as an addition: large tables crowd each other out of the caches.
const NUMBERS_PER_ADDITION: f64 = 1024.0;

/// A subtree, and how a row's pattern in it is found.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) bits: usize,
    pub(super) terms: Vec<Term>,
    /// The features that a row's pattern has something to say of.
    pub(super) features: Vec<usize>,
    pub(super) leaves: Vec<Leaf>,
}

/// A condition that a bit is set under: the answer at a split. All conditions on one bit must be met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Term {
    /// The node of the split.
    pub(super) node: usize,
    pub(super) left: bool,
    pub(super) bit: usize,
}

/// A leaf of a unit.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) value: f64,
    pub(super) parts: Vec<Part>,
}

/// What a feature has to do with a leaf.
#[derive(Debug)]
pub(super) struct Part {
    /// Its place in the unit's list of features.
    pub(super) feature: usize,
    /// The share of training rows that the feature's splits let through.
    pub(super) share: f64,
    /// A row's value leads to the leaf if, of its pattern, these bits ...
    pub(super) mask: u8,
    /// ... are these.
    pub(super) wanted: u8,
}

/// Returns the units of a tree that cost least, or nothing if they cannot cover it.
pub(super) fn cut(tree: &Tree) -> Option<Vec<Unit>> {
    if tree.depth == 0 {
        return Some(Vec::new());
    }
    let mut cutter = Cutter { tree, ends: ends(tree), way: Vec::new() };
    let (_, roots) = cutter.cheapest(0)?;
    let mut units = Vec::new();
    cutter.collect(0, &roots, &mut units);
    Some(units)
}

struct Cutter<'a> {
    tree: &'a Tree,
    /// For each node, the first that is not below it.
    ends: Vec<usize>,
    /// The splits above the node in hand, and whether it is on their left.
    way: Vec<(usize, bool)>,
}

impl Cutter<'_> {
    /// Returns the least cost of the subtree at a node, and the roots of its units from left to right.
    fn cheapest(&mut self, node: usize) -> Option<(f64, Vec<usize>)> {
        let (tree, whole) = (self.tree, self.cost(node).map(|cost| (cost, vec![node])));
        let Node::Split(split) = &tree.nodes[node] else { return whole };
        if self.above().len() > BITS_MAX {
            return None;
        }
        let halves = self.below(node, split, |cutter, child| cutter.cheapest(child));
        let halves = match halves {
            [Some((left, mut roots)), Some((right, others))] => {
                roots.extend(others);
                Some((left + right, roots))
            }
            _ => None,
        };
        match (whole, halves) {
            (Some(whole), Some(halves)) => Some(if whole.0 <= halves.0 { whole } else { halves }),
            (whole, halves) => whole.or(halves),
        }
    }

    /// Returns the cost of the subtree at a node as one unit, if it can be one.
    fn cost(&self, node: usize) -> Option<f64> {
        let above = self.above();
        let bits = above.len() + self.splits(node).count();
        if bits > BITS_MAX {
            return None;
        }
        let width = self.features(node, &above).len() as f64;
        let numbers = f64::from(1_u32 << bits) * width;
        Some(width + COST_OF_UNIT + numbers / NUMBERS_PER_ADDITION)
    }

    fn collect(&mut self, node: usize, roots: &[usize], units: &mut Vec<Unit>) {
        let tree = self.tree;
        match &tree.nodes[node] {
            _ if roots.binary_search(&node).is_ok() => units.push(self.unit(node)),
            Node::Split(split) => {
                self.below(node, split, |cutter, child| cutter.collect(child, roots, units));
            }
            Node::Leaf(_) => unreachable!("units cover every leaf"),
        }
    }

    fn unit(&mut self, root: usize) -> Unit {
        let above = self.above();
        let features = self.features(root, &above);
        let mut terms: Vec<Term> = Vec::new();
        for (node, left) in &self.way {
            let bit = above.iter().position(|feature| *feature == self.feature(*node));
            terms.extend(bit.map(|bit| Term { node: *node, left: *left, bit }));
        }
        let inside = self.splits(root).enumerate();
        terms.extend(inside.map(|(at, (node, _))| Term { node, left: true, bit: above.len() + at }));
        let mut leaves = Vec::new();
        self.leaves(root, &terms, self.way.len(), &features, &mut leaves);
        let bits = above.len() + self.splits(root).count();
        Unit { bits, terms, features, leaves }
    }

    /// Collects the leaves below a node of a unit whose root has so many splits above it.
    fn leaves(&mut self, node: usize, terms: &[Term], above: usize, features: &[usize], leaves: &mut Vec<Leaf>) {
        let tree = self.tree;
        let value = match &tree.nodes[node] {
            Node::Leaf(value) => f64::from(*value),
            Node::Split(split) => {
                self.below(node, split, |cutter, child| cutter.leaves(child, terms, above, features, leaves));
                return;
            }
        };
        let mut parts: Vec<Part> = Vec::new();
        for (at, (node, left)) in self.way.iter().enumerate() {
            let split = self.split(*node);
            let share = if *left { split.share_left } else { 1.0 - split.share_left };
            let bit = terms.iter().find(|term| term.node == *node).map_or(0, |term| 1 << term.bit);
            // A bit of a feature above is set if all is met; one of a split inside, if the row goes left.
            let wanted = if at < above || *left { bit } else { 0 };
            let feature = features.iter().position(|feature| *feature == split.feature).unwrap_or_default();
            match parts.iter_mut().find(|part| part.feature == feature) {
                Some(part) => {
                    part.share *= share;
                    part.mask |= bit;
                    part.wanted |= wanted;
                }
                None => parts.push(Part { feature, share, mask: bit, wanted }),
            }
        }
        leaves.push(Leaf { value, parts });
    }

    /// Returns the features of the splits above the node in hand, each once.
    fn above(&self) -> Vec<usize> {
        let mut features = Vec::new();
        for (node, _) in &self.way {
            let feature = self.feature(*node);
            if !features.contains(&feature) {
                features.push(feature);
            }
        }
        features
    }

    /// Returns the features above and inside of a unit, in ascending order.
    fn features(&self, root: usize, above: &[usize]) -> Vec<usize> {
        let mut features = above.to_vec();
        features.extend(self.splits(root).map(|(_, split)| split.feature));
        features.sort_unstable();
        features.dedup();
        features
    }

    /// Returns the splits from a node down.
    fn splits(&self, root: usize) -> impl Iterator<Item = (usize, &Split)> {
        (root..self.ends[root]).filter_map(|node| match &self.tree.nodes[node] {
            Node::Leaf(_) => None,
            Node::Split(split) => Some((node, split)),
        })
    }

    fn split(&self, node: usize) -> &Split {
        match &self.tree.nodes[node] {
            Node::Split(split) => split,
            Node::Leaf(_) => unreachable!("only splits are above a node"),
        }
    }

    fn feature(&self, node: usize) -> usize {
        self.split(node).feature
    }

    /// Runs a function for both children of a node, with the node on their way.
    fn below<T>(&mut self, node: usize, split: &Split, mut run: impl FnMut(&mut Self, usize) -> T) -> [T; 2] {
        [(node + 1, true), (split.right, false)].map(|(child, left)| {
            self.way.push((node, left));
            let answer = run(self, child);
            self.way.pop();
            answer
        })
    }
}

/// Returns, for each node, the first that is not below it.
fn ends(tree: &Tree) -> Vec<usize> {
    let mut ends = vec![0; tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate().rev() {
        ends[at] = match node {
            Node::Leaf(_) => at + 1,
            Node::Split(split) => ends[split.right],
        };
    }
    ends
}
