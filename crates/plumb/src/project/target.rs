//! A target as the rest of the program has it.

use std::collections::BTreeMap;

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
    /// Features that are known before the outcome, however much they look like a leak.
    pub(crate) known_before: Vec<String>,
    /// Features that models do not see.
    pub(crate) leave_out: Vec<String>,
}

impl Target {
    /// Returns the settings as text, by their keys in `plumb.toml`; those that are not set are left out. A model stores
    /// them, so that one can tell which was changed since it was trained.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        let optimise = match self.optimise {
            Optimise::FBeta => "f_beta",
            Optimise::Cost => "cost",
            Optimise::Capacity => "capacity",
        };
        let stop_on = match self.stop_on {
            StopOn::LogLoss => "log_loss",
            StopOn::AveragePrecision => "average_precision",
            StopOn::FBeta => "f_beta",
            StopOn::Cost => "cost",
        };
        let cost = self.cost.map(|cost| format!("{} and {}", cost.false_positive, cost.false_negative));
        let names = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
        let settings = [
            ("horizon", Some(span(self.horizon))),
            ("cost", cost),
            ("optimise", Some(optimise.to_owned())),
            ("capacity", self.capacity.map(|leads| leads.to_string())),
            ("value", self.value.clone()),
            ("facets", names(&self.facets)),
            ("stop_on", Some(stop_on.to_owned())),
            ("beta", Some(self.beta.to_string())),
            ("known_before", names(&self.known_before)),
            ("leave_out", names(&self.leave_out)),
        ];
        settings.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }
}

/// Returns a span of time as `plumb.toml` has it.
pub(super) fn span(span: TimeDelta) -> String {
    match span.num_hours() {
        hours if hours != 0 && hours % 24 == 0 => format!("{}d", hours / 24),
        hours => format!("{hours}h"),
    }
}

impl From<TargetConfig> for Target {
    fn from(config: TargetConfig) -> Target {
        let TargetConfig { horizon, cost: costs, optimise, capacity, value, facets, stop_on, beta, .. } = config;
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
            known_before: config.known_before,
            leave_out: config.leave_out,
        }
    }
}
