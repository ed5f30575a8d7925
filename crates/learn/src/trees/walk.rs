//! One row from the root to a leaf of each tree: the fastest way for a few rows, and for trees of many leaves.
//!
//! There is no branch to guess wrong on the way: a row is laid out twice, with its missing values once as minus and once
//! as plus infinity, and a node reads from the side that sends them where it sends missing values. A leaf is a node
//! that leads to itself. A category is looked up in a word of bits that a node has for it, which is empty for a node that
//! asks for a number. Several trees are walked side by side, so that the processor need not wait for one.

use super::raw_tree::CATEGORIES_END;
use super::tree::{Node, Test, Tree};

/// Trees that are walked side by side.
const BESIDE: usize = 8;

/// Marks a place as that of a category.
const CATEGORICAL: u32 = 1 << 31;

/// Categories from here on do not fit the word of a node; as a code it is what no word lists.
const NARROW_END: u8 = 63;

/// The trees as flat nodes.
#[derive(Debug)]
pub(super) struct Walk {
    columns: usize,
    nodes: Vec<Step>,
    trees: Vec<Start>,
    /// For each node the categories that go right, if some node has such and none of them is too large.
    narrow: Vec<u64>,
    /// Bits of the categories that go right, and where each list begins and how many words it has.
    bits: Vec<u32>,
    lists: Vec<(usize, u32)>,
}

/// A node: a row goes to `left` if the value at `place` is below `bound`, and to the one after it if not.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// For a leaf what it is worth; for a category the number of its list.
    bound: f32,
    place: u32,
    left: u32,
}

/// A row as its walks read it: each column twice, with what is missing as minus and as plus infinity, and a place that is
/// always minus infinity.
#[derive(Debug)]
pub(super) struct Laid {
    values: Vec<f32>,
    /// The same as categories, where they are such that fit a word.
    categories: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Start {
    root: u32,
    depth: u32,
}

impl Walk {
    /// Returns trees on a number of columns as flat nodes.
    pub(super) fn new(trees: &[Tree], columns: usize) -> Walk {
        let (nodes, narrow, bits, lists) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut walk = Walk { columns, nodes, trees: Vec::new(), narrow, bits, lists };
        for tree in trees {
            walk.add(tree);
        }
        if let Some(words) = walk.words() {
            walk.narrow = words;
            for step in walk.nodes.iter_mut().filter(|step| step.place & CATEGORICAL != 0) {
                // Where numbers have their bound, categories have one that only a missing value reaches.
                (step.place, step.bound) = (step.place & !CATEGORICAL, f32::INFINITY);
            }
        }
        walk
    }

    /// Returns for each node the categories that go right; nothing if there are none, or one is too large.
    fn words(&self) -> Option<Vec<u64>> {
        if self.lists.is_empty() {
            return None;
        }
        let word = |step: &Step| {
            if step.place & CATEGORICAL == 0 {
                return Some(0);
            }
            let (first, words) = self.lists[step.bound.to_bits() as usize];
            let part = |at: u32| if at < words { u64::from(self.bits[first + at as usize]) } else { 0 };
            let word = part(0) | part(1) << 32;
            (words <= 2 && word >> NARROW_END == 0).then_some(word)
        };
        self.nodes.iter().map(word).collect()
    }

    /// Returns a row as its walks read it.
    pub(super) fn lay_out(&self, row: &[f32]) -> Laid {
        let (low, high) = (f32::NEG_INFINITY, f32::INFINITY);
        let mut values = Vec::with_capacity(2 * row.len() + 1);
        values.extend(row.iter().map(|value| if value.is_finite() { *value } else { low }));
        values.extend(row.iter().map(|value| if value.is_finite() { *value } else { high }));
        values.push(low);
        let mut categories = Vec::new();
        if !self.narrow.is_empty() {
            // What follows the point is cut off, as XGBoost does.
            let fits = 0.0..f32::from(NARROW_END);
            categories.extend(values.iter().map(|value| if fits.contains(value) { *value as u8 } else { NARROW_END }));
        }
        Laid { values, categories }
    }

    /// Returns what the trees say of a row that was laid out, added up in their order.
    pub(super) fn sum(&self, laid: &Laid) -> f64 {
        assert_eq!(laid.values.len(), 2 * self.columns + 1, "the row was not laid out for these trees");
        assert!(self.narrow.is_empty() || laid.categories.len() == laid.values.len(), "nor its categories");
        let mut sum = 0.0;
        for trees in self.trees.chunks(BESIDE) {
            let mut at = [0; BESIDE];
            let mut depth = 0;
            for (at, tree) in at.iter_mut().zip(trees) {
                *at = tree.root;
                depth = depth.max(tree.depth);
            }
            if self.lists.is_empty() {
                for _ in 0..depth {
                    // SAFETY: a walk begins at a root, and a node leads to nodes; the row's length was checked above.
                    at = at.map(|at| unsafe { self.nodes.get_unchecked(at as usize).next_unchecked(&laid.values) });
                }
            } else if !self.narrow.is_empty() {
                for _ in 0..depth {
                    // SAFETY: the same, and where one node has a word each has one, and the row its categories.
                    at = at.map(|at| unsafe { self.next_narrow_unchecked(at, laid) });
                }
            } else {
                for _ in 0..depth {
                    at = at.map(|at| self.next(at, laid));
                }
            }
            for at in &at[..trees.len()] {
                sum += f64::from(self.nodes[*at as usize].bound);
            }
        }
        sum
    }

    /// Returns what one tree says of a row that was laid out.
    pub(super) fn one(&self, tree: usize, laid: &Laid) -> f64 {
        let start = self.trees[tree];
        let next = if self.narrow.is_empty() { Walk::next } else { Walk::next_narrow };
        let at = (0..start.depth).fold(start.root, |at, _| next(self, at, laid));
        f64::from(self.nodes[at as usize].bound)
    }

    /// Returns the next node, where every node has a word of its categories.
    #[inline(always)]
    fn next_narrow(&self, at: u32, laid: &Laid) -> u32 {
        let (at, place) = (at as usize, self.nodes[at as usize].place as usize);
        assert!(at < self.narrow.len() && place < laid.values.len() && place < laid.categories.len());
        // SAFETY: the line above.
        unsafe { self.next_narrow_unchecked(at as u32, laid) }
    }

    /// Does the same without a look at the lengths.
    ///
    /// # Safety
    /// The node must be one of the trees', each must have a word, and the row must be laid out for them.
    #[inline(always)]
    unsafe fn next_narrow_unchecked(&self, at: u32, laid: &Laid) -> u32 {
        // SAFETY: the caller's promise. A node's place is a feature on one of two sides, or the place behind them.
        unsafe {
            let step = self.nodes.get_unchecked(at as usize);
            let category = *laid.categories.get_unchecked(step.place as usize);
            let is_listed = self.narrow.get_unchecked(at as usize) >> category & 1;
            step.left + (u32::from(*laid.values.get_unchecked(step.place as usize) >= step.bound) | is_listed as u32)
        }
    }

    #[inline(always)]
    fn next(&self, at: u32, laid: &Laid) -> u32 {
        let step = self.nodes[at as usize];
        if step.place & CATEGORICAL == 0 {
            return step.next(&laid.values);
        }
        let value = laid.values[(step.place & !CATEGORICAL) as usize];
        let (first, words) = self.lists[step.bound.to_bits() as usize];
        // Plus infinity is a missing value that goes right; any other that cannot be a category is in no list.
        let category = if value >= 0.0 && value < CATEGORIES_END as f32 { value as u32 } else { u32::MAX };
        let listed = category / 32 < words && self.bits[first + category as usize / 32] >> (category % 32) & 1 == 1;
        step.left + u32::from(listed || value == f32::INFINITY)
    }

    fn add(&mut self, tree: &Tree) {
        let first = self.nodes.len() as u32;
        self.trees.push(Start { root: first, depth: tree.depth as u32 });
        let nothing = Step { bound: 0.0, place: 2 * self.columns as u32, left: first };
        self.nodes.resize(self.nodes.len() + tree.nodes.len(), nothing);
        // Siblings lie side by side: each split is given its two places when it is reached.
        let (mut open, mut free) = (vec![(0, first)], first + 1);
        while let Some((node, at)) = open.pop() {
            self.nodes[at as usize] = match &tree.nodes[node] {
                Node::Leaf(value) => Step { bound: *value, left: at, ..nothing },
                Node::Split(split) => {
                    let side = if split.default_left { 0 } else { self.columns };
                    let place = (side + split.feature) as u32;
                    let (bound, mark) = match &split.test {
                        // No value is below minus infinity, but a missing one is to be.
                        Test::Below(bound) => (bound.max(f32::MIN), 0),
                        Test::NotIn(categories) => (f32::from_bits(self.list(categories)), CATEGORICAL),
                    };
                    open.extend([(node + 1, free), (split.right, free + 1)]);
                    free += 2;
                    Step { bound, place: place | mark, left: free - 2 }
                }
            };
        }
    }

    /// Keeps a list of categories, and returns its number.
    fn list(&mut self, categories: &[u32]) -> u32 {
        let first = self.bits.len();
        let words = categories.last().map_or(0, |last| last / 32 + 1);
        self.bits.resize(first + words as usize, 0);
        for category in categories {
            self.bits[first + (category / 32) as usize] |= 1 << (category % 32);
        }
        self.lists.push((first, words));
        self.lists.len() as u32 - 1
    }
}

impl Step {
    /// Does the same without a look at the row's length.
    ///
    /// # Safety
    /// The row must be laid out for the trees of the node.
    #[inline(always)]
    unsafe fn next_unchecked(self, laid: &[f32]) -> u32 {
        // SAFETY: the caller's promise. A node's place is a feature on one of two sides, or the place behind them.
        self.left + u32::from(unsafe { *laid.get_unchecked(self.place as usize) } >= self.bound)
    }

    #[inline(always)]
    fn next(self, laid: &[f32]) -> u32 {
        self.left + u32::from(laid[self.place as usize] >= self.bound)
    }
}
