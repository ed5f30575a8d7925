//! XGBoost's model document, which is the same in JSON and in UBJ, checked.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::base_score::intercept;
use super::limits::COLUMNS_MAX;
use super::metadata::{CategoryNames, ModelMetadata};
use super::raw_tree::RawTree;
use super::size::Size;
use crate::trees::tree::Tree;

/// The newest major version of XGBoost whose files are known.
const MAJOR_MAX: u32 = 3;

/// A model that was read and checked.
#[derive(Debug)]
pub(crate) struct ParsedModel {
    pub(crate) columns: usize,
    /// The margin of a row before any tree.
    pub(crate) intercept: f64,
    pub(crate) trees: Vec<Tree>,
    pub(crate) metadata: ModelMetadata,
}

impl ParsedModel {
    /// Returns the model with the trees of the first rounds only.
    pub(super) fn first_rounds(mut self, rounds: usize) -> Result<ParsedModel, String> {
        let known = self.metadata.rounds();
        let trees = self.metadata.trees_after(rounds);
        let trees = trees.ok_or_else(|| format!("{rounds} rounds of {known}, expected a number from 1 to {known}"))?;
        self.trees.truncate(trees);
        Ok(self)
    }
}

/// The document.
#[derive(Deserialize)]
pub(super) struct Document {
    learner: Learner,
    version: Vec<u32>,
}

#[derive(Deserialize)]
struct Learner {
    gradient_booster: GradientBooster,
    learner_model_param: LearnerParam,
    objective: Objective,
    /// Absent before 1.4, as the next two fields are, and empty where no names were given.
    #[serde(default)]
    feature_names: Vec<String>,
    #[serde(default)]
    feature_types: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct GradientBooster {
    name: String,
    /// `None` for other boosters than `gbtree`.
    model: Option<TreeModel>,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

/// Parameters, which XGBoost writes as text.
#[derive(Deserialize)]
struct LearnerParam {
    base_score: String,
    num_class: String,
    num_feature: String,
    /// Absent before 1.6.
    num_target: Option<String>,
}

#[derive(Deserialize)]
struct TreeModel {
    cats: Option<CategoryNames>,
    gbtree_model_param: Option<GbtreeParam>,
    /// The number of trees before each round, and of all: absent before 2.0.
    #[serde(default)]
    iteration_indptr: Vec<usize>,
    tree_info: Vec<i64>,
    trees: Vec<RawTree>,
}

#[derive(Deserialize)]
struct GbtreeParam {
    /// The trees of a round.
    num_parallel_tree: Option<String>,
}

impl Document {
    /// Returns the model, or what is wrong with the document.
    pub(super) fn model(self) -> Result<ParsedModel, String> {
        match self.version[..] {
            [1..=MAJOR_MAX, ..] => {}
            _ => return Err(format!("of version {:?}, expected 1 to {MAJOR_MAX}", self.version)),
        }
        let Learner {
            gradient_booster,
            learner_model_param: param,
            objective,
            feature_names,
            feature_types,
            attributes,
        } = self.learner;
        if gradient_booster.name != "gbtree" {
            return Err(format!("a booster `{}`, expected `gbtree`", gradient_booster.name));
        }
        let columns = param.columns()?;
        let intercept = intercept(&param.base_score, &objective.name)?;
        let model = gradient_booster.model.ok_or("no trees in it")?;
        model.check_outputs()?;
        let metadata = ModelMetadata::new(
            [feature_names, feature_types],
            model.cats.as_ref().map_or(Ok(Vec::new()), CategoryNames::of_columns)?,
            columns,
            objective.name,
            &self.version,
            model.trees_before_rounds()?,
            attributes.get("best_iteration").map(String::as_str),
        )?;
        Ok(ParsedModel { columns, intercept, trees: model.trees(columns)?, metadata })
    }
}

impl LearnerParam {
    /// Returns the number of columns of a model of one output.
    fn columns(&self) -> Result<usize, String> {
        let targets = self.num_target.as_deref().unwrap_or("1");
        if !matches!((self.num_class.as_str(), targets), ("0" | "1", "0" | "1")) {
            let classes = &self.num_class;
            return Err(format!("a model of {classes} classes and {targets} targets, expected one output"));
        }
        let columns = self.num_feature.parse().ok().filter(|columns| (1..=COLUMNS_MAX).contains(columns));
        columns.ok_or_else(|| {
            format!("`num_feature` is `{}`, expected a number from 1 to {COLUMNS_MAX}", self.num_feature)
        })
    }
}

impl TreeModel {
    fn check_outputs(&self) -> Result<(), String> {
        if self.tree_info.len() != self.trees.len() || self.tree_info.iter().any(|output| *output != 0) {
            return Err("trees of several outputs, expected one".to_owned());
        }
        Ok(())
    }

    fn trees(&self, columns: usize) -> Result<Vec<Tree>, String> {
        let (mut trees, mut size) = (Vec::with_capacity(self.trees.len()), Size::default());
        for (at, tree) in self.trees.iter().enumerate() {
            let tree = tree.tree(columns).and_then(|tree| size.add(&tree).map(|()| tree));
            trees.push(tree.map_err(|why| format!("tree {at}: {why}"))?);
        }
        Ok(trees)
    }

    /// Returns the number of trees before each round, and of all.
    fn trees_before_rounds(&self) -> Result<Vec<usize>, String> {
        let (trees, known) = (self.trees.len(), &self.iteration_indptr);
        if !known.is_empty() {
            let rises = known.is_sorted() && known.first() == Some(&0) && known.last() == Some(&trees);
            return if rises {
                Ok(known.clone())
            } else {
                Err(format!("`iteration_indptr` does not lead to its {trees} trees"))
            };
        }
        let parallel = self.gbtree_model_param.as_ref().and_then(|param| param.num_parallel_tree.as_deref());
        let per_round = match parallel.unwrap_or("1").parse::<usize>() {
            Ok(0) => 1,
            Ok(count) if trees.is_multiple_of(count) => count,
            _ => return Err(format!("`num_parallel_tree` is {parallel:?}, which does not divide its {trees} trees")),
        };
        Ok((0..=trees / per_round).map(|round| round * per_round).collect())
    }
}
