//! From a CSV file to a leaderboard and a saved model.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use plumb_lake::csv_table::{self, CsvTable};
use plumb_lead::{LeakEvidence, ModelCard};
use plumb_learn::Params;
use plumb_learn::decision::{Optimise, StopOn};
use serde::Serialize;

use super::cross_validation::{self, Plan, PooledMetrics};
use super::labelled_table::{ColumnChoice, LabelledTable};
use super::leaderboard::{self, Leaderboard, LeaderboardGroup};
use super::save::{Winner, save};
use super::target::Target;
use crate::blocking::run_blocking;
use crate::lifecycle::progress::{Progress, SharedProgress};

/// The threshold leans to precision: a call that leads nowhere costs more than a lead that is missed.
pub(crate) const BETA: f64 = 0.5;

/// Enough trees for a first model; early stopping mostly ends sooner.
const ROUNDS_MAX: usize = 300;

/// Settings of the boosted model that are tried: a first model should take seconds.
const SEARCH_TRIALS: usize = 3;

/// What is to be learned from which file.
#[derive(Clone, Debug)]
pub(crate) struct QuickRequest {
    /// A CSV file whose first line names the columns.
    pub(crate) file: PathBuf,
    /// The column to predict.
    pub(crate) target: String,
    /// Which of its two values is positive; yes, true or 1, or else the rarer one unless it is given.
    pub(crate) positive: Option<String>,
    /// Columns to leave out, and columns that are no leaks.
    pub(crate) columns: ColumnChoice,
    /// The number of folds, to measure by cross-validation as well.
    pub(crate) folds: Option<usize>,
    /// A column at whose changes models are fitted anew, to measure retraining as well.
    pub(crate) retrain_by: Option<String>,
    /// How many of the last rows retraining is measured on; all unless it is given.
    pub(crate) newest: Option<usize>,
    /// Seed of everything random.
    pub(crate) seed: u64,
    /// The data folder for the model; `plumb-quick/` and the file's name unless it is given.
    pub(crate) out: Option<PathBuf>,
}

/// The outcome: the leaderboard and the saved model.
#[derive(Debug, Serialize)]
pub(crate) struct QuickOutcome {
    /// The file.
    pub(crate) file: FileSummary,
    /// The target.
    pub(crate) target: TargetSummary,
    /// Columns suspected to reveal the outcome.
    pub(crate) leaks: Vec<LeakEvidence>,
    /// The models that were fitted.
    pub(crate) leaderboard: Vec<LeaderboardGroup>,
    /// Cross-validation and retraining, as far as they were asked for.
    pub(crate) pooled: Vec<PooledMetrics>,
    /// The card of the saved model.
    pub(crate) model: ModelCard,
    /// The data folder in which it is saved.
    pub(crate) folder: PathBuf,
    /// A warning if it is much worse on the last rows of the file.
    pub(crate) drift_warning: Option<String>,
}

/// A file that was read.
#[derive(Debug, Serialize)]
pub(crate) struct FileSummary {
    /// Its path.
    pub(crate) path: PathBuf,
    /// Rows that were read.
    pub(crate) rows: usize,
    /// Columns.
    pub(crate) columns: usize,
    /// What separates the columns.
    pub(crate) delimiter: char,
    /// Rows that could not be read, each with its line and why.
    pub(crate) rejected: Vec<String>,
}

/// A target that was read.
#[derive(Debug, Serialize)]
pub(crate) struct TargetSummary {
    /// The column.
    pub(crate) column: String,
    /// Its positive value.
    pub(crate) positive: String,
    /// Why that value is positive.
    pub(crate) why: String,
    /// The share of positives.
    pub(crate) base_rate: f64,
    /// Rows in which the target is missing.
    pub(crate) rows_missing: usize,
}

/// Fits first models to a file, and saves the best.
pub(crate) async fn quick(request: QuickRequest, progress: &SharedProgress) -> Result<QuickOutcome> {
    let read = csv_table::read_csv(&request.file)?;
    let target = Target::read(&read.table, &request.target, request.positive.as_deref())?;
    let table = LabelledTable::new(&request.file, &read.table, &request.target, &target, &request.columns)?;
    let plans = plans(&read, &target, &table, &request)?;
    let params = params(request.seed);
    let table = Arc::new(table);
    let leaderboard = fit_leaderboard(&table, &params, progress).await?;
    let mut pooled = Vec::new();
    for plan in plans {
        pooled.push(fit_plan(&table, plan, &params, progress).await?);
    }
    let folder = request.out.clone().unwrap_or_else(|| default_folder(&request.file));
    let entry = leaderboard.winner().context("no model could be measured on random rows")?;
    let winner = Winner { entry, table: &table, params: &params, target: &request.target };
    let saved = save(&folder, &winner).await;
    let model = saved.with_context(|| format!("cannot save the model in `{}`", folder.display()))?;
    Ok(QuickOutcome {
        target: TargetSummary {
            base_rate: target.base_rate(),
            rows_missing: read.table.rows() - target.rows.len(),
            column: request.target,
            positive: target.positive,
            why: target.why,
        },
        file: FileSummary {
            path: request.file,
            rows: read.table.rows(),
            columns: read.table.columns().len(),
            delimiter: read.delimiter,
            rejected: read.rejected.iter().map(ToString::to_string).collect(),
        },
        leaks: table.leaks.clone(),
        drift_warning: leaderboard.drift_warning(),
        leaderboard: leaderboard.groups,
        pooled,
        model,
        folder,
    })
}

fn params(seed: u64) -> Params {
    Params {
        seed,
        beta: BETA,
        cost: None,
        optimise: Optimise::FBeta,
        in_time_order: false,
        capacity: None,
        stop_on: StopOn::LogLoss,
        threads: 0,
        rounds_max: ROUNDS_MAX,
        search_trials: SEARCH_TRIALS,
        rules: None,
    }
}

/// Returns what is measured beside the leaderboard.
fn plans(read: &CsvTable, target: &Target, table: &LabelledTable, request: &QuickRequest) -> Result<Vec<Plan>> {
    let mut plans = Vec::new();
    if let Some(count) = request.folds {
        plans.push(Plan::folds(table.labels.len(), count, request.seed).context("--folds")?);
    }
    if let Some(column) = &request.retrain_by {
        let periods = read.table.select(&target.rows);
        plans.push(Plan::retraining(table, &periods, column, request.newest)?);
    }
    Ok(plans)
}

async fn fit_leaderboard(
    table: &Arc<LabelledTable>,
    params: &Params,
    progress: &SharedProgress,
) -> Result<Leaderboard> {
    let (table, params, counter) = (table.clone(), params.clone(), Counter::new(progress, leaderboard::fits(table)));
    run_blocking(move |cancellation| {
        let before_fit = |what: &str| counter.step(&format!("training on {what}"));
        let after_fit = || {
            counter.count();
            cancellation.check()
        };
        leaderboard::leaderboard(&table, &params, before_fit, after_fit)
    })
    .await
}

async fn fit_plan(
    table: &Arc<LabelledTable>,
    plan: Plan,
    params: &Params,
    progress: &SharedProgress,
) -> Result<PooledMetrics> {
    let (table, params, counter) = (table.clone(), params.clone(), Counter::new(progress, plan.fits()));
    counter.step(&plan.heading);
    run_blocking(move |cancellation| {
        let after_fit = || {
            counter.count();
            cancellation.check()
        };
        cross_validation::measure(&table, &plan, &params, after_fit)
    })
    .await
}

/// Counts the fits that are done.
struct Counter {
    progress: SharedProgress,
    done: AtomicUsize,
    total: usize,
}

impl Counter {
    fn new(progress: &SharedProgress, total: usize) -> Counter {
        progress(Progress::Items { done: 0, total });
        Counter { progress: progress.clone(), done: AtomicUsize::new(0), total }
    }

    fn step(&self, what: &str) {
        (self.progress)(Progress::Step(what));
    }

    fn count(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        (self.progress)(Progress::Items { done, total: self.total });
    }
}

fn default_folder(file: &Path) -> PathBuf {
    Path::new("plumb-quick").join(file.file_stem().unwrap_or(file.as_os_str()))
}
