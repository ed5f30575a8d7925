//! `truth.csv`: the true probabilities of each lead, age and target. Nothing else has them, and no model reads them.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::Observation;
use serde::Deserialize;

use super::probabilities::Probabilities;
use crate::calendar::utc;

/// The name of the file in the company's folder.
const FILE: &str = "truth.csv";

/// Writes a line for each lead, age and target; leads by their numbers in the CRM.
pub(crate) fn write(folder: &Path, leads: impl Iterator<Item = (i64, [Probabilities; 3])>) -> Result<()> {
    let path = folder.join(FILE);
    let writing = || format!("cannot write `{}`", path.display());
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).with_context(writing)?);
    writeln!(file, "lead_id,age,as_of,target,probability").with_context(writing)?;
    for (crm_id, ages) in leads {
        for Probabilities { as_of, age, converted, approved } in ages {
            let as_of = utc(as_of);
            writeln!(file, "crm:{crm_id},{age},{as_of},converted,{converted:.6}").with_context(writing)?;
            writeln!(file, "crm:{crm_id},{age},{as_of},approved,{approved:.6}").with_context(writing)?;
        }
    }
    file.flush().with_context(writing)
}

/// The true probabilities by target and observation, as `truth.csv` has them.
#[derive(Debug)]
pub struct TrueProbabilities {
    by_target: HashMap<String, HashMap<Observation, f64>>,
}

/// A line of the file.
#[derive(Deserialize)]
struct Line {
    lead_id: String,
    as_of: DateTime<Utc>,
    target: String,
    probability: f64,
}

impl TrueProbabilities {
    /// Reads `truth.csv` of a company's folder.
    pub fn read(folder: &Path) -> Result<TrueProbabilities> {
        let path = folder.join(FILE);
        let reading = || format!("cannot read `{}`", path.display());
        let mut by_target: HashMap<String, HashMap<Observation, f64>> = HashMap::new();
        for line in csv::Reader::from_path(&path).with_context(reading)?.deserialize() {
            let Line { lead_id, as_of, target, probability } = line.with_context(reading)?;
            by_target.entry(target).or_default().insert(Observation { lead_id, as_of }, probability);
        }
        Ok(TrueProbabilities { by_target })
    }

    /// Returns the probability of each observation; `None` if one of them is missing.
    pub fn of(&self, target: &str, observations: &[Observation]) -> Option<Vec<f64>> {
        let of_target = self.by_target.get(target)?;
        observations.iter().map(|observation| of_target.get(observation).copied()).collect()
    }
}
