//! XGBoost's model document, checked: whatever is not understood is an error, never a wrong score.
//!
//! The document is the same in JSON and in UBJ. Only nodes that can be reached from a root are looked at, since pruning
//! leaves others behind.

use serde::Deserialize;

use super::tree::{Node, Split, Test, Tree};
use super::{json, ubj};

/// The newest major version whose files are known.
const MAJOR_MAX: u32 = 3;

/// The deepest nesting of a document that is followed. A model has less than ten levels.
pub(super) const NESTING_MAX: usize = 64;

/// The most splits on a way down.
const DEPTH_MAX: usize = 32;

/// The most columns: tables name them in 16 bits, and a row is held whole.
const COLUMNS_MAX: usize = u16::MAX as usize;

/// XGBoost takes categories from here on for none.
pub(super) const CATEGORIES_END: u32 = 1 << 24;

/// How far, relative to a node's, the sum of its children's hessians may be from it: they are rounded to 32 bits.
const HESSIAN_TOLERANCE: f64 = 1e-3;

/// A model as it was read.
#[derive(Debug)]
pub(super) struct Forest {
    pub(super) columns: usize,
    /// The margin of a row before any tree.
    pub(super) intercept: f64,
    pub(super) trees: Vec<Tree>,
}

/// Returns the trees of a model in JSON, or what is wrong with it.
pub(super) fn from_json(text: &str) -> Result<Forest, String> {
    let document: Document = json::from_str(text).map_err(|error| format!("not the JSON of a tree model: {error}"))?;
    document.forest()
}

/// Returns the trees of a model in UBJ, or what is wrong with it.
pub(super) fn from_ubj(bytes: &[u8]) -> Result<Forest, String> {
    let document: Document = ubj::from_bytes(bytes).map_err(|error| format!("not the UBJ of a tree model: {error}"))?;
    document.forest()
}

#[derive(Deserialize)]
struct Document {
    learner: Learner,
    version: Vec<u32>,
}

#[derive(Deserialize)]
struct Learner {
    gradient_booster: GradientBooster,
    learner_model_param: LearnerParam,
    objective: Objective,
}

#[derive(Deserialize)]
struct GradientBooster {
    name: String,
    /// Other boosters keep something else here, or nothing.
    model: Option<Model>,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

/// XGBoost writes parameters as text.
#[derive(Deserialize)]
struct LearnerParam {
    base_score: String,
    num_class: String,
    num_feature: String,
    /// Absent before 1.6.
    num_target: Option<String>,
}

#[derive(Deserialize)]
struct Model {
    cats: Option<Cats>,
    tree_info: Vec<i64>,
    trees: Vec<RawTree>,
}

/// The words of categories, which give the codes of a row another meaning.
#[derive(Deserialize)]
struct Cats {
    enc: Vec<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct TreeParam {
    size_leaf_vector: Option<String>,
}

#[derive(Deserialize)]
struct RawTree {
    tree_param: TreeParam,
    default_left: Vec<Flag>,
    left_children: Vec<i32>,
    right_children: Vec<i32>,
    split_conditions: Vec<f32>,
    split_indices: Vec<i64>,
    sum_hessian: Vec<f32>,
    /// This and what follows is absent before 1.5.
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

/// A truth, which is a number in newer files.
#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Flag {
    Truth(bool),
    Number(u8),
}

impl Document {
    fn forest(self) -> Result<Forest, String> {
        match self.version[..] {
            [1..=MAJOR_MAX, ..] => {}
            _ => return Err(format!("of version {:?}, expected 1 to {MAJOR_MAX}", self.version)),
        }
        let Learner { gradient_booster, learner_model_param: param, objective } = self.learner;
        if gradient_booster.name != "gbtree" {
            return Err(format!("a booster `{}`, expected `gbtree`", gradient_booster.name));
        }
        let targets = param.num_target.as_deref().unwrap_or("1");
        if !matches!((param.num_class.as_str(), targets), ("0" | "1", "0" | "1")) {
            let classes = &param.num_class;
            return Err(format!("a model of {classes} classes and {targets} targets, expected one output"));
        }
        let columns = param.num_feature.parse().ok().filter(|columns| (1..=COLUMNS_MAX).contains(columns));
        let columns = columns.ok_or_else(|| {
            format!("`num_feature` is `{}`, expected a number from 1 to {COLUMNS_MAX}", param.num_feature)
        })?;
        let intercept = intercept(&param.base_score, &objective.name)?;
        let model = gradient_booster.model.ok_or("no trees in it")?;
        if model.cats.is_some_and(|cats| !cats.enc.is_empty()) {
            return Err("words of categories, expected numbers only".to_owned());
        }
        if model.tree_info.len() != model.trees.len() || model.tree_info.iter().any(|output| *output != 0) {
            return Err("trees of several outputs, expected one".to_owned());
        }
        let read = |(at, tree): (usize, &RawTree)| tree.tree(columns).map_err(|why| format!("tree {at}: {why}"));
        let trees = model.trees.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Forest { columns, intercept, trees })
    }
}

/// Returns the margin that all rows start from. XGBoost keeps it on the scale of the answers: as `0.5`, `5E-1`, or,
/// since 3.1, `[5E-1]`.
fn intercept(base_score: &str, objective: &str) -> Result<f64, String> {
    let bare = base_score.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(base_score);
    let number: f32 = bare.trim().parse().map_err(|_| format!("`base_score` is `{base_score}`, expected a number"))?;
    let intercept = match objective {
        "binary:logistic" | "reg:logistic" if (0.0..=1.0).contains(&number) => {
            // XGBoost's own bound, for data of one class.
            const EPSILON: f32 = 1e-6;
            let share = f64::from(number.clamp(EPSILON, 1.0 - EPSILON));
            -(1.0 / share - 1.0).ln()
        }
        "count:poisson" | "reg:gamma" | "reg:tweedie" => f64::from(number).ln(),
        "reg:squarederror" | "reg:linear" | "rank:pairwise" | "rank:ndcg" | "rank:map" => f64::from(number),
        "binary:logistic" | "reg:logistic" => return Err(format!("`base_score` is `{base_score}`, expected 0 to 1")),
        _ => return Err(format!("the objective `{objective}`, which is not known here")),
    };
    let finite = Some(intercept).filter(|intercept| intercept.is_finite());
    finite.ok_or_else(|| format!("`base_score` is `{base_score}`, which `{objective}` cannot start from"))
}

impl RawTree {
    fn tree(&self, columns: usize) -> Result<Tree, String> {
        let nodes = self.left_children.len();
        let lengths = [
            self.right_children.len(),
            self.default_left.len(),
            self.split_conditions.len(),
            self.split_indices.len(),
            self.sum_hessian.len(),
        ];
        let typed = self.split_type.is_empty() || self.split_type.len() == nodes;
        if nodes == 0 || lengths != [nodes; 5] || !typed {
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
        let mut tree = Tree { nodes: Vec::new(), depth: 0 };
        let mut seen = vec![false; nodes];
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
        let asked = self.split_indices[raw];
        let feature = usize::try_from(asked).ok().filter(|feature| *feature < columns);
        let feature = feature.ok_or_else(|| format!("node {raw} asks for column {asked} of {columns}"))?;
        let default_left = match self.default_left[raw] {
            Flag::Truth(truth) => truth,
            Flag::Number(number @ (0 | 1)) => number == 1,
            Flag::Number(number) => return Err(format!("node {raw} has a default of {number}, expected 0 or 1")),
        };
        let test = match self.split_type.get(raw) {
            None | Some(0) => {
                let below = self.split_conditions[raw];
                if below.is_nan() {
                    return Err(format!("node {raw} splits at {below}"));
                }
                Test::Below(below)
            }
            Some(1) => Test::NotIn(self.categories(raw)?),
            Some(other) => return Err(format!("node {raw} is a split of type {other}, expected 0 or 1")),
        };
        let share_left = self.share_left(raw, left)?;
        // The right child has no place yet.
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

    /// Returns the share of the hessian that went left. Where there was none at all, each side counts half, as it does
    /// in XGBoost.
    fn share_left(&self, raw: usize, left: usize) -> Result<f64, String> {
        let [all, left, right] = [raw, left, left + 1].map(|node| f64::from(self.sum_hessian[node]));
        let usable = |hessian: f64| hessian.is_finite() && hessian >= 0.0;
        if ![all, left, right].into_iter().all(usable) || (left + right - all).abs() > HESSIAN_TOLERANCE * all {
            return Err(format!("node {raw} has a hessian of {all}, its children {left} and {right}"));
        }
        Ok(if left + right > 0.0 { left / (left + right) } else { 0.5 })
    }
}
