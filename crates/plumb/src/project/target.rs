//! A target as the rest of the program has it.

use chrono::TimeDelta;
use plumb_learn::decision::{Cost, Optimise, StopOn};

use super::config::{CostConfig, OptimiseConfig, StopOnConfig, TargetConfig};

/// What is predicted, and what mistakes cost.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    /// A lead is positive if the outcome comes within this time.
    pub(crate) horizon: TimeDelta,
    /// What the two mistakes cost.
    pub(crate) cost: Option<Cost>,
    /// What the threshold is chosen for.
    pub(crate) optimise: Optimise,
    /// How many leads the team can call in a week.
    pub(crate) capacity: Option<f64>,
    /// The feature that says what a lead is worth if its outcome is positive.
    pub(crate) value: Option<String>,
    /// Features, categories or flags, for whose groups the card has fairness metrics.
    pub(crate) facets: Vec<String>,
    /// By what the settings of a model are chosen.
    pub(crate) stop_on: StopOn,
    /// The beta of F-beta.
    pub(crate) beta: f64,
}

impl From<TargetConfig> for Target {
    fn from(config: TargetConfig) -> Target {
        let TargetConfig { horizon, cost: costs, optimise, capacity, value, facets, stop_on, beta } = config;
        let cost = |CostConfig { false_positive, false_negative }| Cost { false_positive, false_negative };
        Target {
            horizon: horizon.0,
            cost: costs.map(cost),
            optimise: match optimise {
                OptimiseConfig::FBeta => Optimise::FBeta,
                OptimiseConfig::Cost => Optimise::Cost,
                OptimiseConfig::Capacity => Optimise::Capacity,
            },
            capacity,
            value,
            facets,
            stop_on: match stop_on {
                StopOnConfig::LogLoss => StopOn::LogLoss,
                StopOnConfig::AveragePrecision => StopOn::AveragePrecision,
                StopOnConfig::FBeta => StopOn::FBeta,
                StopOnConfig::Cost => StopOn::Cost,
            },
            beta,
        }
    }
}
