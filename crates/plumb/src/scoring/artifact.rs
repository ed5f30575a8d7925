//! What a model's file holds.

use plumb_lake::FeatureSql;
use plumb_learn::Model;
use plumb_learn::drift::Baseline;
use serde::{Deserialize, Serialize};

/// The content of a model's file: all that is needed to score, explain and monitor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Artifact {
    /// What was fitted.
    pub(crate) model: Model,
    /// The target it predicts.
    pub(crate) target: String,
    /// Where its inputs come from.
    pub(crate) inputs: Inputs,
    /// The distribution of its inputs and scores on rows that it was not trained on.
    pub(crate) baseline: Baseline,
}

/// Where a model's inputs come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Inputs {
    /// The columns of a plain table.
    Columns,
    /// Leads and their events, by these features.
    Leads(FeatureSql),
}
