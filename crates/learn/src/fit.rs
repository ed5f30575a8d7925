//! Fits candidate models side by side on the same rows, and turns trees of another program into a model.

use std::collections::BTreeMap;

use plumb_lead::{FeatureSet, ModelKind};

use crate::boosted::Boosted;
use crate::calibration::Calibration;
use crate::decision;
use crate::ensemble::{self, Ensemble};
use crate::error::Error;
use crate::fit_progress::FitProgress;
use crate::logistic::Logistic;
use crate::model::Model;
use crate::params::Params;
use crate::predictor::Predictor;
use crate::samples::{JoinedSamples, Samples, averages, finite};

/// A fitted model, and its scores of held-out rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The model.
    pub model: Model,
    /// The score of each row of `valid` by the fit on `train` alone.
    pub held_out: Vec<f64>,
    /// The same before calibration.
    margins: Vec<f64>,
}

/// Fits a model of each kind. All that is chosen (strength, hyperparameters, number of trees, calibration, threshold) is
/// chosen by a fit on `train` alone, on `valid`, later rows that it never saw; then the model is fitted once more with the
/// same settings on both, because the newest rows are the ones most like those to come. Both need both classes. An
/// ensemble is made of the two other models, so it costs nothing more where these are fitted as well.
pub fn fit(
    kinds: &[ModelKind],
    features: &FeatureSet,
    train: Samples,
    valid: Samples,
    params: &Params,
    fit_progress: &dyn FitProgress,
) -> Result<Vec<Fitted>, Error> {
    train.check(features, "train")?;
    valid.check(features, "choose on")?;
    let (train_matrix, valid_matrix) = (finite(train.matrix), finite(valid.matrix));
    let train = Samples { matrix: &train_matrix, ..train };
    let valid = Samples { matrix: &valid_matrix, ..valid };
    let both = JoinedSamples::new(train, valid);
    let inputs = FitInputs { features, train, valid, both: both.samples(), params, fit_progress };
    let mut fitted: Vec<Fitted> = Vec::new();
    let mut candidates: BTreeMap<ModelKind, Candidate> = BTreeMap::new();
    for kind in kinds {
        let members: &[ModelKind] = match kind {
            ModelKind::Ensemble => &[ModelKind::Logistic, ModelKind::Xgboost],
            ModelKind::Rules | ModelKind::Logistic | ModelKind::Xgboost => std::slice::from_ref(kind),
        };
        for member in members {
            if !candidates.contains_key(member) {
                fit_progress.begins(*member);
                candidates.insert(*member, inputs.fit(*member)?);
            }
        }
        let members: Vec<&Candidate> = members.iter().filter_map(|member| candidates.get(member)).collect();
        fitted.push(inputs.finish(Candidate::combine(&members))?);
    }
    Ok(fitted)
}

/// Makes a model of trees that were trained elsewhere: `chosen` decides the calibration and the threshold, on `valid`.
/// `kept` are the trees of the model: the same, or grown with the same settings on `valid` as well. Averages and the base
/// rate are those of both parts; nothing is fitted to `train`.
pub fn import(
    [chosen, kept]: [Boosted; 2],
    features: &FeatureSet,
    train: Samples,
    valid: Samples,
    params: &Params,
    settings: BTreeMap<String, String>,
) -> Result<Fitted, Error> {
    train.check(features, "describe")?;
    valid.check(features, "choose on")?;
    if let Some(why) = [&chosen, &kept].into_iter().find_map(|trees| trees.problem(features.features.len())) {
        return Err(Error::Trees { why });
    }
    let (train_matrix, valid_matrix) = (finite(train.matrix), finite(valid.matrix));
    let train = Samples { matrix: &train_matrix, ..train };
    let valid = Samples { matrix: &valid_matrix, ..valid };
    let both = JoinedSamples::new(train, valid);
    let inputs = FitInputs { features, train, valid, both: both.samples(), params, fit_progress: &|_: ModelKind| () };
    let margins = chosen.margins(valid.matrix)?;
    inputs.finish(Candidate { predictor: Predictor::Boosted(kept), settings, margins })
}

/// What the fits of all kinds share.
struct FitInputs<'a> {
    features: &'a FeatureSet,
    train: Samples<'a>,
    valid: Samples<'a>,
    both: Samples<'a>,
    params: &'a Params,
    fit_progress: &'a dyn FitProgress,
}

/// A predictor fitted on all rows, and the margins of the rows to choose on by the fit before.
#[derive(Clone)]
struct Candidate {
    predictor: Predictor,
    settings: BTreeMap<String, String>,
    margins: Vec<f64>,
}

impl FitInputs<'_> {
    /// Fits one kind; an ensemble is combined of others instead.
    fn fit(&self, kind: ModelKind) -> Result<Candidate, Error> {
        let FitInputs { features, train, valid, both, params, fit_progress } = *self;
        let one = |name: &str, value: String| BTreeMap::from([(name.to_owned(), value)]);
        let (margins, predictor, settings) = match kind {
            ModelKind::Rules => {
                let why = "the project has none; add a table of rules to plumb.toml";
                let rules = params.rules.as_ref().ok_or_else(|| Error::Rules { why: why.to_owned() })?;
                let rules = rules.fit(features, both.matrix)?;
                let settings = one("rules", rules.rules.len().to_string());
                (rules.margins(features, valid.matrix)?, Predictor::Rules(rules), settings)
            }
            ModelKind::Logistic => {
                let rules = params.rules.as_ref();
                let chosen = Logistic::search(features, train, valid, rules)?;
                let refitted = Logistic::fit(features, both, rules, chosen.strength())?;
                let settings = one("l2_strength", chosen.strength().to_string());
                (chosen.margins(valid.matrix)?, Predictor::Logistic(refitted), settings)
            }
            ModelKind::Xgboost | ModelKind::Ensemble => {
                let (chosen, tuned) = Boosted::search(features, train, valid, params, fit_progress)?;
                let refitted = Boosted::refit(features, both, &tuned, params)?;
                (chosen.margins(valid.matrix)?, Predictor::Boosted(refitted), tuned.describe(features))
            }
        };
        Ok(Candidate { predictor, settings, margins })
    }

    /// Calibrates a candidate and chooses its threshold.
    fn finish(&self, candidate: Candidate) -> Result<Fitted, Error> {
        let Candidate { predictor, mut settings, margins } = candidate;
        let calibration = Calibration::fit(&margins, self.valid)?;
        let held_out: Vec<f64> = margins.iter().map(|margin| calibration.probability(*margin)).collect();
        let threshold = decision::choose(&held_out, self.valid.labels, self.params)?;
        settings.insert("calibration".to_owned(), calibration.describe());
        let labels = self.both.labels;
        let base_rate = labels.iter().filter(|label| **label).count() as f64 / labels.len() as f64;
        let (features, averages) = (self.features.clone(), averages(self.features, self.both.matrix));
        let model = Model { features, predictor, calibration, threshold, base_rate, averages, params: settings };
        Ok(Fitted { model, held_out, margins })
    }
}

impl Candidate {
    /// Returns a regression and trees as an ensemble, and anything else as it is.
    fn combine(members: &[&Candidate]) -> Candidate {
        let first = members[0];
        if let [left, right] = members
            && let (Predictor::Logistic(logistic), Predictor::Boosted(boosted)) = (&left.predictor, &right.predictor)
        {
            let ensemble = Ensemble::new(logistic.clone(), boosted.clone());
            let settings = [&left.settings, &right.settings].into_iter().flatten();
            return Candidate {
                predictor: Predictor::Ensemble(Box::new(ensemble)),
                settings: settings.map(|(name, value)| (name.clone(), value.clone())).collect(),
                margins: ensemble::means(&left.margins, &right.margins),
            };
        }
        first.clone()
    }
}
