//! The way in: labelled rows become a model, and a model scores and explains.

use std::borrow::Cow;
use std::collections::BTreeMap;

use plumb_lead::{Band, FeatureKind, FeatureSet, Interval, Matrix, ModelKind, Score, Threshold};
use serde::{Deserialize, Serialize};

use crate::boosted::Boosted;
use crate::calibration::Calibration;
use crate::ensemble::{self, Ensemble};
use crate::logistic::Logistic;
use crate::rules::Rules;
use crate::{Error, FitProgress, Params, Samples, decision};

/// Something fitted: it scores and explains, nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored")]
pub struct Model {
    /// The columns that it sees.
    pub features: FeatureSet,
    /// What turns a row into a margin.
    pub predictor: Predictor,
    /// What turns a margin into a probability.
    pub calibration: Calibration,
    /// From which score on a lead is worth a call.
    pub threshold: Threshold,
    /// Share of positives among the training rows.
    pub base_rate: f64,
    /// Mean of each feature over the training rows that have it; 0 for a category, and where no row has it.
    pub averages: Vec<f32>,
    /// Its settings, those that a search chose included.
    pub params: BTreeMap<String, String>,
}

/// One of the rungs, fitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predictor {
    /// The team's own points.
    Rules(Rules),
    /// Logistic regression.
    Logistic(Logistic),
    /// Gradient-boosted trees.
    Boosted(Boosted),
    /// The mean of a regression and trees.
    Ensemble(Box<Ensemble>),
}

/// What each feature did to each row's margin: its SHAP values.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The margin of nobody in particular: what all rows start from.
    pub base: f64,
    /// The number of features.
    pub columns: usize,
    /// A contribution a feature, row by row. With the base, those of a row sum to its margin.
    pub contributions: Vec<f64>,
}

/// A fitted model, and what it said of the rows to choose on before it was told of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The model.
    pub model: Model,
    /// The score of each row of `valid` by the fit on `train` alone.
    pub held_out: Vec<f64>,
    /// The same before calibration.
    margins: Vec<f64>,
}

/// Fits a model of each kind. All that is chosen (strength, settings, number of trees, calibration, threshold) is
/// chosen by a fit on `train` alone, on `valid`, later rows that it never saw; then the model is fitted once more by
/// the same recipe on both, because the newest rows are the ones most like those to come. Both need both classes.
/// an ensemble is made of the two other models, so it costs nothing more where these are asked for as well.
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
    let both = Joined::new(train, valid);
    let fitting = Fitting { features, train, valid, both: both.samples(), params, fit_progress };
    let mut fitted: Vec<Fitted> = Vec::new();
    let mut alone: BTreeMap<ModelKind, Alone> = BTreeMap::new();
    for kind in kinds {
        let members: &[ModelKind] = match kind {
            ModelKind::Ensemble => &[ModelKind::Logistic, ModelKind::Xgboost],
            ModelKind::Rules | ModelKind::Logistic | ModelKind::Xgboost => std::slice::from_ref(kind),
        };
        for member in members {
            if !alone.contains_key(member) {
                fit_progress.begins(*member);
                alone.insert(*member, fitting.alone(*member)?);
            }
        }
        let members: Vec<&Alone> = members.iter().filter_map(|member| alone.get(member)).collect();
        fitted.push(fitting.finish(Alone::together(&members))?);
    }
    Ok(fitted)
}

/// Makes a model of trees that were grown elsewhere: they are calibrated, and their threshold is chosen, on `valid`, by
/// what `chosen` says of it. `kept` are the trees of the model: the same, or grown by the same recipe on `valid` as well.
/// Averages and the base rate are those of both parts; nothing is fitted to `train`.
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
    let both = Joined::new(train, valid);
    let fitting = Fitting { features, train, valid, both: both.samples(), params, fit_progress: &|_: ModelKind| () };
    let margins = chosen.margins(valid.matrix)?;
    fitting.finish(Alone { predictor: Predictor::Boosted(kept), settings, margins })
}

impl Model {
    /// Returns the rung of the ladder.
    pub fn kind(&self) -> ModelKind {
        match self.predictor {
            Predictor::Rules(_) => ModelKind::Rules,
            Predictor::Logistic(_) => ModelKind::Logistic,
            Predictor::Boosted(_) => ModelKind::Xgboost,
            Predictor::Ensemble(_) => ModelKind::Ensemble,
        }
    }

    /// Returns each row's margin before calibration: log-odds, or points for rules. It is to the bit what the row's
    /// explanation adds up to.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        let margins = self.predictor.margins(&self.features, &finite(matrix))?;
        Ok(margins.into_iter().map(on_grid).collect())
    }

    /// Returns each row's calibrated probability. It never falls as the margin rises.
    pub fn scores(&self, matrix: &Matrix) -> Result<Vec<Score>, Error> {
        self.scores_of(&self.margins(matrix)?)
    }

    /// Returns the calibrated probability of each margin.
    pub fn scores_of(&self, margins: &[f64]) -> Result<Vec<Score>, Error> {
        let scores = margins.iter().enumerate().map(|(row, margin)| {
            let score = self.calibration.probability(*margin);
            Score::new(score).map_err(|_| Error::Score { score, row })
        });
        scores.collect()
    }

    /// Returns the 95 % interval of each row's probability, given its margin; `None` if the model was stored by a
    /// program that did not keep how sure it was. It says how far other training rows of the same number might have
    /// moved the score. Of trees only the calibration is known to that extent, of an ensemble that and its regression.
    pub fn intervals(&self, matrix: &Matrix, margins: &[f64]) -> Result<Option<Vec<Interval>>, Error> {
        if margins.len() != matrix.rows {
            return Err(Error::Lengths { what: "margins", found: margins.len(), expected: matrix.rows });
        }
        let matrix = finite(matrix);
        let variances = match &self.predictor {
            Predictor::Logistic(logistic) => logistic.variances(&matrix)?,
            Predictor::Ensemble(ensemble) => ensemble.variances(&matrix)?,
            Predictor::Rules(_) | Predictor::Boosted(_) => vec![0.0; matrix.rows],
        };
        if !self.calibration.knows_its_spread() && variances.iter().all(|variance| *variance == 0.0) {
            return Ok(None);
        }
        let intervals = margins.iter().zip(variances);
        Ok(Some(intervals.map(|(margin, variance)| self.calibration.interval(*margin, variance)).collect()))
    }

    /// Returns what each feature did to each row's margin.
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        let margins = self.margins(matrix)?;
        let matrix = finite(matrix);
        let mut explanation = match &self.predictor {
            Predictor::Rules(rules) => rules.explain(&self.features, &matrix)?,
            Predictor::Logistic(logistic) => logistic.explain(&matrix)?,
            Predictor::Boosted(boosted) => boosted.explain(&matrix)?,
            Predictor::Ensemble(ensemble) => ensemble.explain(&matrix)?,
        };
        explanation.settle(&margins);
        Ok(explanation)
    }

    /// Returns the band that a score of this model is in.
    pub fn band(&self, score: Score) -> Band {
        Band::of(score, self.threshold.score)
    }
}

impl Explanation {
    /// Returns the contributions of one row, a feature each. Panics if it is out of range.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.contributions[row * self.columns..(row + 1) * self.columns]
    }

    /// Returns the margin of one row: the base and its contributions. Panics if it is out of range.
    pub fn margin(&self, row: usize) -> f64 {
        self.base + self.row(row).iter().sum::<f64>()
    }

    /// Makes the rows add up to these margins, which are on the grid. What rounding has left over, some billionths of a
    /// thousandth, goes to a row's largest contribution.
    fn settle(&mut self, margins: &[f64]) {
        self.base = on_grid(self.base);
        if self.columns == 0 {
            return;
        }
        for (contributions, margin) in self.contributions.chunks_exact_mut(self.columns).zip(margins) {
            let mut rest = margin - self.base;
            let mut largest = 0;
            for at in 0..contributions.len() {
                contributions[at] = on_grid(contributions[at]);
                rest -= contributions[at];
                if contributions[at].abs() > contributions[largest].abs() {
                    largest = at;
                }
            }
            contributions[largest] += rest;
        }
    }
}

/// Margins and contributions are whole multiples of one over this, 2 to the 40th: then, under 4096 and so for all
/// log-odds there are, their sums are exact, in whatever order somebody adds them up.
const GRID: f64 = (1_u64 << 40) as f64;

fn on_grid(number: f64) -> f64 {
    // A number that is too large for the grid is on it.
    if number.abs() < 4096.0 { (number * GRID).round() / GRID } else { number }
}

impl Predictor {
    pub(crate) fn margins(&self, features: &FeatureSet, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        match self {
            Predictor::Rules(rules) => rules.margins(features, matrix),
            Predictor::Logistic(logistic) => logistic.margins(matrix),
            Predictor::Boosted(boosted) => boosted.margins(matrix),
            Predictor::Ensemble(ensemble) => ensemble.margins(matrix),
        }
    }
}

impl Samples<'_> {
    /// Returns an error unless there are rows of both classes that fit the features, each with a usable weight.
    pub(crate) fn check(&self, features: &FeatureSet, doing: &'static str) -> Result<(), Error> {
        self.check_shape(features, doing)?;
        let rows = self.matrix.rows;
        // A row that counts nothing is as good as absent.
        let counts =
            |class: bool| self.labels.iter().zip(self.weights).any(|(label, weight)| *label == class && *weight > 0.0);
        match (counts(true), counts(false)) {
            (true, true) => Ok(()),
            (false, false) => Err(Error::Weights { weight: 0.0, row: 0 }),
            (positive, _) => {
                Err(Error::OneClass { doing, rows, class: if positive { "positive" } else { "negative" } })
            }
        }
    }

    /// Returns an error unless there are rows that fit the features, each with a label and a usable weight.
    pub(crate) fn check_shape(&self, features: &FeatureSet, doing: &'static str) -> Result<(), Error> {
        let (rows, columns) = (self.matrix.rows, features.features.len());
        if rows == 0 {
            return Err(Error::NoRows { doing });
        }
        if self.matrix.columns != columns {
            return Err(Error::Columns { found: self.matrix.columns, expected: columns });
        }
        let lengths = [("labels", self.labels.len()), ("weights", self.weights.len())];
        if let Some((what, found)) = lengths.into_iter().find(|(_, found)| *found != rows) {
            return Err(Error::Lengths { what, found, expected: rows });
        }
        let unusable = |weight: &f32| !(weight.is_finite() && *weight >= 0.0);
        if let Some(row) = self.weights.iter().position(unusable) {
            return Err(Error::Weights { weight: self.weights[row], row });
        }
        Ok(())
    }
}

/// What the fits of all kinds share.
struct Fitting<'a> {
    features: &'a FeatureSet,
    train: Samples<'a>,
    valid: Samples<'a>,
    both: Samples<'a>,
    params: &'a Params,
    fit_progress: &'a dyn FitProgress,
}

/// One kind's predictor, fitted on all rows, and what its recipe said of the rows to choose on before.
#[derive(Clone)]
struct Alone {
    predictor: Predictor,
    settings: BTreeMap<String, String>,
    margins: Vec<f64>,
}

impl Fitting<'_> {
    fn alone(&self, kind: ModelKind) -> Result<Alone, Error> {
        let Fitting { features, train, valid, both, params, fit_progress } = *self;
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
                let again = Logistic::fit(features, both, rules, chosen.strength())?;
                let settings = one("l2_strength", chosen.strength().to_string());
                (chosen.margins(valid.matrix)?, Predictor::Logistic(again), settings)
            }
            ModelKind::Xgboost | ModelKind::Ensemble => {
                let (chosen, recipe) = Boosted::search(features, train, valid, params, fit_progress)?;
                let again = Boosted::again(features, both, &recipe, params)?;
                (chosen.margins(valid.matrix)?, Predictor::Boosted(again), recipe.describe(features))
            }
        };
        Ok(Alone { predictor, settings, margins })
    }

    fn finish(&self, alone: Alone) -> Result<Fitted, Error> {
        let Alone { predictor, mut settings, margins } = alone;
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

impl Alone {
    /// Returns a regression and trees as an ensemble, and anything else as it is.
    fn together(members: &[&Alone]) -> Alone {
        let first = members[0];
        if let [left, right] = members
            && let (Predictor::Logistic(logistic), Predictor::Boosted(boosted)) = (&left.predictor, &right.predictor)
        {
            let ensemble = Ensemble::new(logistic.clone(), boosted.clone());
            let settings = [&left.settings, &right.settings].into_iter().flatten();
            return Alone {
                predictor: Predictor::Ensemble(Box::new(ensemble)),
                settings: settings.map(|(name, value)| (name.clone(), value.clone())).collect(),
                margins: ensemble::means(&left.margins, &right.margins),
            };
        }
        first.clone()
    }
}

/// The rows of two parts, one after the other.
struct Joined {
    matrix: Matrix,
    labels: Vec<bool>,
    weights: Vec<f32>,
}

impl Joined {
    fn new(first: Samples, second: Samples) -> Joined {
        let values = [first.matrix.values.as_slice(), &second.matrix.values].concat();
        let rows = first.matrix.rows + second.matrix.rows;
        Joined {
            matrix: Matrix { values, rows, columns: first.matrix.columns },
            labels: [first.labels, second.labels].concat(),
            weights: [first.weights, second.weights].concat(),
        }
    }

    fn samples(&self) -> Samples<'_> {
        Samples { matrix: &self.matrix, labels: &self.labels, weights: &self.weights }
    }
}

/// Returns the rows with each infinite value made missing: a division by zero in a feature's SQL says nothing of a
/// lead, and XGBoost refuses such rows.
pub(crate) fn finite(matrix: &Matrix) -> Cow<'_, Matrix> {
    if !matrix.values.iter().any(|value| value.is_infinite()) {
        return Cow::Borrowed(matrix);
    }
    let values = matrix.values.iter().map(|value| if value.is_infinite() { f32::NAN } else { *value }).collect();
    Cow::Owned(Matrix { values, ..*matrix })
}

pub(crate) fn averages(features: &FeatureSet, matrix: &Matrix) -> Vec<f32> {
    let average = |(column, feature): (usize, &plumb_lead::Feature)| {
        if matches!(feature.kind, FeatureKind::Category { .. }) {
            return 0.0;
        }
        let (mut sum, mut count) = (0.0, 0);
        for value in matrix.column(column).filter(|value| !value.is_nan()) {
            sum += f64::from(value);
            count += 1;
        }
        if count == 0 { 0.0 } else { (sum / f64::from(count)) as f32 }
    };
    features.features.iter().enumerate().map(average).collect()
}

/// A model as it is read, before its parts are held against each other.
#[derive(Deserialize)]
struct Stored {
    features: FeatureSet,
    predictor: Predictor,
    calibration: Calibration,
    threshold: Threshold,
    base_rate: f64,
    averages: Vec<f32>,
    params: BTreeMap<String, String>,
}

impl TryFrom<Stored> for Model {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Model, Error> {
        let Stored { features, predictor, calibration, threshold, base_rate, averages, params } = stored;
        let columns = features.features.len();
        let of_predictor = match &predictor {
            Predictor::Rules(rules) => rules.problem(&features),
            Predictor::Logistic(logistic) => logistic.problem(columns),
            Predictor::Boosted(boosted) => boosted.problem(columns),
            Predictor::Ensemble(ensemble) => ensemble.problem(columns),
        };
        let of_averages =
            (averages.len() != columns).then(|| format!("{} averages for {columns} features", averages.len()));
        match of_predictor.or(of_averages).or_else(|| calibration.problem()) {
            Some(why) => Err(Error::Model { why }),
            None => Ok(Model { features, predictor, calibration, threshold, base_rate, averages, params }),
        }
    }
}
