//! The loop over the demo company: ingest, train, monitor, score, retrain, score again, check for skew.
//!
//! The first models are trained as of the day on which a new channel begins to bring leads, which is when a company
//! would want an alert. The monitoring then goes through the weeks until today, and the retraining answers it.

use anyhow::Result;
use chrono::{DateTime, Utc};
use plumb_demo::TrueProbabilities;
use plumb_lake::IfLocked;
use plumb_lead::Recency;

use super::best_possible::compare;
use super::step::{DemoStep, RetrainedModels, TrainedModels};
use crate::lifecycle::ingest::ingest;
use crate::lifecycle::monitor::monitor;
use crate::lifecycle::progress::{OnProgress, Progress};
use crate::lifecycle::score::{LeadsRequest, score_leads};
use crate::lifecycle::skew_check::skew_check;
use crate::lifecycle::workspace::{ProjectPaths, Workspace};
use crate::lifecycle::{retrain, train};
use crate::project::Project;
use crate::registry;
use crate::training::{LeftOut, ProgressCallback, Search, TrainingSpec};

/// In whose name models are registered.
const BY: &str = "plumb demo";

/// Predictions of each target whose inputs are computed again.
const PREDICTIONS_CHECKED: usize = 10_000;

/// What the loop reports to.
pub(crate) struct DemoCallbacks<'a> {
    /// Receives the progress of all steps but trainings.
    pub(crate) progress: OnProgress<'a>,
    /// Receives the events of trainings.
    pub(crate) training: ProgressCallback,
    /// Receives each step that is done.
    pub(crate) done: &'a mut (dyn FnMut(DemoStep) -> Result<()> + Send),
}

/// Goes through the loop, for all targets of the company's project. Steps that an earlier run has done are left out.
pub(crate) async fn run_loop(
    paths: &ProjectPaths,
    seed: u64,
    if_locked: IfLocked,
    callbacks: &mut DemoCallbacks<'_>,
) -> Result<()> {
    let ingested =
        ingest(&Project::open(&paths.project)?, &paths.data, None, false, if_locked, callbacks.progress).await?;
    (callbacks.done)(DemoStep::Ingestion(Box::new(ingested)))?;
    let workspace = Workspace::open(paths).await?.if_locked(if_locked);
    let truth = TrueProbabilities::read(&paths.project)?;
    for target in workspace.project.targets() {
        let now = workspace.project.now(None);
        TargetLoop { workspace: &workspace, truth: &truth, target, now, seed }.run(callbacks).await?;
    }
    Ok(())
}

/// The loop of one target.
struct TargetLoop<'a> {
    workspace: &'a Workspace,
    truth: &'a TrueProbabilities,
    target: String,
    now: DateTime<Utc>,
    seed: u64,
}

impl TargetLoop<'_> {
    async fn run(&self, callbacks: &mut DemoCallbacks<'_>) -> Result<()> {
        let TargetLoop { workspace, target, now, .. } = self;
        self.train(callbacks).await?;
        (callbacks.progress)(Progress::Step(&format!("{target}: weeks")));
        let monitored = monitor(workspace, target, *now, callbacks.progress).await?;
        (callbacks.done)(DemoStep::Monitoring(monitored))?;
        // The first model's scores of today's leads at earlier ages are the history that their pages show.
        self.score(callbacks).await?;
        self.retrain(callbacks).await?;
        self.score(callbacks).await?;
        (callbacks.progress)(Progress::Step(&format!("{target}: computing the features of predictions again")));
        let report = skew_check(workspace, target, PREDICTIONS_CHECKED).await?;
        (callbacks.done)(DemoStep::SkewCheck(report))
    }

    /// Trains the first models, as of the day on which the new channel begins.
    async fn train(&self, callbacks: &mut DemoCallbacks<'_>) -> Result<()> {
        if registry::champion(&self.workspace.store, &self.target).await?.is_some() {
            return Ok(());
        }
        let spec = self.spec(plumb_demo::new_channel_at());
        let mut candidates = train::fit(self.workspace, spec, &callbacks.training).await?;
        let best_possible = compare(&mut candidates, self.truth)?;
        let training = train::register(self.workspace, &candidates, BY).await?;
        (callbacks.done)(DemoStep::Training(Box::new(TrainedModels { training, best_possible })))
    }

    /// Retrains as of today, unless that was done.
    async fn retrain(&self, callbacks: &mut DemoCallbacks<'_>) -> Result<()> {
        // The demo trains a few models in all.
        let found = registry::cards(&self.workspace.store, &self.target, None, 100).await?.into_iter();
        let mut models: Vec<_> = found.map(|(_, card)| card).filter(|card| card.as_of == self.now).collect();
        if !models.is_empty() {
            models.sort_by_key(|card| card.kind);
            let (target, as_of) = (self.target.clone(), self.now);
            return (callbacks.done)(DemoStep::ModelsFound { target, as_of, models });
        }
        let spec = self.spec(self.now);
        let mut challenge = retrain::challenge(self.workspace, spec, &callbacks.training).await?;
        let best_possible = compare(&mut challenge.candidates, self.truth)?;
        let retraining = retrain::register(self.workspace, challenge, BY).await?;
        (callbacks.done)(DemoStep::Retraining(Box::new(RetrainedModels { retraining, best_possible })))
    }

    /// Scores all open leads, unless the champion did so as of today.
    async fn score(&self, callbacks: &mut DemoCallbacks<'_>) -> Result<()> {
        let TargetLoop { workspace, target, now, .. } = self;
        let champion = registry::champion(&workspace.store, target).await?.map(|card| card.model_id);
        let newest = workspace.store.latest_predictions(target, 1, None, None).await?;
        let is_newest_by = |model_id: &String| {
            newest.first().is_some_and(|prediction| prediction.as_of == *now && prediction.model_id == *model_id)
        };
        if champion.as_ref().is_some_and(is_newest_by) {
            return Ok(());
        }
        (callbacks.progress)(Progress::Step(&format!("{target}: leads")));
        let request = LeadsRequest { target, as_of: *now, is_fixed: true, history: true };
        let scores = score_leads(workspace, request, callbacks.progress).await?;
        (callbacks.done)(DemoStep::Scoring(scores))
    }

    fn spec(&self, as_of: DateTime<Utc>) -> TrainingSpec {
        TrainingSpec {
            target: self.target.clone(),
            as_of,
            seed: self.seed,
            search: Search::Usual,
            out_of_core: None,
            left_out: LeftOut::Suspects,
            recency: Recency::default(),
        }
    }
}
