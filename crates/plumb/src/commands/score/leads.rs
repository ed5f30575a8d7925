//! All open leads into the ranked list, by the champion of a target.
//!
//! Features are computed in the order of leads, scored block by block on all cores, and stored as they come: of what
//! grows with the leads only the list of who is asked about when is held, with the ids that the predictions will have.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use chrono::{DateTime, Utc};
use futures::{Stream, TryStreamExt, stream};
use plumb_lake::{CategoryWithoutRate, FeatureBlock, Lake};
use plumb_lead::{FieldValue, Lead, Observation, Prediction, Provenance, Unseen};
use uuid::Uuid;

use super::{add_unseen, told_of_unseen};
use crate::commands::{Workplace, bar, load};
use crate::registry;
use crate::scoring::{Explain, REASONS_MAX, RowKey, Scorer, provenance_of};
use crate::store::{LeadBrief, Store};

/// Rows that are scored at once by each core: their reasons are texts, and far larger than their features.
const BLOCK_ROWS: usize = 1_024;

/// What was scored.
pub(crate) struct Scored {
    target: String,
    bands: [usize; 4],
    unseen: Vec<Unseen>,
    unrated: Vec<CategoryWithoutRate>,
}

impl Scored {
    /// Returns it as lines.
    pub(crate) fn told(&self) -> String {
        let total: usize = self.bands.iter().sum();
        let [a, b, c, d] = self.bands;
        let mut text = format!("{}: {total} open leads scored: {a} A, {b} B, {c} C, {d} D\n", self.target);
        text.push_str(&told_of_unseen(&self.unseen));
        for CategoryWithoutRate { column, level, rows } in &self.unrated {
            text.push_str(&format!(
                "  {rows} times `{column}` was `{level}`, of which no outcome is known: the overall rate was used\n"
            ));
        }
        text
    }
}

/// Scores all open leads of a target into the ranked list, by its champion. Leads that are no longer open leave it.
pub(crate) async fn score_leads(
    workplace: &Workplace,
    target: &str,
    now: DateTime<Utc>,
    with_history: bool,
) -> Result<Scored> {
    let Workplace { project, data, lake, store } = workplace;
    let card = registry::champion(store, target)
        .await?
        .with_context(|| format!("no model answers for `{target}` yet: run `plumb train` first"))?;
    let scorer = Arc::new(load(data, &card.model_id).await?);
    let label_spec = project.label_spec(target)?;
    let open = lake.open_leads(&label_spec, now).await?;
    let ids: HashSet<&str> = open.iter().map(|observation| observation.lead_id.as_str()).collect();
    let mut observations = Vec::new();
    if with_history {
        let since = card.as_of.max(now - label_spec.horizon);
        let earlier = lake.observations(&label_spec, since, now).await?;
        observations.extend(earlier.into_iter().filter(|observation| ids.contains(observation.lead_id.as_str())));
    }
    let first_open = observations.len();
    observations.extend(open.iter().cloned());
    // What was counted before is not of these leads.
    lake.take_categories_without_rate();
    let mut scored = Scored { target: target.to_owned(), bands: [0; 4], unseen: Vec::new(), unrated: Vec::new() };
    store_predictions(&scorer, lake, store, &Asked::new(observations, first_open), &mut scored).await?;
    scored.unrated = lake.take_categories_without_rate();
    store_briefs(lake, store, now, &ids).await?;
    store.keep_listed(target, &ids.iter().copied().collect::<Vec<_>>()).await?;
    Ok(scored)
}

/// Who is asked about when.
struct Asked {
    /// In the order in which they are listed: what was before, then the leads that are open now.
    observations: Vec<Observation>,
    first_open: usize,
    /// The places of the observations in the order of their leads, which is that of the ground.
    order: Vec<u32>,
    /// The ids of their predictions, made in the order of the list: whoever sorts predictions by them finds it again.
    ids: Vec<Uuid>,
}

impl Asked {
    fn new(observations: Vec<Observation>, first_open: usize) -> Asked {
        let mut order: Vec<u32> = (0..observations.len() as u32).collect();
        order.sort_by_key(|place| &observations[*place as usize]);
        let ids = observations.iter().map(|_| Uuid::now_v7()).collect();
        Asked { observations, first_open, order, ids }
    }

    /// Returns the observations in the order of their leads.
    fn in_order(&self) -> impl Iterator<Item = Observation> {
        self.order.iter().map(|place| self.observations[*place as usize].clone())
    }
}

/// Scores everybody who is asked about, and stores what was said: all of it or nothing.
async fn store_predictions(
    scorer: &Arc<Scorer>,
    lake: &Lake,
    store: &Store,
    asked: &Asked,
    scored: &mut Scored,
) -> Result<()> {
    let sql = scorer.feature_sql().context("the champion is of a plain table: score a file with it")?;
    let bar = bar(asked.observations.len(), &format!("{}: leads", scored.target))?;
    let features = lake.feature_blocks(sql, asked.in_order()).await?;
    let mut blocks =
        std::pin::pin!(predicted(scorer.clone(), provenance_of(lake), features.map_err(anyhow::Error::from)));
    let mut addition = store.add_predictions().await?;
    let mut places = asked.order.iter().map(|place| *place as usize);
    while let Some((mut predictions, unseen)) = blocks.try_next().await? {
        for (prediction, place) in predictions.iter_mut().zip(&mut places) {
            prediction.prediction_id = asked.ids[place].to_string();
            if place >= asked.first_open {
                scored.bands[prediction.band as usize] += 1;
            }
        }
        addition.append(&predictions).await?;
        add_unseen(&mut scored.unseen, unseen);
        bar.inc(predictions.len() as u64);
    }
    ensure!(places.next().is_none(), "not everybody who was asked about was scored");
    bar.finish_and_clear();
    addition.commit().await
}

/// Returns the predictions of all features, in their order; several blocks are scored at a time.
fn predicted(
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
            let scored = scoring.await.map_err(|error| anyhow!(error).context("the scoring broke off"))??;
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

/// Stores what the pages show of leads.
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
