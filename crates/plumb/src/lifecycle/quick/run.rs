//! From a file to a leaderboard and a saved model.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use plumb_learn::Params;
use plumb_learn::decision::{Optimise, StopOn};

use super::cross_validation::{self, Plan, PooledMetrics};
use super::labelled_table::LabelledTable;
use super::leaderboard::{self, Leaderboard, ModelToSave};
use super::outcome::{FileSummary, QuickOutcome, TargetSummary};
use super::prepare::{Prepared, prepare};
use super::request::QuickRequest;
use super::save::{Winner, save};
use crate::blocking::run_blocking;
use crate::lifecycle::progress::{Progress, SharedProgress};
use crate::lifecycle::reading::name_of;

/// The threshold leans to precision: a call that leads nowhere costs more than a lead that is missed.
pub(crate) const BETA: f64 = 0.5;

/// Enough trees for a first model; early stopping mostly ends sooner.
const ROUNDS_MAX: usize = 300;

/// Settings of the boosted model that are tried: a first model should take seconds.
const SEARCH_TRIALS: usize = 3;

/// Fits first models to a file, and saves the best.
pub(crate) async fn quick(request: QuickRequest, progress: &SharedProgress) -> Result<QuickOutcome> {
    let prepared = prepare(&request)?;
    let plans = plans(&prepared, &request)?;
    let Prepared { file, column, target, table, time, groups } = prepared;
    let params = params(request.seed);
    let table = Arc::new(table);
    let leaderboard = Arc::new(fit_leaderboard(&table, &params, progress).await?);
    let mut pooled = Vec::new();
    for plan in plans {
        pooled.push(fit_plan(&table, plan, &params, progress).await?);
    }
    let folder = request.out.unwrap_or_else(|| Path::new("plumb-quick").join(name_of(&request.file)));
    let chosen = choose(&leaderboard, &table, &params).await?;
    let plan = &file.report.plan;
    let winner = Winner { chosen: &chosen, plan, table: &table, params: &params, target: &column };
    let saved = save(&folder, &winner).await;
    let model = saved.with_context(|| format!("cannot save the model in `{}`", folder.display()))?;
    Ok(QuickOutcome {
        target: TargetSummary::new(column, target, file.rows),
        file: FileSummary { path: request.file, rows: file.rows, columns: plan.columns.len() },
        reading: file.report,
        left_out: table.left_out.clone(),
        time,
        groups,
        suspects: table.suspects.clone(),
        drift_warning: leaderboard.drift_warning(),
        leaderboard: leaderboard.groups.clone(),
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
fn plans(prepared: &Prepared, request: &QuickRequest) -> Result<Vec<Plan>> {
    let Prepared { file, target, table, .. } = prepared;
    let mut plans = Vec::new();
    if let Some(count) = request.folds {
        plans.push(Plan::folds(&table.facts, count, request.seed).context("--folds")?);
    }
    if let Some(column) = &request.retrain_by {
        plans.push(Plan::retraining(table, file, &target.rows, column, request.newest)?);
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

async fn choose(leaderboard: &Arc<Leaderboard>, table: &Arc<LabelledTable>, params: &Params) -> Result<ModelToSave> {
    let (leaderboard, table, params) = (leaderboard.clone(), table.clone(), params.clone());
    run_blocking(move |_| leaderboard.choose(&table, &params)).await
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
