//! Figures that rest on many fits: cross-validation, where each row is tested once, and the retraining at the beginning
//! of each period, where each row is tested by what was known before it.
//!
//! All scores of a kind are pooled before they are measured, so a model that is wrong about the level of a fold or a
//! period pays for it.

use std::fmt::Write;

use anyhow::{Result, ensure};
use plumb_lead::{Metric, Metrics, ModelKind, Table};
use plumb_learn::metrics::{self, Bootstrap};
use plumb_learn::split::{self, Split};
use plumb_learn::{Fitted, Params};

use super::contest::{self, Entrants, KINDS};
use super::target::named;
use crate::card;

/// Draws behind the intervals.
const RESAMPLES: usize = 200;

/// A period begins only when so many rows of each class are known: before, there is nothing to learn from.
const CLASS_ROWS_MIN: usize = 50;

/// What is to be measured.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// What it is, for the heading.
    pub(super) heading: String,
    splits: Vec<Split>,
    in_time_order: bool,
    /// Rows before this one are tested, and not measured.
    measured_from: usize,
}

/// A kind of model on all rows that were tested.
#[derive(Clone, Debug)]
pub(super) struct Pooled {
    kind: ModelKind,
    metrics: Metrics,
}

impl Plan {
    /// Plans a cross-validation by chance.
    pub(super) fn folds(rows: usize, count: usize, seed: u64) -> Result<Plan> {
        let splits = split::folds(rows, count, seed)?;
        Ok(Plan { heading: format!("{count} folds by chance"), splits, in_time_order: false, measured_from: 0 })
    }

    /// Plans a retraining before each period. A new one begins where the value of `column` in `periods`, a table in
    /// time order, changes. Measured are the last `newest` rows, or all that could be tested.
    pub(super) fn retraining(
        entrants: &Entrants,
        periods: &Table,
        column: &str,
        newest: Option<usize>,
    ) -> Result<Plan> {
        let values = &named(periods, column)?.values;
        let rows = entrants.labels.len();
        let changes = (1..rows).filter(|row| values.text(*row) != values.text(row - 1));
        let starts: Vec<usize> = changes.filter(|start| knows_enough(&entrants.labels[..*start])).collect();
        ensure!(
            !starts.is_empty(),
            "--retrain-by `{column}`: its value never changes after {CLASS_ROWS_MIN} rows of each class: expected a \
             column such as the month, in a file in time order"
        );
        let measured_from = newest.map_or(0, |newest| rows.saturating_sub(newest));
        // A period that ends before is never measured, so it need not be fitted.
        let first = starts.partition_point(|start| *start <= measured_from).saturating_sub(1);
        let splits = split::rolling_origin(rows, &starts[first..])?;
        let heading = format!("retrained before each of {} changes of `{column}`", splits.len());
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

/// Fits and tests every kind by a plan, without the suspected leaks; `after_fit` is called after each of its fits.
pub(super) fn measure(entrants: &Entrants, plan: &Plan, params: &Params, after_fit: impl Fn()) -> Result<Vec<Pooled>> {
    let table = entrants.without_suspects();
    let params = Params { in_time_order: plan.in_time_order, ..params.clone() };
    let mut scores: Vec<Vec<(usize, f64)>> = vec![Vec::new(); KINDS.len()];
    for split in &plan.splits {
        let (fitted, test) = contest::fit_and_test(&table, &entrants.labels, split, &params, |_| {})?;
        for (Fitted { model, .. }, scores) in fitted.iter().zip(&mut scores) {
            scores.extend(split.test.iter().copied().zip(card::scores(model, &test.matrix)?));
        }
        after_fit();
    }
    KINDS.into_iter().zip(scores).map(|(kind, scores)| pooled(kind, scores, entrants, plan, &params)).collect()
}

fn pooled(
    kind: ModelKind,
    mut scores: Vec<(usize, f64)>,
    entrants: &Entrants,
    plan: &Plan,
    params: &Params,
) -> Result<Pooled> {
    scores.retain(|(row, _)| *row >= plan.measured_from);
    let labels: Vec<bool> = scores.iter().map(|(row, _)| entrants.labels[*row]).collect();
    let scores: Vec<f64> = scores.into_iter().map(|(_, score)| score).collect();
    let bootstrap = Some(Bootstrap { resamples: RESAMPLES, seed: params.seed });
    Ok(Pooled { kind, metrics: metrics::evaluate(&scores, &labels, 0.5, params.beta, bootstrap)? })
}

/// Returns the figures as aligned text.
pub(super) fn told(plan: &Plan, all: &[Pooled]) -> String {
    let mut text = String::new();
    if let Some(Pooled { metrics, .. }) = all.first() {
        let share = 100.0 * metrics.positives as f64 / metrics.rows.max(1) as f64;
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "{} ({} rows pooled, {share:.1} % positive; 95 % intervals)", plan.heading, metrics.rows);
        let _ = writeln!(text, "{:<10} {:>21} {:>21} {:>21} {:>21}", "", "AUC", "avg prec", "Brier", "log loss");
    }
    for Pooled { kind, metrics } in all {
        let _ = writeln!(
            text,
            "{:<10} {:>21} {:>21} {:>21} {:>21}",
            kind.word(),
            with_interval(&metrics.auc),
            with_interval(&metrics.average_precision),
            with_interval(&metrics.brier),
            with_interval(&metrics.log_loss),
        );
    }
    text
}

fn with_interval(metric: &Metric) -> String {
    match metric.interval {
        Some(interval) => format!("{:.4} ({:.3}-{:.3})", metric.value, interval.low, interval.high),
        None => format!("{:.4}", metric.value),
    }
}
