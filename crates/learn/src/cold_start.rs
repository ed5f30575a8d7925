//! Cold start: a model for a team that has few outcomes or none, too few to hold some out to choose anything on.
//!
//! Without outcomes the model is the team's rules, with an assumed share of good leads. With a few, it is a regression whose
//! prior are these rules. The posterior replaces held-out rows: the strength is weighted by the evidence, the threshold
//! follows from what the scores let expect (docs/decisions/0013).

use std::collections::BTreeMap;

use plumb_lead::FeatureSet;

use crate::calibration::Calibration;
use crate::decision;
use crate::error::Error;
use crate::logistic::Logistic;
use crate::model::Model;
use crate::params::Params;
use crate::predictor::Predictor;
use crate::samples::{Samples, averages, finite};

/// Fits a model on few labelled rows. `population` are leads with or without an outcome, the labelled ones among them: the
/// encodings of features are learned from all, and the labels of the population are not used.
pub fn fit_cold_start(
    features: &FeatureSet,
    labelled: Samples,
    population: Samples,
    params: &Params,
) -> Result<Model, Error> {
    population.check_shape(features, "see what leads are like")?;
    if labelled.matrix.rows > 0 {
        labelled.check_shape(features, "train")?;
    }
    let (labelled_matrix, population_matrix) = (finite(labelled.matrix), finite(population.matrix));
    let labelled = Samples { matrix: &labelled_matrix, ..labelled };
    let population = Samples { matrix: &population_matrix, ..population };
    let rules = params.rules.as_ref();
    let mut settings = BTreeMap::from([("outcomes".to_owned(), labelled.labels.len().to_string())]);
    let (predictor, calibration, base_rate) = if labelled.labels.is_empty() {
        let why = "no outcome is known yet, and there is no table of rules either: write rules.csv or rules.xlsx";
        let rules = rules.ok_or_else(|| Error::Rules { why: why.to_owned() })?;
        let rules = rules.fit(features, population.matrix)?;
        let calibration = Calibration::assumed(&rules.margins(features, population.matrix)?);
        settings.insert("rules".to_owned(), rules.rules.len().to_string());
        settings.insert("calibration".to_owned(), format!("assumed, not measured: {}", calibration.describe()));
        let base_rate = calibration.assumed_rate();
        (Predictor::Rules(rules), calibration, base_rate)
    } else {
        let logistic = Logistic::fit_cold_start(features, labelled, population, rules)?;
        settings.insert("l2_strength".to_owned(), format!("{:.1}, by the evidence", logistic.strength()));
        settings.insert("calibration".to_owned(), "none: the log-odds are those of the posterior".to_owned());
        let positives = labelled.labels.iter().filter(|label| **label).count();
        let base_rate = positives as f64 / labelled.labels.len() as f64;
        (Predictor::Logistic(logistic), Calibration::identity(), base_rate)
    };
    let margins = predictor.margins(features, population.matrix)?;
    let scores: Vec<f64> = margins.iter().map(|margin| calibration.probability(*margin)).collect();
    let threshold = decision::expected(&scores, params)?;
    let averages = averages(features, population.matrix);
    Ok(Model { features: features.clone(), predictor, calibration, threshold, base_rate, averages, params: settings })
}
