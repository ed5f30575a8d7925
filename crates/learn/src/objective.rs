//! What models and thresholds are chosen by: costs, capacity, measures.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::metrics::Called;

/// What the two mistakes cost, in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    /// A call that leads nowhere.
    pub false_positive: f64,
    /// A good lead that was not called.
    pub false_negative: f64,
}

/// What the threshold is chosen for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimise {
    /// The largest F-beta on held-out rows.
    #[default]
    FBeta,
    /// The smallest expected cost.
    Cost,
    /// The best leads, as many as the team can call.
    Capacity,
}

/// The measure by which the settings of a model and the number of its trees are chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopOn {
    /// Log loss after the best shift: it needs good probabilities everywhere, and is the least noisy.
    #[default]
    LogLoss,
    /// Average precision.
    AveragePrecision,
    /// F-beta at its best threshold.
    FBeta,
    /// The cost a lead at its best threshold.
    Cost,
}

impl Cost {
    /// Returns the cost of all mistakes when these rows are called, of so many positives in all.
    pub(crate) fn of(self, called: Called, positives: usize) -> f64 {
        let (wasted, missed) = (called.rows - called.positives, positives - called.positives);
        wasted as f64 * self.false_positive + missed as f64 * self.false_negative
    }
}

/// Returns the costs, if they are given and usable.
pub(crate) fn usable_cost(cost: Option<Cost>) -> Result<Cost, Error> {
    const EXPECTED: &str = "false_positive and false_negative, both numbers from 0 up and not both 0";
    let wrong = |found: String| Error::Parameter { name: "cost", found, expected: EXPECTED };
    let cost = cost.ok_or_else(|| wrong("not given".to_owned()))?;
    let Cost { false_positive, false_negative } = cost;
    let usable = |cost: f64| cost.is_finite() && cost >= 0.0;
    if !usable(false_positive) || !usable(false_negative) || false_positive + false_negative <= 0.0 {
        return Err(wrong(format!("{false_positive} and {false_negative}")));
    }
    Ok(cost)
}

/// Returns the share of the leads that the team can call, if it is given and usable.
pub(crate) fn usable_capacity(capacity: Option<f64>) -> Result<f64, Error> {
    let wrong = |found: String| {
        let expected = "the share of the leads that the team can call, over 0 and at most 1";
        Error::Parameter { name: "capacity", found, expected }
    };
    let share = capacity.ok_or_else(|| wrong("not given".to_owned()))?;
    if !(share > 0.0 && share <= 1.0) {
        return Err(wrong(share.to_string()));
    }
    Ok(share)
}
