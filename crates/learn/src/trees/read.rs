//! XGBoost's model document, checked: whatever is not understood is an error, never a wrong score.
//!
//! The document is the same in JSON and in UBJ. Only nodes that can be reached from a root are looked at, since pruning
//! leaves others behind.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::about::{About, Cats};
use super::raw_tree::RawTree;
use super::tree::Tree;
use super::{json, ubj};

/// The newest major version whose files are known.
const MAJOR_MAX: u32 = 3;

/// The deepest nesting of a document that is followed. A model has less than ten levels.
pub(super) const NESTING_MAX: usize = 64;

/// The most columns: tables name them in 16 bits, and a row is held whole.
const COLUMNS_MAX: usize = u16::MAX as usize;

/// A model as it was read.
#[derive(Debug)]
pub(super) struct Forest {
    pub(super) columns: usize,
    /// The margin of a row before any tree.
    pub(super) intercept: f64,
    pub(super) trees: Vec<Tree>,
    pub(super) about: About,
}

impl Forest {
    /// Returns the trees of the first rounds only.
    pub(super) fn first_rounds(mut self, rounds: usize) -> Result<Forest, String> {
        let known = self.about.rounds();
        let trees = self.about.trees_after(rounds);
        let trees = trees.ok_or_else(|| format!("{rounds} rounds of {known}, expected a number from 1 to {known}"))?;
        self.trees.truncate(trees);
        Ok(self)
    }
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
    /// This and what follows is absent before 1.4, and empty where no names were given.
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
    fn forest(self) -> Result<Forest, String> {
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
        if model.tree_info.len() != model.trees.len() || model.tree_info.iter().any(|output| *output != 0) {
            return Err("trees of several outputs, expected one".to_owned());
        }
        let about = About::new(
            [feature_names, feature_types],
            model.cats.as_ref().map_or(Ok(Vec::new()), Cats::words)?,
            columns,
            objective.name,
            &self.version,
            model.trees_before_rounds()?,
            attributes.get("best_iteration").map(String::as_str),
        )?;
        let read = |(at, tree): (usize, &RawTree)| tree.tree(columns).map_err(|why| format!("tree {at}: {why}"));
        let trees = model.trees.iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Forest { columns, intercept, trees, about })
    }
}

impl Model {
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
        let of_a_round = self.gbtree_model_param.as_ref().and_then(|param| param.num_parallel_tree.as_deref());
        let of_a_round = match of_a_round.unwrap_or("1").parse::<usize>() {
            Ok(0) => 1,
            Ok(count) if trees.is_multiple_of(count) => count,
            _ => return Err(format!("`num_parallel_tree` is {of_a_round:?}, which does not divide its {trees} trees")),
        };
        Ok((0..=trees / of_a_round).map(|round| round * of_a_round).collect())
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
        "binary:logitraw" | "reg:squarederror" | "reg:linear" | "rank:pairwise" | "rank:ndcg" | "rank:map" => {
            f64::from(number)
        }
        "binary:logistic" | "reg:logistic" => return Err(format!("`base_score` is `{base_score}`, expected 0 to 1")),
        _ => return Err(format!("the objective `{objective}`, which is not known here")),
    };
    let finite = Some(intercept).filter(|intercept| intercept.is_finite());
    finite.ok_or_else(|| format!("`base_score` is `{base_score}`, which `{objective}` cannot start from"))
}
