//! All open leads into the ranked list, by the champion of a target.

use std::collections::HashSet;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lake::Unrated;
use plumb_lead::{FieldValue, Lead, Observation, Prediction, Table, Unseen};

use super::told_of_unseen;
use crate::commands::{Workplace, bar, load};
use crate::registry;
use crate::scoring::{self, Explained, Origin, REASONS_MAX, Scorer, Whose};
use crate::store::LeadBrief;

/// Rows that are scored between two moves of the bar.
const ROWS_AT_ONCE: usize = 500;

/// What was scored.
pub(crate) struct Scored {
    target: String,
    bands: [usize; 4],
    unseen: Vec<Unseen>,
    unrated: Vec<Unrated>,
}

impl Scored {
    /// Returns it as lines.
    pub(crate) fn told(&self) -> String {
        let total: usize = self.bands.iter().sum();
        let [a, b, c, d] = self.bands;
        let mut text = format!("{}: {total} open leads scored: {a} A, {b} B, {c} C, {d} D\n", self.target);
        text.push_str(&told_of_unseen(&self.unseen));
        for Unrated { column, level, rows } in &self.unrated {
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
    let scorer = load(data, &card.model_id).await?;
    let question = project.question(target)?;
    let open = lake.open_leads(&question, now).await?;
    let ids: HashSet<&str> = open.iter().map(|observation| observation.lead_id.as_str()).collect();
    let mut observations = Vec::new();
    if with_history {
        let since = card.as_of.max(now - question.horizon);
        let earlier = lake.observations(&question, since, now).await?;
        observations.extend(earlier.into_iter().filter(|observation| ids.contains(observation.lead_id.as_str())));
    }
    observations.extend(open.iter().cloned());
    let sql = scorer.feature_sql().context("the champion is of a plain table: score a file with it")?;
    // What was counted before is not of these leads.
    lake.take_unrated();
    let table = lake.features(sql, &observations).await?;
    let unrated = lake.take_unrated();
    let (predictions, unseen) =
        predict(&scorer, &table, &observations, &Origin::of(lake), &format!("{target}: leads"))?;
    store.insert_predictions(&predictions).await?;
    store.put_lead_briefs(&briefs(lake.leads(now).await?, &ids)).await?;
    store.keep_listed(target, &ids.iter().copied().collect::<Vec<_>>()).await?;
    let mut bands = [0; 4];
    predictions.iter().rev().take(open.len()).for_each(|prediction| bands[prediction.band as usize] += 1);
    Ok(Scored { target: target.to_owned(), bands, unseen, unrated })
}

fn predict(
    scorer: &Scorer,
    table: &Table,
    observations: &[Observation],
    origin: &Origin,
    what: &str,
) -> Result<(Vec<Prediction>, Vec<Unseen>)> {
    let bar = bar(observations.len(), what)?;
    let mut predictions = Vec::with_capacity(observations.len());
    let mut unseen: Vec<Unseen> = Vec::new();
    for first in (0..observations.len()).step_by(ROWS_AT_ONCE) {
        let rows: Vec<usize> = (first..observations.len().min(first + ROWS_AT_ONCE)).collect();
        let whose = observations[first..first + rows.len()].iter().map(Whose::of);
        let rows_of_model = scorer.rows(&table.select(&rows))?;
        let scored = scorer.predict(rows_of_model, whose, origin, Explained::Reasons(REASONS_MAX))?;
        predictions.extend(scored.predictions);
        scoring::add_unseen(&mut unseen, scored.unseen);
        bar.inc(rows.len() as u64);
    }
    bar.finish_and_clear();
    Ok((predictions, unseen))
}

fn briefs(leads: Vec<Lead>, wanted: &HashSet<&str>) -> Vec<LeadBrief> {
    let brief = |lead: Lead| {
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
    };
    leads.into_iter().filter(|lead| wanted.contains(lead.lead_id.as_str())).map(brief).collect()
}
