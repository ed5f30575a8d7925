//! A few small boosted trees that say quickly how well columns rank rows together, each row scored by trees that it had no
//! part in.

use plumb_lead::{FeatureSet, Matrix, MessageCatalog, Table};
use plumb_xgboost_sys::{Booster, DMatrix};

use super::roc::Roc;
use crate::error::Error;
use crate::samples::{Samples, finite};
use crate::split;
use crate::target_rates::TargetRates;
use crate::tuning::category_columns;

/// Each row is scored by trees that were grown on the two other folds.
const FOLDS: usize = 3;

/// Trees of a model.
const ROUNDS: usize = 30;

/// The parameters that are XGBoost's own; small trees, because only the ranking is asked for.
const PARAMETERS: [(&str, &str); 7] = [
    ("objective", "binary:logistic"),
    ("tree_method", "hist"),
    ("eta", "0.3"),
    ("max_depth", "4"),
    ("min_child_weight", "3"),
    ("lambda", "2"),
    ("nthread", "1"),
];

/// Rows, encoded once, from which models of some of their columns are made.
pub(crate) struct QuickModel {
    matrix: Matrix,
    labels: Vec<bool>,
    /// The columns of categories, each with its number of levels.
    categories: Vec<(usize, usize)>,
    folds: Vec<usize>,
    seed: u64,
}

/// How well some columns rank together, and how much each moves the scores.
pub(super) struct QuickResult {
    pub(super) roc: Roc,
    /// Columns by their mean absolute contribution, the largest first.
    pub(super) by_importance: Vec<usize>,
}

impl QuickModel {
    /// Takes rows with their labels; those of one group share a fold.
    pub(super) fn new(table: &Table, labels: &[bool], groups: &[usize], seed: u64) -> Result<QuickModel, Error> {
        let features = FeatureSet::learn(table, &MessageCatalog::default());
        let (matrix, _) = features.encode(table)?;
        let categories = category_columns(&features);
        let folds = folds(labels.len(), groups, seed)?;
        Ok(QuickModel { matrix: finite(&matrix).into_owned(), labels: labels.to_vec(), categories, folds, seed })
    }

    /// Takes rows that are encoded by a feature set, each of a group of its own.
    pub(crate) fn of_rows(
        features: &FeatureSet,
        matrix: &Matrix,
        labels: &[bool],
        seed: u64,
    ) -> Result<QuickModel, Error> {
        let groups: Vec<usize> = (0..labels.len()).collect();
        let folds = folds(labels.len(), &groups, seed)?;
        let categories = category_columns(features);
        Ok(QuickModel { matrix: finite(matrix).into_owned(), labels: labels.to_vec(), categories, folds, seed })
    }

    /// Returns how well these columns rank together; `None` if there is none.
    pub(super) fn of(&self, columns: &[usize]) -> Result<Option<QuickResult>, Error> {
        if columns.is_empty() {
            return Ok(None);
        }
        let mut margins = vec![0.0; self.labels.len()];
        let mut importance = vec![0.0; columns.len()];
        for fold in 0..FOLDS {
            let rows = |of_fold: bool| (0..margins.len()).filter(move |row| (self.folds[*row] == fold) == of_fold);
            let (known, tested): (Vec<usize>, Vec<usize>) = (rows(false).collect(), rows(true).collect());
            let labels: Vec<bool> = known.iter().map(|row| self.labels[*row]).collect();
            if labels.iter().all(|label| *label == labels[0]) || tested.is_empty() {
                continue;
            }
            let (booster, tested_rows) = self.grown(columns, &known, &labels, &tested)?;
            // Of three folds one is explained: the order of columns hardly differs.
            if fold == 0 {
                for row in booster.contributions(&tested_rows)?.chunks_exact(columns.len() + 1) {
                    row.iter().zip(&mut importance).for_each(|(part, sum)| *sum += f64::from(part.abs()));
                }
            }
            for (row, margin) in tested.iter().zip(booster.margins(&tested_rows)?) {
                margins[*row] = f64::from(margin);
            }
        }
        let mut order: Vec<usize> = (0..columns.len()).collect();
        order.sort_by(|left, right| importance[*right].total_cmp(&importance[*left]));
        let by_importance = order.into_iter().map(|index| columns[index]).collect();
        Ok(Some(QuickResult { roc: Roc::new(&margins, &self.labels), by_importance }))
    }

    /// Returns the AUC of these columns together; 0.5 if there is none.
    pub(crate) fn auc(&self, columns: &[usize]) -> Result<f64, Error> {
        Ok(self.of(columns)?.map_or(0.5, |found| found.roc.auc))
    }

    fn grown(
        &self,
        columns: &[usize],
        known: &[usize],
        labels: &[bool],
        tested: &[usize],
    ) -> Result<(Booster, DMatrix), Error> {
        let place = |column: usize| columns.iter().position(|other| *other == column);
        let categories: Vec<(usize, usize)> =
            self.categories.iter().filter_map(|(column, levels)| Some((place(*column)?, *levels))).collect();
        let known = self.part(columns, known);
        let weights = vec![1.0; labels.len()];
        let (rates, known) = TargetRates::learn(&categories, Samples { matrix: &known, labels, weights: &weights });
        let mut train = DMatrix::from_dense(&known.values, known.rows, known.columns, 1)?;
        train.set_labels(&labels.iter().map(|label| f32::from(u8::from(*label))).collect::<Vec<_>>())?;
        let tested = rates.apply(&self.part(columns, tested)).into_owned();
        let tested = DMatrix::from_dense(&tested.values, tested.rows, tested.columns, 1)?;
        let mut booster = Booster::new(&[&train])?;
        PARAMETERS.iter().try_for_each(|(name, value)| booster.set_param(name, value))?;
        // XGBoost's seed has 63 bits.
        booster.set_param("seed", &(self.seed & (u64::MAX >> 1)).to_string())?;
        (0..ROUNDS).try_for_each(|round| booster.update(round, &train))?;
        Ok((booster, tested))
    }

    fn part(&self, columns: &[usize], rows: &[usize]) -> Matrix {
        let value = |row: usize, column: usize| self.matrix.values[row * self.matrix.columns + column];
        let values = rows.iter().flat_map(|row| columns.iter().map(move |column| value(*row, *column))).collect();
        Matrix { values, rows: rows.len(), columns: columns.len() }
    }
}

/// Returns the fold of each row.
fn folds(rows: usize, groups: &[usize], seed: u64) -> Result<Vec<usize>, Error> {
    let mut folds = vec![0; rows];
    for (fold, split) in split::folds_grouped(rows, groups, FOLDS, seed)?.iter().enumerate() {
        split.test.iter().for_each(|row| folds[*row] = fold);
    }
    Ok(folds)
}
