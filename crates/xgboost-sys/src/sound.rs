//! Whether the text of a model can be given to XGBoost.
//!
//! XGBoost checks that a model is JSON with the right names in it, but follows the node, column and category numbers
//! inside without looking: a model file that somebody changed would make it read and write outside of its memory.
//! Here every number that it follows is checked first, for the models that Plumbline makes: one tree a round.

use serde::Deserialize;

/// The most categories that a split may name. XGBoost keeps a bit for each number up to the largest.
const CATEGORIES_MAX: u32 = 1 << 24;

/// What XGBoost writes as the parent of a root.
const NO_PARENT: i32 = i32::MAX;

/// Returns what is wrong with a model, if anything is.
///
/// XGBoost writes a split that only asks whether a value is there as one at `-Infinity`, which is no JSON. For the check
/// any number does in its place.
pub(crate) fn problem(text: &str) -> Option<String> {
    let text = text.replace("-Infinity", "-1e39").replace("Infinity", "1e39");
    match serde_json::from_str::<Document>(&text) {
        Ok(document) => document.learner.problem(),
        Err(error) => Some(format!("not the JSON of a tree model: {error}")),
    }
}

#[derive(Deserialize)]
struct Document {
    learner: Learner,
}

#[derive(Deserialize)]
struct Learner {
    feature_names: Vec<String>,
    feature_types: Vec<String>,
    gradient_booster: GradientBooster,
    learner_model_param: LearnerParam,
}

#[derive(Deserialize)]
struct GradientBooster {
    name: String,
    model: Model,
}

/// XGBoost writes parameters as text.
#[derive(Deserialize)]
struct LearnerParam {
    num_class: String,
    num_feature: String,
    num_target: String,
}

#[derive(Deserialize)]
struct Model {
    cats: Cats,
    gbtree_model_param: ModelParam,
    iteration_indptr: Vec<usize>,
    tree_info: Vec<usize>,
    trees: Vec<Tree>,
}

/// The words of categories, which Plumbline does not give to XGBoost.
#[derive(Deserialize)]
struct Cats {
    enc: Vec<serde_json::Value>,
    feature_segments: Vec<i64>,
    sorted_idx: Vec<i64>,
}

#[derive(Deserialize)]
struct ModelParam {
    num_parallel_tree: String,
    num_trees: String,
}

#[derive(Deserialize)]
struct TreeParam {
    num_feature: String,
    num_nodes: String,
    size_leaf_vector: String,
}

#[derive(Deserialize)]
struct Tree {
    id: usize,
    tree_param: TreeParam,
    base_weights: Vec<f64>,
    default_left: Vec<u8>,
    left_children: Vec<i32>,
    right_children: Vec<i32>,
    parents: Vec<i32>,
    loss_changes: Vec<f64>,
    split_conditions: Vec<f64>,
    split_indices: Vec<usize>,
    split_type: Vec<u8>,
    sum_hessian: Vec<f64>,
    categories: Vec<u32>,
    categories_nodes: Vec<usize>,
    categories_segments: Vec<usize>,
    categories_sizes: Vec<usize>,
}

impl Learner {
    fn problem(&self) -> Option<String> {
        let param = &self.learner_model_param;
        let model = &self.gradient_booster.model;
        let Some(columns) = param.num_feature.parse::<u32>().ok().filter(|columns| *columns > 0) else {
            return Some(format!("`num_feature` is `{}`, expected a number from 1", param.num_feature));
        };
        let columns = columns as usize;
        if self.gradient_booster.name != "gbtree" {
            return Some(format!("a booster `{}`, expected `gbtree`", self.gradient_booster.name));
        }
        let single =
            param.num_class == "0" && param.num_target == "1" && model.gbtree_model_param.num_parallel_tree == "1";
        if !single {
            return Some("a model of several outputs, expected one".to_owned());
        }
        if [&self.feature_names, &self.feature_types].iter().any(|list| !list.is_empty() && list.len() != columns) {
            return Some(format!("names or types for other than {columns} columns"));
        }
        let cats = &model.cats;
        if !(cats.enc.is_empty() && cats.feature_segments.is_empty() && cats.sorted_idx.is_empty()) {
            return Some("words of categories, expected numbers only".to_owned());
        }
        let count = model.trees.len();
        if model.gbtree_model_param.num_trees != count.to_string() || model.tree_info != vec![0; count] {
            return Some(format!("{count} trees, which is not what the model says"));
        }
        if model.iteration_indptr != (0..=count).collect::<Vec<_>>() {
            return Some("rounds of other than one tree".to_owned());
        }
        model.trees.iter().enumerate().find_map(|(index, tree)| {
            if tree.id != index {
                return Some(format!("tree {index} says that it is tree {}", tree.id));
            }
            tree.problem(columns).map(|problem| format!("tree {index}: {problem}"))
        })
    }
}

impl Tree {
    fn problem(&self, columns: usize) -> Option<String> {
        let nodes = self.left_children.len();
        let lengths = [
            self.base_weights.len(),
            self.default_left.len(),
            self.right_children.len(),
            self.parents.len(),
            self.loss_changes.len(),
            self.split_conditions.len(),
            self.split_indices.len(),
            self.split_type.len(),
            self.sum_hessian.len(),
        ];
        if nodes == 0 || lengths != [nodes; 9] || self.tree_param.num_nodes != nodes.to_string() {
            return Some(format!("lists of other lengths than its {nodes} nodes"));
        }
        if self.tree_param.num_feature != columns.to_string() || self.tree_param.size_leaf_vector != "1" {
            return Some("columns or outputs that are not those of the model".to_owned());
        }
        if i32::try_from(nodes).is_err() {
            return Some(format!("{nodes} nodes are too many"));
        }
        (0..nodes).find_map(|node| self.problem_of_node(node, columns)).or_else(|| self.problem_of_categories())
    }

    /// Children come after their node and name it as their parent, so a walk down ends, and so does one up.
    fn problem_of_node(&self, node: usize, columns: usize) -> Option<String> {
        let (left, right) = (self.left_children[node], self.right_children[node]);
        let is_child = |child: i32| {
            let at = usize::try_from(child).ok().filter(|at| *at > node && *at < self.parents.len());
            at.is_some_and(|at| self.parents[at] == node as i32)
        };
        let leaf = left == -1 && right == -1;
        let split = left != right && is_child(left) && is_child(right);
        if !(leaf || split) {
            return Some(format!("node {node} has the children {left} and {right}"));
        }
        let parent = self.parents[node];
        let orphan = if node == 0 { parent != NO_PARENT } else { parent < 0 || parent as usize >= node };
        if orphan {
            return Some(format!("node {node} has the parent {parent}"));
        }
        if self.split_indices[node] >= columns || self.split_type[node] > 1 || self.default_left[node] > 1 {
            return Some(format!("node {node} asks for column {} of {columns}", self.split_indices[node]));
        }
        None
    }

    /// The nodes with categories are those that split by them, each with a part of the list that exists.
    fn problem_of_categories(&self) -> Option<String> {
        let split: Vec<usize> = (0..self.split_type.len()).filter(|node| self.split_type[*node] == 1).collect();
        let parts = self.categories_nodes.len();
        let listed = self.categories_segments.len() == parts && self.categories_sizes.len() == parts;
        if self.categories_nodes != split || !listed {
            return Some("lists of categories that do not belong to its nodes".to_owned());
        }
        let parts = self.categories_segments.iter().zip(&self.categories_sizes);
        for (begin, size) in parts {
            let end = begin.checked_add(*size).filter(|end| *size > 0 && *end <= self.categories.len());
            if end.is_none() {
                return Some(format!("{size} categories from {begin}, but there are {}", self.categories.len()));
            }
        }
        let beyond = self.categories.iter().find(|category| **category >= CATEGORIES_MAX);
        beyond.map(|category| format!("category {category}, expected numbers under {CATEGORIES_MAX}"))
    }
}
