//! Scores all open leads of a target into the ranked list, by its champion.
//!
//! Features are computed in the order of leads, scored block by block on all cores, and stored as they come, each block in
//! a transaction of its own. Of what grows with the leads, memory holds only the observations and the ids of their
//! predictions.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use futures::{Stream, TryStreamExt, stream};
use plumb_lake::{CategoryWithoutRate, FailedSource, FeatureBlock, LabelSpec, Lake, PostedRelation, failed_sources};
use plumb_lead::{Band, Observation, Prediction, Provenance, Unseen};
use serde::Serialize;

use super::batch::Batch;
use super::briefs::store_briefs;
use super::unseen::add_unseen;
use crate::journal;
use crate::lifecycle::locks;
use crate::lifecycle::progress::{OnProgress, Progress};
use crate::lifecycle::workspace::Workspace;
use crate::posted::gone_leads;
use crate::registry;
use crate::scoring::{Explain, REASONS_MAX, RowKey, Scorer, provenance_of};
use crate::store::{ScoringRun, Store};

/// Rows scored at once by each core: their reasons are texts, and far larger than their features.
const BLOCK_ROWS: usize = 1_024;

/// A run that was killed is gone on with as of its own time, if that is not longer ago than this. A later run begins anew:
/// what depends on the time is different then.
const RESUMED_AGE_MAX: TimeDelta = TimeDelta::hours(1);

/// What is scored.
pub(crate) struct LeadsRequest<'a> {
    /// The target.
    pub(crate) target: &'a str,
    /// The time as of which leads are open.
    pub(crate) as_of: DateTime<Utc>,
    /// Whether somebody asked for this time. If not, a run of a moment ago may be gone on with as of its own.
    pub(crate) is_fixed: bool,
    /// Whether the scores at the earlier ages of these leads are stored as well.
    pub(crate) history: bool,
}

/// The outcome of scoring the open leads of a target.
#[derive(Debug, Serialize)]
pub(crate) struct LeadScores {
    /// The target.
    pub(crate) target: String,
    /// The champion that scored them.
    pub(crate) model_id: String,
    /// Open leads scored.
    pub(crate) leads: usize,
    /// Open leads that an earlier run had scored before it was killed.
    pub(crate) leads_before: usize,
    /// How many of them are in each band.
    pub(crate) bands: BTreeMap<Band, usize>,
    /// Categories that were not in the training data.
    pub(crate) unseen: Vec<Unseen>,
    /// Categories without a known outcome, for which the overall rate was used.
    pub(crate) categories_without_rate: Vec<CategoryWithoutRate>,
    /// Sources that the last ingestion could not read: what is known of them is old.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) stale_sources: Vec<FailedSource>,
}

/// Scores all open leads of a target into the ranked list. Leads that are no longer open leave the list.
///
/// Each block is stored by itself, so that others can write meanwhile. Whenever the run is killed, each lead is on the list
/// once, by its old prediction or by its new one; the next run goes on behind the last block, if it scores the same.
pub(crate) async fn score_leads(
    workspace: &Workspace,
    request: LeadsRequest<'_>,
    progress: OnProgress<'_>,
) -> Result<LeadScores> {
    let Workspace { project, data, lake, store, .. } = workspace;
    let LeadsRequest { target, history, .. } = request;
    let _lock = locks::scores(&workspace.data, target, workspace.if_locked, progress)?;
    let card = registry::champion(store, target)
        .await?
        .with_context(|| format!("target `{target}` has no champion yet: run `plumb train` first"))?;
    let scorer = Arc::new(workspace.load_model(&card.model_id).await?);
    // What servers have predicted before is stored before.
    journal::catch_up(store, data).await?;
    let (run, done) = run_to_do(store, &request, &card.model_id, lake.ground_version()).await?;
    let label_spec = project.label_spec(target)?;
    let mut open = lake.open_leads(&label_spec, run.as_of).await?;
    if !project.own_posted_sql()?.contains(&PostedRelation::Lead) {
        // Deleted, and the next ingestion says so.
        let gone: HashSet<String> = gone_leads(data, lake)?.into_iter().collect();
        open.retain(|observation| !gone.contains(&observation.lead_id));
    }
    let ids: HashSet<&str> = open.iter().map(|observation| observation.lead_id.as_str()).collect();
    let mut observations = Vec::new();
    if history {
        let since = card.as_of.max(run.as_of - label_spec.horizon);
        observations = earlier_observations(lake, &label_spec, since, run.as_of, &ids).await?;
    }
    let first_open = observations.len();
    observations.extend(open.iter().cloned());
    // What was counted before is not of these leads.
    lake.take_categories_without_rate();
    let batch = Batch::new(observations, first_open, done.as_ref());
    let mut scores = LeadScores::new(target, &card.model_id, batch.open_leads_left());
    scores.leads_before = open.len() - scores.leads;
    scores.stale_sources = failed_sources(data)?;
    store_briefs(lake, store, run.as_of, &ids, project.list()).await?;
    store_predictions(&scorer, lake, store, &run, &batch, &mut scores, progress).await?;
    scores.categories_without_rate = lake.take_categories_without_rate();
    store.set_open_leads(target, &ids).await?;
    store.finish_run(target).await?;
    Ok(scores)
}

/// Returns the run that is to be done, and up to which observation it is done already.
async fn run_to_do(
    store: &Store,
    request: &LeadsRequest<'_>,
    model_id: &str,
    ground: &str,
) -> Result<(ScoringRun, Option<Observation>)> {
    let LeadsRequest { target, as_of, is_fixed, history } = request;
    let mut run = ScoringRun {
        target: (*target).to_owned(),
        model_id: model_id.to_owned(),
        ground: ground.to_owned(),
        // As it is stored.
        as_of: as_of.trunc_subsecs(6),
        history: *history,
    };
    let Some((unfinished, last)) = store.unfinished_run(target).await? else { return Ok((run, None)) };
    let age = run.as_of - unfinished.as_of;
    if !is_fixed && age >= TimeDelta::zero() && age <= RESUMED_AGE_MAX {
        run.as_of = unfinished.as_of;
    }
    let done = (run == unfinished).then_some(last);
    Ok((run, done))
}

async fn earlier_observations(
    lake: &Lake,
    label_spec: &LabelSpec,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
    ids: &HashSet<&str>,
) -> Result<Vec<Observation>> {
    let mut earlier = lake.observations(label_spec, since, now).await?;
    earlier.retain(|observation| ids.contains(observation.lead_id.as_str()));
    Ok(earlier)
}

impl LeadScores {
    fn new(target: &str, model_id: &str, leads: usize) -> LeadScores {
        LeadScores {
            target: target.to_owned(),
            model_id: model_id.to_owned(),
            leads,
            leads_before: 0,
            bands: [Band::A, Band::B, Band::C, Band::D].into_iter().map(|band| (band, 0)).collect(),
            unseen: Vec::new(),
            categories_without_rate: Vec::new(),
            stale_sources: Vec::new(),
        }
    }
}

/// Scores a batch and stores the predictions, block by block.
async fn store_predictions(
    scorer: &Arc<Scorer>,
    lake: &Lake,
    store: &Store,
    run: &ScoringRun,
    batch: &Batch,
    scores: &mut LeadScores,
    progress: OnProgress<'_>,
) -> Result<()> {
    let sql = scorer.feature_sql().context("the champion is of a plain table: score a file with it")?;
    let features = lake.feature_blocks(sql, batch.by_lead()).await?;
    let predicted = predict_blocks(scorer.clone(), provenance_of(lake), features.map_err(anyhow::Error::from));
    let mut blocks = std::pin::pin!(predicted);
    let mut places = batch.lead_order.iter().map(|place| *place as usize);
    let (mut done, total) = (0, batch.lead_order.len());
    progress(Progress::Items { done, total });
    let mut scored = Vec::new();
    while let Some((predictions, unseen)) = blocks.try_next().await? {
        // A lead's earlier ages are stored with the lead as it is now, which comes last: else the list would have them.
        let mut whole = 0;
        for (mut prediction, place) in predictions.into_iter().zip(&mut places) {
            prediction.prediction_id = batch.ids[place].to_string();
            let band = prediction.band;
            scored.push(prediction);
            if place >= batch.first_open {
                *scores.bands.entry(band).or_default() += 1;
                whole = scored.len();
            }
        }
        store.append_to_run(run, &scored[..whole]).await?;
        scored.drain(..whole);
        store.let_others_write().await;
        add_unseen(&mut scores.unseen, unseen);
        done += whole;
        progress(Progress::Items { done, total });
    }
    ensure!(places.next().is_none() && scored.is_empty(), "{done} of {total} observations were scored");
    Ok(())
}

/// Returns the predictions of all features, in their order; several blocks are scored at a time.
fn predict_blocks(
    scorer: Arc<Scorer>,
    provenance: Provenance,
    features: impl Stream<Item = Result<FeatureBlock>>,
) -> impl Stream<Item = Result<(Vec<Prediction>, Vec<Unseen>)>> {
    let provenance = Arc::new(provenance);
    // One more than there are cores, so that none is idle while a block is stored.
    let at_once = 1 + std::thread::available_parallelism().map_or(1, usize::from);
    let blocks = features.map_ok(|block| stream::iter(small_blocks(block).map(Ok))).try_flatten();
    let scored = blocks.map_ok(move |FeatureBlock { observations, table }| {
        let (scorer, provenance) = (scorer.clone(), provenance.clone());
        let scoring = tokio::task::spawn_blocking(move || {
            let keys = observations.iter().map(RowKey::of);
            scorer.predict(scorer.rows(&table)?, keys, &provenance, Explain::Reasons(REASONS_MAX))
        });
        async move {
            let scored = scoring.await.map_err(|error| anyhow!(error).context("the scoring ended early"))??;
            Ok((scored.predictions, scored.unseen))
        }
    });
    scored.try_buffered(at_once)
}

fn small_blocks(block: FeatureBlock) -> impl Iterator<Item = FeatureBlock> {
    let FeatureBlock { observations, table } = block;
    (0..observations.len()).step_by(BLOCK_ROWS).map(move |first| {
        let rows: Vec<usize> = (first..observations.len().min(first + BLOCK_ROWS)).collect();
        FeatureBlock { table: table.select(&rows), observations: observations[first..first + rows.len()].to_vec() }
    })
}
