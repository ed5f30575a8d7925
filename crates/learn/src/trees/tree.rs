//! A tree as all of the kernel sees it: checked, in depth-first order, with the share of rows that went each way.

/// A tree. Its root is the first node, and the left child of a node follows it at once.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    /// The most splits on a way from the root to a leaf.
    pub(super) depth: usize,
}

/// One of its nodes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// What a row that ends here gets; a finite number.
    Leaf(f32),
    /// A question that sends a row on.
    Split(Split),
}

/// A question with two ways on: to the next node, which is the left one, or to the right one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Split {
    pub(super) feature: usize,
    pub(super) test: Test,
    /// Where a row goes that has no value.
    pub(super) default_left: bool,
    /// The node on the right.
    pub(super) right: usize,
    /// The share of training rows, by hessian, that went left.
    pub(super) share_left: f64,
}

/// Which rows go left.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// Those with a value under this number.
    Below(f32),
    /// Those whose category is none of these, which ascend.
    NotIn(Vec<u32>),
}

impl Tree {
    /// Returns the mean over the training rows, as TreeSHAP takes it: each leaf by the shares on its way.
    pub(super) fn mean(&self) -> f64 {
        let mut means = vec![0.0; self.nodes.len()];
        // Children come after their parents, so backwards both are known.
        for (at, node) in self.nodes.iter().enumerate().rev() {
            means[at] = match node {
                Node::Leaf(value) => f64::from(*value),
                Node::Split(split) => split.share_left * means[at + 1] + (1.0 - split.share_left) * means[split.right],
            };
        }
        means[0]
    }

    /// Returns the splits, in the order of the nodes.
    pub(super) fn splits(&self) -> impl Iterator<Item = &Split> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Leaf(_) => None,
            Node::Split(split) => Some(split),
        })
    }

    /// Returns each leaf's value, from left to right.
    pub(super) fn leaves(&self) -> impl Iterator<Item = f32> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Leaf(value) => Some(*value),
            Node::Split(_) => None,
        })
    }

    /// Returns, for each node, its place among the splits or among the leaves.
    pub(super) fn places(&self) -> Vec<usize> {
        let (mut splits, mut leaves) = (0, 0);
        let place = |node: &Node| {
            let count = if matches!(node, Node::Split(_)) { &mut splits } else { &mut leaves };
            *count += 1;
            *count - 1
        };
        self.nodes.iter().map(place).collect()
    }
}
