//! The demo company's true probabilities, which no model sees.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::Observation;
use serde::Deserialize;

/// True probabilities by target and observation.
pub(super) struct Truth {
    by_target: HashMap<String, HashMap<Observation, f64>>,
}

/// A line of `truth.csv`.
#[derive(Deserialize)]
struct Line {
    lead_id: String,
    as_of: DateTime<Utc>,
    target: String,
    probability: f64,
}

impl Truth {
    /// Reads `truth.csv`.
    pub(super) fn read(path: &Path) -> Result<Truth> {
        let reading = || format!("cannot read `{}`", path.display());
        let mut by_target: HashMap<String, HashMap<Observation, f64>> = HashMap::new();
        for line in csv::Reader::from_path(path).with_context(reading)?.deserialize() {
            let Line { lead_id, as_of, target, probability } = line.with_context(reading)?;
            by_target.entry(target).or_default().insert(Observation { lead_id, as_of }, probability);
        }
        Ok(Truth { by_target })
    }

    /// Returns the probability of each observation; `None` if one is not known.
    pub(super) fn of(&self, target: &str, observations: &[Observation]) -> Option<Vec<f64>> {
        let known = self.by_target.get(target)?;
        observations.iter().map(|observation| known.get(observation).copied()).collect()
    }
}
