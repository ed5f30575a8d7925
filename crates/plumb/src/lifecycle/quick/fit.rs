//! Fits every kind of model on some rows of a table.

use anyhow::Result;
use plumb_lead::{FeatureSet, Matrix, MessageCatalog, ModelKind, Table};
use plumb_learn::split::Split;
use plumb_learn::{Fitted, Model, Params, Samples};

/// The kinds that need nothing but a table: there is no scorecard here.
pub(super) const KINDS: [ModelKind; 3] = [ModelKind::Logistic, ModelKind::Xgboost, ModelKind::Ensemble];

/// Some rows with their labels; each counts the same.
pub(super) struct Part {
    pub(super) matrix: Matrix,
    pub(super) labels: Vec<bool>,
    weights: Vec<f32>,
}

/// Fits every kind on the train and valid parts of a split, and returns the rows to test on as the models see them.
pub(super) fn fit_kinds(
    table: &Table,
    labels: &[bool],
    split: &Split,
    params: &Params,
    before_fit: impl Fn(ModelKind),
) -> Result<(Vec<Fitted>, Part)> {
    let features = FeatureSet::learn(&table.select(&split.train), &MessageCatalog::default());
    let (matrix, _) = features.encode(table)?;
    let [train, valid, test] = [&split.train, &split.valid, &split.test].map(|rows| Part::of(&matrix, labels, rows));
    let fitted = plumb_learn::fit(&KINDS, &features, train.samples(), valid.samples(), params, &before_fit)?;
    Ok((fitted, test))
}

/// Fits one kind on all rows, the newest to choose on; `None` if these are all of one class.
pub(super) fn fit_for_use(
    table: &Table,
    labels: &[bool],
    split: &Split,
    kind: ModelKind,
    params: &Params,
) -> Result<Option<Model>> {
    let features = FeatureSet::learn(&table.select(&split.train), &MessageCatalog::default());
    let (matrix, _) = features.encode(table)?;
    let [train, valid] = [&split.train, &split.valid].map(|rows| Part::of(&matrix, labels, rows));
    match plumb_learn::fit(&[kind], &features, train.samples(), valid.samples(), params, &|_: ModelKind| ()) {
        Ok(fitted) => Ok(fitted.into_iter().next().map(|fitted| fitted.model)),
        Err(plumb_learn::Error::OneClass { .. } | plumb_learn::Error::NoRows { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Part {
    fn of(matrix: &Matrix, labels: &[bool], rows: &[usize]) -> Part {
        Part {
            matrix: matrix.select(rows),
            labels: rows.iter().map(|row| labels[*row]).collect(),
            weights: vec![1.0; rows.len()],
        }
    }

    fn samples(&self) -> Samples<'_> {
        Samples { matrix: &self.matrix, labels: &self.labels, weights: &self.weights }
    }
}
