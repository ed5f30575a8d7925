//! The leaf of one row in each tree, node by node: the fastest way for a few rows, and for trees of many leaves.
//!
//! A step has no branch that the processor could mispredict: a row is prepared with its missing values once as minus and
//! once as plus infinity, and a node reads from the side that sends missing values in its default direction. A leaf is a
//! node that leads to itself. A category is looked up in a word of bits of its node, which is empty for a node that tests
//! a number. Several trees are traversed side by side, so that the processor need not wait for one.

use crate::trees::tree::{CATEGORIES_END, Node, SplitTest, Tree};

/// Trees that are traversed side by side.
const TREES_AT_ONCE: usize = 8;

/// Marks the input of a node as a category.
const CATEGORICAL: u32 = 1 << 31;

/// Categories from here on do not fit the word of a node; as a code it is what no word lists.
const WORD_END: u8 = 63;

/// The trees as flat nodes.
#[derive(Debug)]
pub(super) struct RowTraversal {
    columns: usize,
    nodes: Vec<FlatNode>,
    trees: Vec<TreeStart>,
    /// For each node the categories that go right, if some node has such and all of them fit a word.
    words: Vec<u64>,
    /// Bits of the categories that go right, and where each list begins and how many words it has.
    bits: Vec<u32>,
    lists: Vec<(usize, u32)>,
}

/// A node: a row goes to `left` if its value at `input` is below `threshold`, and to the node after it if not.
#[derive(Clone, Copy, Debug)]
struct FlatNode {
    /// For a leaf its value; for a category the number of its list.
    threshold: f32,
    input: u32,
    left: u32,
}

/// A row as it is traversed: each column twice, with missing values as minus and as plus infinity, and an input that is
/// always minus infinity.
#[derive(Debug)]
pub(super) struct PreparedRow {
    values: Vec<f32>,
    /// The same as categories, where they are such that fit a word.
    categories: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct TreeStart {
    root: u32,
    depth: u32,
}

impl RowTraversal {
    /// Returns trees on a number of columns as flat nodes.
    pub(super) fn new(trees: &[Tree], columns: usize) -> RowTraversal {
        let (nodes, words, bits, lists) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut traversal = RowTraversal { columns, nodes, trees: Vec::new(), words, bits, lists };
        for tree in trees {
            traversal.add(tree);
        }
        if let Some(words) = traversal.category_words() {
            traversal.words = words;
            for node in traversal.nodes.iter_mut().filter(|node| node.input & CATEGORICAL != 0) {
                // Categories get a threshold that only a missing value reaches.
                (node.input, node.threshold) = (node.input & !CATEGORICAL, f32::INFINITY);
            }
        }
        traversal
    }

    /// Returns for each node the categories that go right; `None` if there are none, or one is too large.
    fn category_words(&self) -> Option<Vec<u64>> {
        if self.lists.is_empty() {
            return None;
        }
        let word = |node: &FlatNode| {
            if node.input & CATEGORICAL == 0 {
                return Some(0);
            }
            let (first, len) = self.lists[node.threshold.to_bits() as usize];
            let part = |at: u32| if at < len { u64::from(self.bits[first + at as usize]) } else { 0 };
            let word = part(0) | part(1) << 32;
            (len <= 2 && word >> WORD_END == 0).then_some(word)
        };
        self.nodes.iter().map(word).collect()
    }

    /// Returns a row ready to be traversed.
    pub(super) fn prepare(&self, row: &[f32]) -> PreparedRow {
        let (low, high) = (f32::NEG_INFINITY, f32::INFINITY);
        let mut values = Vec::with_capacity(2 * row.len() + 1);
        values.extend(row.iter().map(|value| if value.is_finite() { *value } else { low }));
        values.extend(row.iter().map(|value| if value.is_finite() { *value } else { high }));
        values.push(low);
        let mut categories = Vec::new();
        if !self.words.is_empty() {
            // What follows the decimal point is cut off, as XGBoost does.
            let fits = 0.0..f32::from(WORD_END);
            categories.extend(values.iter().map(|value| if fits.contains(value) { *value as u8 } else { WORD_END }));
        }
        PreparedRow { values, categories }
    }

    /// Returns the sum of the leaves of a prepared row, added up in the order of the trees.
    pub(super) fn margin(&self, row: &PreparedRow) -> f64 {
        assert_eq!(row.values.len(), 2 * self.columns + 1, "the row was not prepared for these trees");
        assert!(self.words.is_empty() || row.categories.len() == row.values.len(), "nor its categories");
        let mut sum = 0.0;
        for trees in self.trees.chunks(TREES_AT_ONCE) {
            let mut at = [0; TREES_AT_ONCE];
            let mut depth = 0;
            for (at, tree) in at.iter_mut().zip(trees) {
                *at = tree.root;
                depth = depth.max(tree.depth);
            }
            if self.lists.is_empty() {
                for _ in 0..depth {
                    // SAFETY: a traversal begins at a root, and a node leads to nodes; the row's length was checked above.
                    at = at.map(|at| unsafe { self.nodes.get_unchecked(at as usize).next_unchecked(&row.values) });
                }
            } else if !self.words.is_empty() {
                for _ in 0..depth {
                    // SAFETY: the same, and where one node has a word each has one, and the row its categories.
                    at = at.map(|at| unsafe { self.next_by_word_unchecked(at, row) });
                }
            } else {
                for _ in 0..depth {
                    at = at.map(|at| self.next(at, row));
                }
            }
            for at in &at[..trees.len()] {
                sum += f64::from(self.nodes[*at as usize].threshold);
            }
        }
        sum
    }

    /// Returns the leaf of a prepared row in one tree.
    pub(super) fn leaf(&self, tree: usize, row: &PreparedRow) -> f64 {
        let start = self.trees[tree];
        let next = if self.words.is_empty() { RowTraversal::next } else { RowTraversal::next_by_word };
        let at = (0..start.depth).fold(start.root, |at, _| next(self, at, row));
        f64::from(self.nodes[at as usize].threshold)
    }

    /// Returns the next node, where every node has a word of its categories.
    #[inline(always)]
    fn next_by_word(&self, at: u32, row: &PreparedRow) -> u32 {
        let (at, input) = (at as usize, self.nodes[at as usize].input as usize);
        assert!(at < self.words.len() && input < row.values.len() && input < row.categories.len());
        // SAFETY: the line above.
        unsafe { self.next_by_word_unchecked(at as u32, row) }
    }

    /// Does the same without checking the lengths.
    ///
    /// # Safety
    /// The node must be one of the trees', each must have a word, and the row must be prepared for them.
    #[inline(always)]
    unsafe fn next_by_word_unchecked(&self, at: u32, row: &PreparedRow) -> u32 {
        // SAFETY: the caller's promise. A node's input is a feature on one of two sides, or the input after them.
        unsafe {
            let node = self.nodes.get_unchecked(at as usize);
            let category = *row.categories.get_unchecked(node.input as usize);
            let is_listed = self.words.get_unchecked(at as usize) >> category & 1;
            node.left + (u32::from(*row.values.get_unchecked(node.input as usize) >= node.threshold) | is_listed as u32)
        }
    }

    #[inline(always)]
    fn next(&self, at: u32, row: &PreparedRow) -> u32 {
        let node = self.nodes[at as usize];
        if node.input & CATEGORICAL == 0 {
            return node.next(&row.values);
        }
        let value = row.values[(node.input & !CATEGORICAL) as usize];
        let (first, len) = self.lists[node.threshold.to_bits() as usize];
        // Plus infinity is a missing value that goes right; any other that cannot be a category is in no list.
        let category = if value >= 0.0 && value < CATEGORIES_END as f32 { value as u32 } else { u32::MAX };
        let listed = category / 32 < len && self.bits[first + category as usize / 32] >> (category % 32) & 1 == 1;
        node.left + u32::from(listed || value == f32::INFINITY)
    }

    fn add(&mut self, tree: &Tree) {
        let first = self.nodes.len() as u32;
        self.trees.push(TreeStart { root: first, depth: tree.depth as u32 });
        let nothing = FlatNode { threshold: 0.0, input: 2 * self.columns as u32, left: first };
        self.nodes.resize(self.nodes.len() + tree.nodes.len(), nothing);
        // Siblings lie side by side: the two children of a split are given their places when it is reached.
        let (mut open, mut free) = (vec![(0, first)], first + 1);
        while let Some((node, at)) = open.pop() {
            self.nodes[at as usize] = match &tree.nodes[node] {
                Node::Leaf(value) => FlatNode { threshold: *value, left: at, ..nothing },
                Node::Split(split) => {
                    let side = if split.default_left { 0 } else { self.columns };
                    let input = (side + split.feature) as u32;
                    let (threshold, mark) = match &split.test {
                        // No value is below minus infinity, but a missing one has to be.
                        SplitTest::Below(threshold) => (threshold.max(f32::MIN), 0),
                        SplitTest::NotIn(categories) => (f32::from_bits(self.list(categories)), CATEGORICAL),
                    };
                    open.extend([(node + 1, free), (split.right, free + 1)]);
                    free += 2;
                    FlatNode { threshold, input: input | mark, left: free - 2 }
                }
            };
        }
    }

    /// Stores a list of categories, and returns its number.
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

impl FlatNode {
    /// Does the same without checking the row's length.
    ///
    /// # Safety
    /// The row must be prepared for the trees of the node.
    #[inline(always)]
    unsafe fn next_unchecked(self, row: &[f32]) -> u32 {
        // SAFETY: the caller's promise. A node's input is a feature on one of two sides, or the input after them.
        self.left + u32::from(unsafe { *row.get_unchecked(self.input as usize) } >= self.threshold)
    }

    #[inline(always)]
    fn next(self, row: &[f32]) -> u32 {
        self.left + u32::from(row[self.input as usize] >= self.threshold)
    }
}
