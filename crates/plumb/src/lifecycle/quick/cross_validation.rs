//! Measures that rest on many fits: cross-validation, where each row is tested once, and retraining at the beginning of
//! each period, where each row is tested by what was known before it.
//!
//! All scores of a kind are pooled before they are measured, so a model that is wrong about the level of a fold or a
//! period pays for it.

use anyhow::{Result, ensure};
use plumb_lead::{Metrics, ModelKind};
use plumb_learn::metrics::{self, Bootstrap};
use plumb_learn::split::{self, Split};
use plumb_learn::{Fitted, Params};
use serde::Serialize;

use super::file_table::{FileTable, FileValues};
use super::fit::{KINDS, fit_kinds};
use super::labelled_table::LabelledTable;
use super::splits::RowFacts;
use super::target::find_name;
use crate::evaluation;

/// Draws behind the intervals.
const RESAMPLES: usize = 200;

/// A period begins only when so many rows of each class are known: before, there is nothing to learn from.
const CLASS_ROWS_MIN: usize = 50;

/// The splits to fit and test.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The splits, in words.
    pub(super) heading: String,
    splits: Vec<Split>,
    in_time_order: bool,
    /// Rows before this one are tested, and not measured.
    measured_from: usize,
}

/// Measures of every kind on all rows that were tested.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PooledMetrics {
    /// The splits, in words.
    pub(crate) heading: String,
    /// The measures of each kind of model.
    pub(crate) models: Vec<PooledModel>,
}

/// Measures of one kind of model.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PooledModel {
    /// The kind.
    pub(crate) kind: ModelKind,
    /// Its measures.
    pub(crate) metrics: Metrics,
}

impl Plan {
    /// Plans a cross-validation on random folds; a group is in one of them.
    pub(super) fn folds(facts: &RowFacts, count: usize, seed: u64) -> Result<Plan> {
        let splits = match &facts.groups {
            Some(groups) => split::folds_grouped(facts.rows, groups, count, seed)?,
            None => split::folds(facts.rows, count, seed)?,
        };
        Ok(Plan { heading: format!("{count} folds by chance"), splits, in_time_order: false, measured_from: 0 })
    }

    /// Plans a retraining before each period. A new one begins where the value of a column changes, in a file in time
    /// order; `rows` are its rows in the table. Measured are the last `newest` rows, or all that could be tested.
    pub(super) fn retraining(
        table: &LabelledTable,
        file: &FileTable,
        rows_of_file: &[usize],
        name: &str,
        newest: Option<usize>,
    ) -> Result<Plan> {
        let name = find_name(file.columns.iter().map(|column| column.plan.name.as_str()), name)?;
        let column = file.columns.iter().find(|column| column.plan.name == name);
        let period = |row: usize| match column.map(|column| &column.values) {
            Some(FileValues::Values(values)) => values.text(rows_of_file[row]),
            Some(FileValues::Timestamps(times)) => Some(times[rows_of_file[row]].to_string()),
            None => None,
        };
        let rows = table.labels.len();
        let changes = (1..rows).filter(|row| period(*row) != period(row - 1));
        let starts: Vec<usize> = changes.filter(|start| knows_enough(&table.labels[..*start])).collect();
        ensure!(
            !starts.is_empty(),
            "--retrain-by `{name}`: its value never changes after {CLASS_ROWS_MIN} rows of each class: expected a \
             column such as the month, in a file in time order"
        );
        let measured_from = newest.map_or(0, |newest| rows.saturating_sub(newest));
        // A period that ends before is never measured, so it need not be fitted.
        let first = starts.partition_point(|start| *start <= measured_from).saturating_sub(1);
        let splits = split::rolling_origin(rows, &starts[first..])?;
        let heading = format!("retrained before each of {} changes of `{name}`", splits.len());
        Ok(Plan { heading, splits, in_time_order: true, measured_from })
    }

    /// Returns how many fits it takes.
    pub(super) fn fits(&self) -> usize {
        self.splits.len()
    }
}

fn knows_enough(labels: &[bool]) -> bool {
    let positives = labels.iter().filter(|label| **label).count();
    positives.min(labels.len() - positives) >= CLASS_ROWS_MIN
}

/// Fits and tests every kind by a plan, without the suspected leaks. `after_fit` is called after each fit, and may end it.
pub(super) fn measure(
    labelled: &LabelledTable,
    plan: &Plan,
    params: &Params,
    after_fit: impl Fn() -> Result<()>,
) -> Result<PooledMetrics> {
    let table = labelled.without_suspects();
    let params = Params { in_time_order: plan.in_time_order, ..params.clone() };
    let mut scores: Vec<Vec<(usize, f64)>> = vec![Vec::new(); KINDS.len()];
    for split in &plan.splits {
        let (fitted, test) = fit_kinds(&table, &labelled.labels, split, &params, |_| {})?;
        for (Fitted { model, .. }, scores) in fitted.iter().zip(&mut scores) {
            scores.extend(split.test.iter().copied().zip(evaluation::scores(model, &test.matrix)?));
        }
        after_fit()?;
    }
    let pooled = KINDS.into_iter().zip(scores).map(|(kind, scores)| {
        let metrics = pool(scores, labelled, plan, &params)?;
        Ok(PooledModel { kind, metrics })
    });
    Ok(PooledMetrics { heading: plan.heading.clone(), models: pooled.collect::<Result<_>>()? })
}

fn pool(mut scores: Vec<(usize, f64)>, labelled: &LabelledTable, plan: &Plan, params: &Params) -> Result<Metrics> {
    scores.retain(|(row, _)| *row >= plan.measured_from);
    let labels: Vec<bool> = scores.iter().map(|(row, _)| labelled.labels[*row]).collect();
    let scores: Vec<f64> = scores.into_iter().map(|(_, score)| score).collect();
    let bootstrap = Some(Bootstrap { resamples: RESAMPLES, seed: params.seed });
    Ok(metrics::evaluate(&scores, &labels, 0.5, params.beta, bootstrap)?)
}
