//! A decision tree as the whole kernel sees it: checked, in depth-first order, with the share of training rows that went
//! each way at each split.

/// XGBoost treats a category from this number on as none.
pub(crate) const CATEGORIES_END: u32 = 1 << 24;

/// A tree. Its root is the first node, and the left child of a split is the node after it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// The most splits on a path from the root to a leaf.
    pub(crate) depth: usize,
}

/// A node of a tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// The value of a leaf: a finite number.
    Leaf(f32),
    /// A test that sends a row to one of two children.
    Split(Split),
}

/// A split. Its left child is the next node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Split {
    pub(crate) feature: usize,
    pub(crate) test: SplitTest,
    /// Whether a row with a missing value goes left.
    pub(crate) default_left: bool,
    /// The node of the right child.
    pub(crate) right: usize,
    /// The share of training rows, by hessian, that went left.
    pub(crate) share_left: f64,
}

/// Which rows go left.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SplitTest {
    /// Rows with a value under this threshold.
    Below(f32),
    /// Rows whose category is none of these, which ascend.
    NotIn(Vec<u32>),
}

impl Tree {
    /// Returns the mean over the training rows, as path-dependent TreeSHAP takes it: each leaf weighted by the shares on
    /// its path.
    pub(crate) fn mean(&self) -> f64 {
        let mut means = vec![0.0; self.nodes.len()];
        // Children come after their parent, so backwards both are known.
        for (at, node) in self.nodes.iter().enumerate().rev() {
            means[at] = match node {
                Node::Leaf(value) => f64::from(*value),
                Node::Split(split) => split.share_left * means[at + 1] + (1.0 - split.share_left) * means[split.right],
            };
        }
        means[0]
    }

    /// Has missing values go the way of a number at each threshold. Categories keep the way of theirs.
    pub(crate) fn send_missing_as(&mut self, number: f32) {
        for node in &mut self.nodes {
            if let Node::Split(Split { test: SplitTest::Below(threshold), default_left, .. }) = node {
                *default_left = number < *threshold;
            }
        }
    }

    /// Returns the splits, in the order of the nodes.
    pub(crate) fn splits(&self) -> impl Iterator<Item = &Split> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Leaf(_) => None,
            Node::Split(split) => Some(split),
        })
    }

    /// Returns the value of each leaf, from left to right.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = f32> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Leaf(value) => Some(*value),
            Node::Split(_) => None,
        })
    }

    /// Returns the number of each node among the splits, or among the leaves.
    pub(crate) fn numbers(&self) -> Vec<usize> {
        let (mut splits, mut leaves) = (0, 0);
        let number = |node: &Node| {
            let count = if matches!(node, Node::Split(_)) { &mut splits } else { &mut leaves };
            *count += 1;
            *count - 1
        };
        self.nodes.iter().map(number).collect()
    }
}
