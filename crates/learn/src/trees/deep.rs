//! Contributions without tables, for deep trees.
//!
//! A tree is gone through once for a block of rows. On the way down each node keeps, for each row and quadrature point
//! t, the product over the features so far of what they let through when each has joined with probability t; on the
//! way up, the sum over the leaves below gives what the feature of the edge contributed. That is the exact integral of
//! [`super::quadrature`], at a cost that grows with nodes times depth and not with two to the depth (Linear TreeSHAP,
//! Yu 2022).

use std::collections::BTreeSet;

use super::codes::{Ask, Codes};
use super::quadrature::Rule;
use super::tree::{Node, Tree};

/// A tree as a list of steps, with what is the same for all rows.
#[derive(Debug)]
pub(super) struct Deep {
    steps: Vec<Step>,
    asks: Vec<Ask>,
    depth: usize,
    rule: Rule,
}

/// A step on the way through a tree. A loop over a list, unlike a function that calls itself, is compiled whole for the
/// processor's vector instructions.
#[derive(Debug)]
enum Step {
    /// Answers a question, whose number it has.
    Ask {
        ask: u32,
        depth: u8,
    },
    Enter(Edge),
    Leaf {
        value: f32,
        depth: u8,
    },
    Leave(Edge),
}

/// The way from a split to one of its children.
#[derive(Clone, Copy, Debug)]
struct Edge {
    feature: u32,
    left: bool,
    /// How many splits are above the split.
    depth: u8,
    /// The frame of the last edge above that is of the same feature; 0 if there is none.
    before: u8,
    share: f64,
}

/// What is kept of an edge on the way in hand; the first, above the root, is one that lets everything through.
struct Frame<const ROWS: usize> {
    /// The share of training rows that the edge's feature has let through down to here.
    share: f64,
    /// 1 for a row that the feature has let through down to here, and 0 if it has not.
    met: [f64; ROWS],
    /// The answers at the split that the edge leads to.
    answer: [u8; ROWS],
    /// For each point, one over what the feature lets through of a row that meets it.
    inverse: Vec<f64>,
    /// For each point, the product over all features.
    products: Vec<[f64; ROWS]>,
    /// For each point, the sum over the leaves below.
    sums: Vec<[f64; ROWS]>,
}

impl Deep {
    /// Returns the steps through a tree.
    pub(super) fn new(tree: &Tree, codes: &Codes) -> Deep {
        let asks = tree.splits().map(|split| codes.ask(split)).collect();
        let mut deep = Deep { steps: Vec::new(), asks, depth: tree.depth, rule: Rule::for_features(0) };
        let features = deep.add_steps(tree, 0, &tree.places(), &mut Vec::new());
        deep.rule = Rule::for_features(features);
        deep
    }

    /// Adds the steps through the subtree at a node, below splits on some features, and returns the most features
    /// that are on a way to one of its leaves.
    fn add_steps(&mut self, tree: &Tree, node: usize, places: &[usize], way: &mut Vec<usize>) -> usize {
        let depth = way.len() as u8;
        let split = match &tree.nodes[node] {
            Node::Leaf(value) => {
                self.steps.push(Step::Leaf { value: *value, depth });
                return way.iter().collect::<BTreeSet<_>>().len();
            }
            Node::Split(split) => split,
        };
        self.steps.push(Step::Ask { ask: places[node] as u32, depth });
        let before = way.iter().rposition(|feature| *feature == split.feature).map_or(0, |above| above as u8 + 1);
        way.push(split.feature);
        let mut features_max = 0;
        for (child, left) in [(node + 1, true), (split.right, false)] {
            let share = if left { split.share_left } else { 1.0 - split.share_left };
            let edge = Edge { feature: split.feature as u32, left, depth, before, share };
            self.steps.push(Step::Enter(edge));
            features_max = features_max.max(self.add_steps(tree, child, places, way));
            self.steps.push(Step::Leave(edge));
        }
        way.pop();
        features_max
    }

    /// Adds the tree's contributions to those of the rows of a block, `width` numbers a row.
    #[inline(always)]
    pub(super) fn add<const ROWS: usize>(&self, codes: &[[u8; ROWS]], contributions: &mut [f64], width: usize) {
        let points = self.rule.points.len();
        let frame = || Frame {
            share: 1.0,
            met: [1.0; ROWS],
            answer: [0; ROWS],
            inverse: vec![1.0; points],
            products: vec![[1.0; ROWS]; points],
            sums: vec![[0.0; ROWS]; points],
        };
        let mut frames: Vec<Frame<ROWS>> = std::iter::repeat_with(frame).take(self.depth + 1).collect();
        for step in &self.steps {
            match step {
                Step::Ask { ask, depth } => {
                    let frame = &mut frames[usize::from(*depth)];
                    frame.answer = self.asks[*ask as usize].answer(codes);
                    frame.sums.fill([0.0; ROWS]);
                }
                Step::Enter(edge) => {
                    let (above, below) = frames.split_at_mut(usize::from(edge.depth) + 1);
                    below[0].enter(&above[usize::from(edge.before)], &above[usize::from(edge.depth)], edge, &self.rule);
                }
                Step::Leaf { value, depth } => frames[usize::from(*depth)].end(f64::from(*value), &self.rule),
                Step::Leave(edge) => {
                    let (above, below) = frames.split_at_mut(usize::from(edge.depth) + 1);
                    let parts = below[0].leave(&above[usize::from(edge.before)], &self.rule);
                    for (part, row) in parts.iter().zip(contributions.chunks_exact_mut(width)) {
                        row[edge.feature as usize] += part;
                    }
                    let sums = above[usize::from(edge.depth)].sums.as_flattened_mut();
                    for (sum, more) in sums.iter_mut().zip(below[0].sums.as_flattened()) {
                        *sum += more;
                    }
                }
            }
        }
    }
}

impl<const ROWS: usize> Frame<ROWS> {
    /// Makes this the frame of an edge below `last`, where the last edge of its feature is `before`.
    #[inline(always)]
    fn enter(&mut self, before: &Self, last: &Self, edge: &Edge, rule: &Rule) {
        self.share = before.share * edge.share;
        let goes = if edge.left { u8::MAX } else { 0 };
        for row in 0..ROWS {
            self.met[row] = if last.answer[row] == goes { before.met[row] } else { 0.0 };
        }
        for (at, t) in rule.points.iter().enumerate() {
            let unmet = self.share * (1.0 - t);
            let met = unmet + t;
            self.inverse[at] = 1.0 / met;
            // The feature's old factor is replaced by its new one; for a row that it stopped before, both are shares.
            let (met, stopped) = (met * before.inverse[at], unmet * before.inverse[at]);
            let (products, of_last) = (&mut self.products[at], &last.products[at]);
            for row in 0..ROWS {
                let was_met = if before.met[row] != 0.0 { stopped } else { edge.share };
                let factor = if self.met[row] != 0.0 { met } else { was_met };
                products[row] = of_last[row] * factor;
            }
        }
    }

    /// Makes the sums those of a leaf.
    #[inline(always)]
    fn end(&mut self, value: f64, rule: &Rule) {
        for ((sums, products), weight) in self.sums.iter_mut().zip(&self.products).zip(&rule.weights) {
            for row in 0..ROWS {
                sums[row] = products[row] * (weight * value);
            }
        }
    }

    /// Returns what the edge's feature contributed to the leaves below, less what was counted for it above.
    #[inline(always)]
    fn leave(&self, before: &Self, rule: &Rule) -> [f64; ROWS] {
        let mut parts = [0.0; ROWS];
        for (at, t) in rule.points.iter().enumerate() {
            // What a feature adds when it joins, over what it lets through when it has joined with probability t.
            let unmet = -1.0 / (1.0 - t);
            let met = (1.0 - self.share) * self.inverse[at];
            let met_before = (1.0 - before.share) * before.inverse[at];
            for (row, part) in parts.iter_mut().enumerate() {
                let now = if self.met[row] != 0.0 { met } else { unmet };
                let then = if before.met[row] != 0.0 { met_before } else { unmet };
                *part += self.sums[at][row] * (now - then);
            }
        }
        parts
    }
}
