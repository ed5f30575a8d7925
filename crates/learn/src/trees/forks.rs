//! A tree as its contributions see it: its forks, each with what its feature has let through before.
//!
//! For a row and a quadrature point t (see [`super::quadrature`]), the weight of a leaf is the product over the features
//! on its way of what each lets through when it has joined with probability t: `share (1 - t) + met t`, where the share
//! is that of the training rows, and `met` is 1 if the row goes there and else 0. Weights are made on the way down: of
//! what comes to a fork, `factor` goes left and the rest right. Means are made on the way up: where the sides are
//! D apart, a fork's mean is that of its right side and `factor D`. Its feature has then contributed the weight, times D,
//! times `gain`. Factor and gain depend on the row only by its turn: left, right, or stopped, if the same feature has
//! sent it elsewhere further up. Then the feature is as good as unknown: the row goes both ways by their shares, and
//! nothing is gained.
//!
//! It is the algebra of Linear TreeSHAP (Yu 2022), a fork at a time instead of an edge.

use std::collections::BTreeSet;

use super::codes::{Ask, Codes};
use super::quadrature::Points;
use super::tree::{Node, Split, Tree};

/// A split of a tree.
#[derive(Debug)]
pub(super) struct Fork {
    pub(super) feature: u32,
    pub(super) ask: Ask,
    /// How many splits are above.
    pub(super) depth: u8,
    /// Whether it is on the right side of the split above.
    pub(super) on_the_right: bool,
    /// The share of training rows that went left.
    pub(super) share: f64,
    /// What the same feature did further up, if it did.
    pub(super) earlier: Option<Earlier>,
    /// What is on the left and on the right.
    pub(super) sides: [Side; 2],
}

/// What a feature did on the way to a fork that asks of it again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Earlier {
    /// How many splits are above the last fork of the feature.
    pub(super) depth: u8,
    /// Whether the way goes left there.
    pub(super) left: bool,
    /// The share of training rows that the feature has let through.
    pub(super) share: f64,
}

/// What is on one side of a fork.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    /// A leaf and what it is worth.
    Leaf(f32),
    /// A fork, which comes later in the list.
    Fork,
}

/// What a fork does to rows at each point: three numbers, for those that turn right, turn left, and were stopped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turns<const Q: usize> {
    /// The factors; between two leaves the means that they lead to.
    pub(super) factors: [[f64; 3]; Q],
    /// The gains; between two leaves times how far these are apart.
    pub(super) gains: [[f64; 3]; Q],
}

/// Returns the forks of a tree, each before those below it and the left ones first, and the most features on a way.
pub(super) fn forks(tree: &Tree, codes: &Codes) -> (Vec<Fork>, usize) {
    let mut way = Way { tree, codes, forks: Vec::new(), features_max: 0, above: Vec::new() };
    way.add(0);
    (way.forks, way.features_max)
}

impl Fork {
    /// Returns what the fork does to rows.
    pub(super) fn turns<const Q: usize>(&self, points: &Points<Q>) -> Turns<Q> {
        let mut turns = Turns { factors: [[self.share; 3]; Q], gains: [[0.0; 3]; Q] };
        for at in 0..Q {
            let (t, rest) = (points.joined[at], points.rest[at]);
            for (side, goes_left) in [0.0, 1.0].into_iter().enumerate() {
                let (factor, gain) = match self.earlier {
                    None => turn(self.share, goes_left, t),
                    Some(earlier) => {
                        let inverse = inverse(earlier.share, t, rest);
                        turn_again([earlier.share, self.share], inverse, goes_left, t, rest)
                    }
                };
                (turns.factors[at][side], turns.gains[at][side]) = (factor, gain);
            }
            if let [Side::Leaf(left), Side::Leaf(right)] = self.sides {
                let (left, right) = (f64::from(left), f64::from(right));
                let apart = left - right;
                turns.factors[at] = turns.factors[at].map(|factor| right + factor * apart);
                turns.gains[at] = turns.gains[at].map(|gain| gain * apart);
            }
        }
        turns
    }
}

/// Returns factor and gain at a point t, for a feature that was not asked of before. `goes_left` is 1 or 0.
fn turn(share: f64, goes_left: f64, t: f64) -> (f64, f64) {
    let gain = goes_left - share;
    (share + gain * t, gain)
}

/// Returns the same for a feature that was: what it has let through above is taken out of the weight, since what it lets
/// through above and here together takes that place. `shares` are of above and of here.
fn turn_again(shares: [f64; 2], inverse: f64, goes_left: f64, t: f64, rest: f64) -> (f64, f64) {
    let [above, here] = shares;
    let both = above * here;
    let factor = (both * rest + goes_left * t) * inverse;
    (factor, ((goes_left - both) - (1.0 - above) * factor) * inverse)
}

/// Returns one over what a feature has let through of a row that it did not stop.
pub(super) fn inverse(above: f64, t: f64, rest: f64) -> f64 {
    1.0 / (above * rest + t)
}

/// The way from the root to the node in hand.
struct Way<'a> {
    tree: &'a Tree,
    codes: &'a Codes,
    forks: Vec<Fork>,
    features_max: usize,
    above: Vec<Step<'a>>,
}

struct Step<'a> {
    split: &'a Split,
    left: bool,
    /// The share of training rows that the split's feature has let through, this split included.
    passed: f64,
}

impl<'a> Way<'a> {
    fn add(&mut self, node: usize) {
        let tree = self.tree;
        let Node::Split(split) = &tree.nodes[node] else {
            let features: BTreeSet<usize> = self.above.iter().map(|step| step.split.feature).collect();
            self.features_max = self.features_max.max(features.len());
            return;
        };
        let earlier = self.above.iter().rposition(|step| step.split.feature == split.feature).map(|depth| {
            let Step { left, passed, .. } = self.above[depth];
            Earlier { depth: depth as u8, left, share: passed }
        });
        let side = |node: usize| match tree.nodes[node] {
            Node::Leaf(value) => Side::Leaf(value),
            Node::Split(_) => Side::Fork,
        };
        let children = [node + 1, split.right];
        self.forks.push(Fork {
            feature: split.feature as u32,
            ask: self.codes.ask(split),
            depth: self.above.len() as u8,
            on_the_right: self.above.last().is_some_and(|step| !step.left),
            share: split.share_left,
            earlier,
            sides: children.map(side),
        });
        for (child, left) in children.into_iter().zip([true, false]) {
            let share = if left { split.share_left } else { 1.0 - split.share_left };
            let passed = earlier.map_or(1.0, |earlier| earlier.share) * share;
            self.above.push(Step { split, left, passed });
            self.add(child);
            self.above.pop();
        }
    }
}
