//! Scores all open leads of a target into the ranked list, by its champion.
//!
//! Features are computed in the order of leads, scored block by block on all cores, and stored as they come. Of what
//! grows with the leads, memory holds only the observations and the ids of their predictions.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt, stream};
use plumb_lake::{CategoryWithoutRate, FeatureBlock, LabelSpec, Lake};
use plumb_lead::{Band, FieldValue, Lead, Observation, Prediction, Provenance, Unseen};
use serde::Serialize;
use uuid::Uuid;

use super::unseen::add_unseen;
use crate::lifecycle::locks;
use crate::lifecycle::progress::{OnProgress, Progress};
use crate::lifecycle::workspace::Workspace;
use crate::registry;
use crate::scoring::{Explain, REASONS_MAX, RowKey, Scorer, provenance_of};
use crate::store::{LeadBrief, Store};

/// Rows scored at once by each core: their reasons are texts, and far larger than their features.
const BLOCK_ROWS: usize = 1_024;

/// The outcome of scoring the open leads of a target.
#[derive(Debug, Serialize)]
pub(crate) struct LeadScores {
    /// The target.
    pub(crate) target: String,
    /// The champion that scored them.
    pub(crate) model_id: String,
    /// Open leads scored.
    pub(crate) leads: usize,
    /// How many of them are in each band.
    pub(crate) bands: BTreeMap<Band, usize>,
    /// Categories that were not in the training data.
    pub(crate) unseen: Vec<Unseen>,
    /// Categories without a known outcome, for which the overall rate was used.
    pub(crate) categories_without_rate: Vec<CategoryWithoutRate>,
}

/// Scores all open leads of a target into the ranked list. Leads that are no longer open leave the list. With `history`,
/// the scores at the earlier ages of these leads are stored as well.
pub(crate) async fn score_leads(
    workspace: &Workspace,
    target: &str,
    now: DateTime<Utc>,
    history: bool,
    progress: OnProgress<'_>,
) -> Result<LeadScores> {
    let Workspace { project, lake, store, .. } = workspace;
    let _lock = locks::scores(&workspace.data, target, workspace.if_locked, progress)?;
    let card = registry::champion(store, target)
        .await?
        .with_context(|| format!("target `{target}` has no champion yet: run `plumb train` first"))?;
    let scorer = Arc::new(workspace.load_model(&card.model_id).await?);
    let label_spec = project.label_spec(target)?;
    let open = lake.open_leads(&label_spec, now).await?;
    let ids: HashSet<&str> = open.iter().map(|observation| observation.lead_id.as_str()).collect();
    let mut observations = Vec::new();
    if history {
        let since = card.as_of.max(now - label_spec.horizon);
        observations = earlier_observations(lake, &label_spec, since, now, &ids).await?;
    }
    let first_open = observations.len();
    observations.extend(open.iter().cloned());
    // What was counted before is not of these leads.
    lake.take_categories_without_rate();
    let mut scores = LeadScores::new(target, &card.model_id, open.len());
    let batch = Batch::new(observations, first_open);
    store_predictions(&scorer, lake, store, &batch, &mut scores, progress).await?;
    scores.categories_without_rate = lake.take_categories_without_rate();
    store_briefs(lake, store, now, &ids).await?;
    store.set_open_leads(target, &ids.iter().copied().collect::<Vec<_>>()).await?;
    Ok(scores)
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
            bands: [Band::A, Band::B, Band::C, Band::D].into_iter().map(|band| (band, 0)).collect(),
            unseen: Vec::new(),
            categories_without_rate: Vec::new(),
        }
    }
}

/// The observations to score.
struct Batch {
    /// In the order in which they are listed: earlier observations, then the leads that are open now.
    observations: Vec<Observation>,
    first_open: usize,
    /// The places of the observations in the order of their leads, which is that of the ground.
    lead_order: Vec<u32>,
    /// The ids of their predictions, which sort them in the order of the list.
    ids: Vec<Uuid>,
}

impl Batch {
    fn new(observations: Vec<Observation>, first_open: usize) -> Batch {
        let mut lead_order: Vec<u32> = (0..observations.len() as u32).collect();
        lead_order.sort_by_key(|place| &observations[*place as usize]);
        let ids = observations.iter().map(|_| Uuid::now_v7()).collect();
        Batch { observations, first_open, lead_order, ids }
    }

    /// Returns the observations in the order of their leads.
    fn by_lead(&self) -> impl Iterator<Item = Observation> {
        self.lead_order.iter().map(|place| self.observations[*place as usize].clone())
    }
}

/// Scores a batch and stores the predictions: all of them or none.
async fn store_predictions(
    scorer: &Arc<Scorer>,
    lake: &Lake,
    store: &Store,
    batch: &Batch,
    scores: &mut LeadScores,
    progress: OnProgress<'_>,
) -> Result<()> {
    let sql = scorer.feature_sql().context("the champion is of a plain table: score a file with it")?;
    let features = lake.feature_blocks(sql, batch.by_lead()).await?;
    let predicted = predict_blocks(scorer.clone(), provenance_of(lake), features.map_err(anyhow::Error::from));
    let mut blocks = std::pin::pin!(predicted);
    let mut addition = store.begin_prediction_batch().await?;
    let mut places = batch.lead_order.iter().map(|place| *place as usize);
    let (mut done, total) = (0, batch.observations.len());
    progress(Progress::Items { done, total });
    while let Some((mut predictions, unseen)) = blocks.try_next().await? {
        for (prediction, place) in predictions.iter_mut().zip(&mut places) {
            prediction.prediction_id = batch.ids[place].to_string();
            if place >= batch.first_open {
                *scores.bands.entry(prediction.band).or_default() += 1;
            }
        }
        addition.append(&predictions).await?;
        add_unseen(&mut scores.unseen, unseen);
        done += predictions.len();
        progress(Progress::Items { done, total });
    }
    ensure!(places.next().is_none(), "{done} of {total} observations were scored");
    addition.commit().await
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

/// Stores the fields of leads that the pages show.
async fn store_briefs(lake: &Lake, store: &Store, now: DateTime<Utc>, wanted: &HashSet<&str>) -> Result<()> {
    let mut blocks = std::pin::pin!(lake.lead_blocks(now).await?);
    while let Some(leads) = blocks.try_next().await? {
        let open = leads.into_iter().filter(|lead| wanted.contains(lead.lead_id.as_str()));
        store.put_lead_briefs(&open.map(brief).collect::<Vec<_>>()).await?;
    }
    Ok(())
}

fn brief(lead: Lead) -> LeadBrief {
    let text = |field: &str| match lead.fields.get(field) {
        Some(FieldValue::Text(text)) => Some(text.clone()),
        _ => None,
    };
    LeadBrief {
        name: text("name"),
        company: text("company"),
        industry: text("industry"),
        channel: text("channel"),
        created_at: lead.created_at,
        lead_id: lead.lead_id,
    }
}
