//! A model for a team that has few outcomes or none: too few to set some aside, so nothing is chosen on held-out rows.
//!
//! Without outcomes the team's rules speak, with an assumed share of good leads. With a few, a regression that is drawn
//! to these rules. What replaces held-out rows is the posterior: the strength by the evidence, the threshold by what the
//! scores themselves expect (docs/decisions/0013).

use std::collections::BTreeMap;

use plumb_lead::FeatureSet;

use crate::calibration::Calibration;
use crate::logistic::Logistic;
use crate::model::{Predictor, averages, finite};
use crate::{Error, Model, Params, Samples, decision};

/// Fits a model on few labelled rows. `everyone` are leads with or without an outcome, `few` among them: what the
/// features' values are like is learned from all, and their labels are not looked at.
pub fn fit_cold_start(features: &FeatureSet, few: Samples, everyone: Samples, params: &Params) -> Result<Model, Error> {
    everyone.check_shape(features, "see what leads are like")?;
    if few.matrix.rows > 0 {
        few.check_shape(features, "train")?;
    }
    let (few_matrix, everyone_matrix) = (finite(few.matrix), finite(everyone.matrix));
    let few = Samples { matrix: &few_matrix, ..few };
    let everyone = Samples { matrix: &everyone_matrix, ..everyone };
    let rules = params.rules.as_ref();
    let mut settings = BTreeMap::from([("outcomes".to_owned(), few.labels.len().to_string())]);
    let (predictor, calibration, base_rate) = if few.labels.is_empty() {
        let why = "no outcome is known yet, and there is no table of rules either: write rules.csv or rules.xlsx";
        let rules = rules.ok_or_else(|| Error::Rules { why: why.to_owned() })?;
        let rules = rules.fit(features, everyone.matrix)?;
        let calibration = Calibration::assumed(&rules.margins(features, everyone.matrix)?);
        settings.insert("rules".to_owned(), rules.rules.len().to_string());
        settings.insert("calibration".to_owned(), format!("assumed, not measured: {}", calibration.describe()));
        let base_rate = calibration.rate_assumed();
        (Predictor::Rules(rules), calibration, base_rate)
    } else {
        let logistic = Logistic::of_few(features, few, everyone, rules)?;
        settings.insert("l2_strength".to_owned(), format!("{:.1}, by the evidence", logistic.strength()));
        settings.insert("calibration".to_owned(), "none: the log-odds are those of the posterior".to_owned());
        let positives = few.labels.iter().filter(|label| **label).count();
        (Predictor::Logistic(logistic), Calibration::none(), positives as f64 / few.labels.len() as f64)
    };
    let margins = predictor.margins(features, everyone.matrix)?;
    let scores: Vec<f64> = margins.iter().map(|margin| calibration.probability(*margin)).collect();
    let threshold = decision::expected(&scores, params)?;
    let averages = averages(features, everyone.matrix);
    Ok(Model { features: features.clone(), predictor, calibration, threshold, base_rate, averages, params: settings })
}
