//! One tree of XGBoost's model document, checked. Only nodes that the root leads to are read, since pruning leaves others
//! behind.

use serde::Deserialize;

use super::limits::DEPTH_MAX;
use crate::trees::tree::{CATEGORIES_END, Node, Split, SplitTest, Tree};

/// How far the sum of the children's hessians may be from that of their parent, relative to it: they are rounded to
/// 32 bits.
const HESSIAN_TOLERANCE: f64 = 1e-3;

#[derive(Deserialize)]
struct TreeParam {
    size_leaf_vector: Option<String>,
}

/// A tree as the document has it.
#[derive(Deserialize)]
pub(super) struct RawTree {
    tree_param: TreeParam,
    default_left: Vec<Flag>,
    left_children: Vec<i32>,
    right_children: Vec<i32>,
    split_conditions: Vec<f32>,
    split_indices: Vec<i64>,
    sum_hessian: Vec<f32>,
    /// Absent before 1.5, as the fields below are.
    #[serde(default)]
    split_type: Vec<u8>,
    #[serde(default)]
    categories: Vec<i64>,
    #[serde(default)]
    categories_nodes: Vec<usize>,
    #[serde(default)]
    categories_segments: Vec<usize>,
    #[serde(default)]
    categories_sizes: Vec<usize>,
}

/// A boolean, which is a number in newer files.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Flag {
    Boolean(bool),
    Number(u8),
}

impl RawTree {
    /// Returns the tree, or what is wrong with it.
    pub(super) fn tree(&self, columns: usize) -> Result<Tree, String> {
        self.check_lengths()?;
        let mut tree = Tree { nodes: Vec::new(), depth: 0 };
        let mut seen = vec![false; self.left_children.len()];
        // Nodes still to be copied: the node, the number of splits above it, and the copy whose right child it is.
        let mut open = vec![(0, 0, None)];
        while let Some((raw, depth, parent)) = open.pop() {
            if std::mem::replace(&mut seen[raw], true) {
                return Err(format!("node {raw} has two parents"));
            }
            let at = tree.nodes.len();
            if let Some(parent) = parent
                && let Node::Split(split) = &mut tree.nodes[parent]
            {
                split.right = at;
            }
            if (self.left_children[raw], self.right_children[raw]) == (-1, -1) {
                let value = self.split_conditions[raw];
                if !value.is_finite() {
                    return Err(format!("leaf {raw} is worth {value}"));
                }
                tree.nodes.push(Node::Leaf(value));
                continue;
            }
            if depth == DEPTH_MAX {
                return Err(format!("more than {DEPTH_MAX} splits below each other"));
            }
            tree.depth = tree.depth.max(depth + 1);
            let left = self.left(raw)?;
            tree.nodes.push(Node::Split(self.split(raw, left, columns)?));
            open.push((left + 1, depth + 1, Some(at)));
            open.push((left, depth + 1, None));
        }
        Ok(tree)
    }

    fn check_lengths(&self) -> Result<(), String> {
        let nodes = self.left_children.len();
        let lengths = [
            self.right_children.len(),
            self.default_left.len(),
            self.split_conditions.len(),
            self.split_indices.len(),
            self.sum_hessian.len(),
        ];
        let is_typed = self.split_type.is_empty() || self.split_type.len() == nodes;
        if nodes == 0 || lengths != [nodes; 5] || !is_typed {
            return Err(format!("lists of other lengths than its {nodes} nodes"));
        }
        if !matches!(self.tree_param.size_leaf_vector.as_deref(), None | Some("0" | "1")) {
            return Err("leaves of several outputs, expected one".to_owned());
        }
        let parts = self.categories_nodes.len();
        let ascending = self.categories_nodes.is_sorted_by(|one, next| one < next);
        if self.categories_segments.len() != parts || self.categories_sizes.len() != parts || !ascending {
            return Err("lists of categories that do not belong to its nodes".to_owned());
        }
        // If they could lie over each other, a list of some KB would be copied for each of many nodes.
        let listed = self.categories_sizes.iter().try_fold(0_usize, |sum, size| sum.checked_add(*size));
        if listed.is_none_or(|listed| listed > self.categories.len()) {
            return Err(format!("its nodes list more categories than the {} that it has", self.categories.len()));
        }
        Ok(())
    }

    /// Returns the left child of a split. XGBoost takes the node after it for the right one, whatever the file says.
    fn left(&self, raw: usize) -> Result<usize, String> {
        let (left, right) = (self.left_children[raw], self.right_children[raw]);
        let exists = |child: i32| usize::try_from(child).ok().filter(|child| *child < self.left_children.len());
        match (exists(left), exists(right)) {
            (Some(left), Some(right)) if right == left + 1 => Ok(left),
            _ => Err(format!("node {raw} has the children {left} and {right}")),
        }
    }

    fn split(&self, raw: usize, left: usize, columns: usize) -> Result<Split, String> {
        let column = self.split_indices[raw];
        let feature = usize::try_from(column).ok().filter(|feature| *feature < columns);
        let feature = feature.ok_or_else(|| format!("node {raw} splits on column {column} of {columns}"))?;
        let default_left = match self.default_left[raw] {
            Flag::Boolean(flag) => flag,
            Flag::Number(number @ (0 | 1)) => number == 1,
            Flag::Number(number) => return Err(format!("node {raw} has a default of {number}, expected 0 or 1")),
        };
        let test = match self.split_type.get(raw) {
            None | Some(0) => {
                let below = self.split_conditions[raw];
                if below.is_nan() {
                    return Err(format!("node {raw} splits at {below}"));
                }
                SplitTest::Below(below)
            }
            Some(1) => SplitTest::NotIn(self.categories(raw)?),
            Some(other) => return Err(format!("node {raw} is a split of type {other}, expected 0 or 1")),
        };
        let share_left = self.share_left(raw, left)?;
        // The right child has not been copied yet.
        Ok(Split { feature, test, default_left, right: 0, share_left })
    }

    /// Returns the categories that go right at a node.
    fn categories(&self, raw: usize) -> Result<Vec<u32>, String> {
        let part = self.categories_nodes.binary_search(&raw).map_err(|_| format!("node {raw} has no categories"))?;
        let (begin, size) = (self.categories_segments[part], self.categories_sizes[part]);
        let end = begin.checked_add(size).filter(|_| size > 0);
        let listed = end.and_then(|end| self.categories.get(begin..end));
        let listed = listed.ok_or_else(|| format!("node {raw} has {size} categories from {begin}"))?;
        let category = |number: &i64| u32::try_from(*number).ok().filter(|category| *category < CATEGORIES_END);
        let categories: Option<Vec<u32>> = listed.iter().map(category).collect();
        let mut categories = categories
            .ok_or_else(|| format!("node {raw} has a category that is not from 0 to under {CATEGORIES_END}"))?;
        categories.sort_unstable();
        categories.dedup();
        Ok(categories)
    }

    /// Returns the share of the hessian that went left. Where there is none at all, each side counts half, as in XGBoost.
    fn share_left(&self, raw: usize, left: usize) -> Result<f64, String> {
        let [all, left, right] = [raw, left, left + 1].map(|node| f64::from(self.sum_hessian[node]));
        let usable = |hessian: f64| hessian.is_finite() && hessian >= 0.0;
        if ![all, left, right].into_iter().all(usable) || (left + right - all).abs() > HESSIAN_TOLERANCE * all {
            return Err(format!("node {raw} has a hessian of {all}, its children {left} and {right}"));
        }
        Ok(if left + right > 0.0 { left / (left + right) } else { 0.5 })
    }
}
