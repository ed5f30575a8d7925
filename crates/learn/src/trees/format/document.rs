//! XGBoost's model document, which is the same in JSON and in UBJ, checked.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::base_score::intercept;
use super::booster::GradientBooster;
use super::limits::COLUMNS_MAX;
use super::metadata::{CategoryNames, ModelMetadata};
use super::outputs::Outputs;
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
        let (columns, outputs) = (param.columns()?, param.outputs(&objective.name)?);
        let intercept = match outputs {
            Outputs::One => intercept(&param.base_score, &objective.name)?,
            Outputs::TwoClasses => outputs.intercept(&param.base_score)?,
        };
        let model = gradient_booster.trees()?;
        let metadata = ModelMetadata::new(
            [feature_names, feature_types],
            model.cats.as_ref().map_or(Ok(Vec::new()), CategoryNames::of_columns)?,
            columns,
            objective.name,
            &self.version,
            model.trees_before_rounds(outputs)?,
            attributes.get("best_iteration").map(String::as_str),
        )?;
        let trees = model.trees(columns, outputs)?;
        Ok(ParsedModel { columns, intercept, trees, metadata })
    }
}

impl LearnerParam {
    /// Returns the outputs of the trees.
    fn outputs(&self, objective: &str) -> Result<Outputs, String> {
        let targets = self.num_target.as_deref().unwrap_or("1");
        Outputs::of(&self.num_class, targets, objective)
    }

    /// Returns the number of columns.
    fn columns(&self) -> Result<usize, String> {
        let columns = self.num_feature.parse().ok().filter(|columns| (1..=COLUMNS_MAX).contains(columns));
        columns.ok_or_else(|| {
            format!("`num_feature` is `{}`, expected a number from 1 to {COLUMNS_MAX}", self.num_feature)
        })
    }
}
