//! The boosters of XGBoost's document that consist of trees: `gbtree`, and `dart`, whose trees have weights.

use serde::Deserialize;

use super::metadata::CategoryNames;
use super::outputs::Outputs;
use super::raw_tree::RawTree;
use super::size::Size;
use crate::trees::tree::{Node, Tree};

#[derive(Deserialize)]
pub(super) struct GradientBooster {
    name: String,
    /// The trees of `gbtree`.
    model: Option<TreeModel>,
    /// Those of `dart`, a booster in a booster.
    gbtree: Option<Gbtree>,
    /// By what `dart` multiplies each tree (Rashmi and Gilad-Bachrach 2015, DART), until 3.3.
    #[serde(default)]
    weight_drop: Vec<f32>,
}

#[derive(Deserialize)]
struct Gbtree {
    model: TreeModel,
}

#[derive(Deserialize)]
pub(super) struct TreeModel {
    pub(super) cats: Option<CategoryNames>,
    gbtree_model_param: Option<GbtreeParam>,
    /// The number of trees before each round, and of all: absent before 2.0.
    #[serde(default)]
    iteration_indptr: Vec<usize>,
    /// The output of each tree. A booster that is linear has neither.
    tree_info: Option<Vec<i64>>,
    trees: Option<Vec<RawTree>>,
    /// The weights of `dart` since 3.4, which calls the booster `gbtree`; trees beyond them have the weight 1.
    #[serde(default)]
    weight_drop: Vec<f32>,
}

#[derive(Deserialize)]
struct GbtreeParam {
    /// The trees of a round, for each output.
    num_parallel_tree: Option<String>,
}

impl GradientBooster {
    /// Returns the trees with their weights; or what to do about a booster without trees.
    pub(super) fn trees(self) -> Result<TreeModel, String> {
        match (self.name.as_str(), self.model, self.gbtree) {
            ("gbtree", Some(model), _) => Ok(model),
            ("dart", _, Some(Gbtree { model })) => {
                let (weights, trees) = (self.weight_drop, model.raw_trees()?.len());
                if weights.len() != trees {
                    return Err(format!("{} weights of {trees} trees", weights.len()));
                }
                Ok(TreeModel { weight_drop: weights, ..model })
            }
            ("gbtree" | "dart", ..) => Err("no trees in it".to_owned()),
            ("gblinear", ..) => {
                Err("a booster `gblinear`, which has no trees: expected `gbtree` or `dart`; train with one of \
                                     those, or let `plumb train` fit its own regression"
                    .to_owned())
            }
            (other, ..) => Err(format!("a booster `{other}`, expected `gbtree` or `dart`")),
        }
    }
}

impl TreeModel {
    /// Returns the checked trees. Their leaves are multiplied by the trees' weights, and by the signs of their classes.
    pub(super) fn trees(&self, columns: usize, outputs: Outputs) -> Result<Vec<Tree>, String> {
        let (raw, outputs_of) = (self.raw_trees()?, self.tree_info.as_deref().unwrap_or_default());
        if outputs_of.len() != raw.len() {
            return Err(format!("outputs of {} trees, and {} trees", outputs_of.len(), raw.len()));
        }
        let weights = &self.weight_drop;
        if weights.len() > raw.len() || !weights.iter().all(|weight| weight.is_finite()) {
            return Err(format!("{} weights of {} trees, expected a finite one for each", weights.len(), raw.len()));
        }
        let (mut trees, mut size) = (Vec::with_capacity(raw.len()), Size::default());
        for (at, (tree, output)) in raw.iter().zip(outputs_of).enumerate() {
            let factor = outputs.sign(*output)? * weights.get(at).copied().unwrap_or(1.0);
            let mut tree = tree
                .tree(columns)
                .and_then(|tree| size.add(&tree).map(|()| tree))
                .map_err(|why| format!("tree {at}: {why}"))?;
            multiply_leaves(&mut tree, factor).map_err(|why| format!("tree {at}: {why}"))?;
            trees.push(tree);
        }
        Ok(trees)
    }

    fn raw_trees(&self) -> Result<&[RawTree], String> {
        self.trees.as_deref().ok_or_else(|| "no trees in it".to_owned())
    }

    /// Returns the number of trees before each round, and of all.
    pub(super) fn trees_before_rounds(&self, outputs: Outputs) -> Result<Vec<usize>, String> {
        let (trees, known) = (self.raw_trees()?.len(), &self.iteration_indptr);
        if !known.is_empty() {
            let rises = known.is_sorted() && known.first() == Some(&0) && known.last() == Some(&trees);
            return if rises {
                Ok(known.clone())
            } else {
                Err(format!("`iteration_indptr` does not lead to its {trees} trees"))
            };
        }
        let parallel = self.gbtree_model_param.as_ref().and_then(|param| param.num_parallel_tree.as_deref());
        let of_outputs = if outputs == Outputs::TwoClasses { 2_usize } else { 1 };
        let per_round = match parallel.unwrap_or("1").parse::<usize>().ok().map(|count| count.max(1)) {
            Some(count) if trees.is_multiple_of(count * of_outputs) => count * of_outputs,
            _ => return Err(format!("`num_parallel_tree` is {parallel:?}, which does not divide its {trees} trees")),
        };
        Ok((0..=trees / per_round).map(|round| round * per_round).collect())
    }
}

fn multiply_leaves(tree: &mut Tree, factor: f32) -> Result<(), String> {
    if factor == 1.0 {
        return Ok(());
    }
    for node in &mut tree.nodes {
        if let Node::Leaf(value) = node {
            *value *= factor;
            if !value.is_finite() {
                return Err(format!("a leaf times the weight {factor} is too large"));
            }
        }
    }
    Ok(())
}
