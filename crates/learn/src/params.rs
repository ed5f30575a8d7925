//! The settings of a fit and of its decision.

use crate::objective::{Cost, Optimise, StopOn};
use crate::rules::Rules;

/// How to fit and to decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    /// Seed of everything random.
    pub seed: u64,
    /// The beta of F-beta; under 1 leans to precision.
    pub beta: f64,
    /// What mistakes cost; needed when `optimise` is [`Optimise::Cost`].
    pub cost: Option<Cost>,
    /// What the threshold is chosen for.
    pub optimise: Optimise,
    /// Whether the rows are in time order, and the model is for rows that come after them: then time proxies are hidden
    /// from the trees.
    pub in_time_order: bool,
    /// The share of the leads that the team can call; needed when `optimise` is [`Optimise::Capacity`].
    pub capacity: Option<f64>,
    /// The measure by which the settings of a model and the number of its trees are chosen.
    pub stop_on: StopOn,
    /// Threads for boosted trees; 0 is one for each core.
    pub threads: usize,
    /// The most trees a boosted model may have.
    pub rounds_max: usize,
    /// The most hyperparameter trials of the boosted model.
    pub search_trials: usize,
    /// The team's own rules; needed for [`plumb_lead::ModelKind::Rules`], and the prior of a regression.
    pub rules: Option<Rules>,
}
