//! What a promotion does to the scores of the leads that are open: how many change band, which move most, and which fields
//! make it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use plumb_lead::{Band, Matrix, Observation, Score, Table};
use serde::{Deserialize, Serialize};

use crate::lifecycle::workspace::Workspace;
use crate::scoring::{Explain, RowScores, Scorer};

/// More leads than this are compared by a sample at equal distances: more would change no figure that is shown.
const LEADS_MAX: usize = 20_000;

/// The leads that move most, which are named.
const LEADS_SHOWN: usize = 10;

/// The fields that are named of each.
const FIELDS_SHOWN: usize = 3;

/// The leads by which fields are weighed.
const LEADS_EXPLAINED: usize = 1_000;

/// The scores of open leads by two models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PromotionEffect {
    /// The model that retired.
    pub(crate) before: String,
    /// The champion since.
    pub(crate) after: String,
    /// When the leads were open.
    pub(crate) as_of: DateTime<Utc>,
    /// Leads that were open.
    pub(crate) leads_open: usize,
    /// Of them, those that were compared.
    pub(crate) leads: usize,
    /// The mean of the scores before.
    pub(crate) mean_before: f64,
    /// The mean of the scores after.
    pub(crate) mean_after: f64,
    /// Leads that changed band, by their bands before and after.
    pub(crate) moves: Vec<BandMove>,
    /// The leads whose score moved most.
    pub(crate) most: Vec<LeadMove>,
    /// The fields that make most of it, by the mean of what they moved a lead either way, in log-odds.
    pub(crate) fields: Vec<FieldShift>,
}

/// Leads that changed from one band to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct BandMove {
    /// The band before.
    pub(crate) from: Band,
    /// The band after.
    pub(crate) to: Band,
    /// How many leads.
    pub(crate) leads: usize,
}

/// A lead whose score moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LeadMove {
    /// The lead.
    pub(crate) lead_id: String,
    /// Its score before.
    pub(crate) before: f64,
    /// Its score after.
    pub(crate) after: f64,
    /// Its band before.
    pub(crate) from: Band,
    /// Its band after.
    pub(crate) to: Band,
    /// The fields that make most of it, in log-odds.
    pub(crate) fields: Vec<FieldShift>,
}

/// How much more a field moves a score in one model than in another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FieldShift {
    /// The field.
    pub(crate) field: String,
    /// In log-odds.
    pub(crate) shift: f64,
}

/// Returns an effect in words, for one line.
pub(crate) fn effect_sentence(effect: &PromotionEffect) -> String {
    let changed: usize = effect.moves.iter().map(|band| band.leads).sum();
    let moves =
        effect.moves.iter().map(|band| format!("{} {} to {}", band.leads, band.from.letter(), band.to.letter()));
    let moves = if changed > 0 { format!(" ({})", moves.collect::<Vec<_>>().join(", ")) } else { String::new() };
    let fields: Vec<String> = effect.fields.iter().map(|shift| format!("`{}`", shift.field)).collect();
    let fields = if fields.is_empty() { String::new() } else { format!("; most of it by {}", fields.join(", ")) };
    format!(
        "of {} open leads {changed} change band{moves}; the mean score goes from {:.3} to {:.3}{fields}",
        effect.leads, effect.mean_before, effect.mean_after
    )
}

/// Compares the scores of the leads that are open at a time by two models.
pub(crate) async fn effect(
    workspace: &Workspace,
    target: &str,
    (before, after): (&str, &str),
    as_of: DateTime<Utc>,
) -> Result<PromotionEffect> {
    let Workspace { project, lake, .. } = workspace;
    let open = lake.open_leads(&project.label_spec(target)?, as_of).await?;
    let step = open.len().div_ceil(LEADS_MAX).max(1);
    let observations: Vec<Observation> = open.iter().step_by(step).cloned().collect();
    let (before, after) = (workspace.load_model(before).await?, workspace.load_model(after).await?);
    let table = lake.features(after.feature_sql()?, &observations).await?;
    let before_table = match before.feature_sql()? == after.feature_sql()? {
        true => None,
        false => Some(lake.features(before.feature_sql()?, &observations).await?),
    };
    let leads_open = open.len();
    let compared = tokio::task::spawn_blocking(move || {
        let lead_ids: Vec<&str> = observations.iter().map(|observation| observation.lead_id.as_str()).collect();
        let tables = [before_table.as_ref().unwrap_or(&table), &table];
        let sides = Sides { before: Side::of(&before, tables[0])?, after: Side::of(&after, tables[1])? };
        Ok(PromotionEffect { leads_open, as_of, ..sides.compare(&lead_ids)? })
    });
    compared.await.context("the comparison of scores ended early")?
}

/// A model with its scores.
struct Side<'a> {
    scorer: &'a Scorer,
    matrix: Matrix,
    scores: Vec<Score>,
    /// What calibration makes of a unit of its margin, in log-odds: the points of the team's rules are none.
    slope: f64,
}

struct Sides<'a> {
    before: Side<'a>,
    after: Side<'a>,
}

impl Side<'_> {
    fn of<'a>(scorer: &'a Scorer, table: &Table) -> Result<Side<'a>> {
        let RowScores { matrix, margins, scores, .. } = scorer.score(scorer.rows(table)?, Explain::Nothing)?;
        let slope = slope(&margins, &scores);
        Ok(Side { scorer, matrix, scores, slope })
    }

    fn band(&self, row: usize) -> Band {
        self.scorer.artifact.model.band(self.scores[row])
    }

    fn mean(&self) -> f64 {
        self.scores.iter().map(|score| score.get()).sum::<f64>() / self.scores.len().max(1) as f64
    }

    /// Returns what each field contributes to the log-odds of each of some rows.
    fn contributions(&self, rows: &[usize]) -> Result<Vec<BTreeMap<&str, f64>>> {
        let model = &self.scorer.artifact.model;
        let explanation = model.explain(&self.matrix.select(rows))?;
        let of_row = |row: usize| {
            let mut fields: BTreeMap<&str, f64> = BTreeMap::new();
            for (feature, contribution) in model.features.features.iter().zip(explanation.row(row)) {
                *fields.entry(feature.field()).or_default() += self.slope * contribution;
            }
            fields
        };
        Ok((0..rows.len()).map(of_row).collect())
    }
}

impl Sides<'_> {
    fn compare(&self, lead_ids: &[&str]) -> Result<PromotionEffect> {
        let rows = lead_ids.len();
        let mut moves: BTreeMap<(Band, Band), usize> = BTreeMap::new();
        for row in 0..rows {
            let bands = (self.before.band(row), self.after.band(row));
            if bands.0 != bands.1 {
                *moves.entry(bands).or_default() += 1;
            }
        }
        let moves = moves.into_iter().map(|((from, to), leads)| BandMove { from, to, leads }).collect();
        // By how far they move, and of the same by their ids.
        let mut order: Vec<usize> = (0..rows).filter(|row| self.shift(*row) != 0.0).collect();
        order.sort_by(|left, right| {
            self.shift(*right)
                .abs()
                .total_cmp(&self.shift(*left).abs())
                .then_with(|| lead_ids[*left].cmp(lead_ids[*right]))
        });
        order.truncate(LEADS_SHOWN);
        let step = rows.div_ceil(LEADS_EXPLAINED).max(1);
        let sample: Vec<usize> = (0..rows).step_by(step).collect();
        Ok(PromotionEffect {
            before: self.before.scorer.model_id.clone(),
            after: self.after.scorer.model_id.clone(),
            as_of: DateTime::UNIX_EPOCH,
            leads_open: rows,
            leads: rows,
            mean_before: self.before.mean(),
            mean_after: self.after.mean(),
            moves,
            most: self.lead_moves(lead_ids, &order)?,
            fields: self.fields(&sample)?,
        })
    }

    fn shift(&self, row: usize) -> f64 {
        self.after.scores[row].get() - self.before.scores[row].get()
    }

    fn lead_moves(&self, lead_ids: &[&str], rows: &[usize]) -> Result<Vec<LeadMove>> {
        let shifts = self.field_shifts(rows)?;
        let lead_move = |(row, shifts): (&usize, BTreeMap<String, f64>)| LeadMove {
            lead_id: lead_ids[*row].to_owned(),
            before: self.before.scores[*row].get(),
            after: self.after.scores[*row].get(),
            from: self.before.band(*row),
            to: self.after.band(*row),
            fields: largest(shifts),
        };
        Ok(rows.iter().zip(shifts).map(lead_move).collect())
    }

    /// Returns the fields that move some rows most, either way.
    fn fields(&self, rows: &[usize]) -> Result<Vec<FieldShift>> {
        let mut sums: BTreeMap<String, f64> = BTreeMap::new();
        for (field, shift) in self.field_shifts(rows)?.into_iter().flatten() {
            *sums.entry(field).or_default() += shift.abs() / rows.len() as f64;
        }
        Ok(largest(sums))
    }

    /// Returns how much more each field moves each of some rows after than before.
    fn field_shifts(&self, rows: &[usize]) -> Result<Vec<BTreeMap<String, f64>>> {
        let (before, after) = (self.before.contributions(rows)?, self.after.contributions(rows)?);
        let shifts = before.into_iter().zip(after).map(|(before, after)| {
            let fields = before.keys().chain(after.keys()).map(|field| (*field).to_owned());
            let shift = |field: &str| after.get(field).unwrap_or(&0.0) - before.get(field).unwrap_or(&0.0);
            fields.map(|field| (shift(&field), field)).map(|(shift, field)| (field, shift)).collect()
        });
        Ok(shifts.collect())
    }
}

/// Returns by how much the log-odds of scores rise with their margins, by least squares; 1 where all margins are the same.
fn slope(margins: &[f64], scores: &[Score]) -> f64 {
    // A score of 0 or 1 has no log-odds.
    let log_odds = |score: &Score| {
        let score = score.get().clamp(1e-6, 1.0 - 1e-6);
        (score / (1.0 - score)).ln()
    };
    let log_odds: Vec<f64> = scores.iter().map(log_odds).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (mean_margin, mean_log_odds) = (mean(margins), mean(&log_odds));
    let products = margins.iter().zip(&log_odds);
    let together: f64 = products.map(|(margin, odds)| (margin - mean_margin) * (odds - mean_log_odds)).sum();
    let alone: f64 = margins.iter().map(|margin| (margin - mean_margin).powi(2)).sum();
    if alone > 0.0 { together / alone } else { 1.0 }
}

/// Returns the fields of the largest shifts, largest first.
fn largest(shifts: BTreeMap<String, f64>) -> Vec<FieldShift> {
    let moved = shifts.into_iter().filter(|(_, shift)| *shift != 0.0);
    let mut shifts: Vec<FieldShift> = moved.map(|(field, shift)| FieldShift { field, shift }).collect();
    shifts.sort_by(|left, right| {
        right.shift.abs().total_cmp(&left.shift.abs()).then_with(|| left.field.cmp(&right.field))
    });
    shifts.truncate(FIELDS_SHOWN);
    shifts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_shifts_come_first_whatever_their_sign() {
        let shifts = [("a", 0.1), ("b", -0.5), ("c", 0.0), ("d", 0.5), ("e", 0.2)];
        let shifts = shifts.into_iter().map(|(field, shift)| (field.to_owned(), shift)).collect();
        let fields: Vec<String> = largest(shifts).into_iter().map(|shift| shift.field).collect();
        assert_eq!(fields, ["b", "d", "e"]);
    }

    #[test]
    fn points_are_turned_into_log_odds() {
        let scores = |values: &[f64]| -> Vec<Score> {
            values.iter().map(|value| Score::new(*value).expect("a probability")).collect()
        };
        // Ten points are one unit of log-odds.
        let calibrated = scores(&[-1.0_f64, 0.0, 2.0].map(|odds| 1.0 / (1.0 + (-odds).exp())));
        assert!((slope(&[-10.0, 0.0, 20.0], &calibrated) - 0.1).abs() < 1e-9);
        assert_eq!(slope(&[3.0, 3.0], &scores(&[0.0, 1.0])), 1.0);
        assert_eq!(slope(&[], &[]), 1.0);
    }

    #[test]
    fn an_effect_is_told_in_one_line() {
        let effect = PromotionEffect {
            before: "a".into(),
            after: "b".into(),
            as_of: DateTime::UNIX_EPOCH,
            leads_open: 40,
            leads: 40,
            mean_before: 0.25,
            mean_after: 0.125,
            moves: vec![
                BandMove { from: Band::A, to: Band::B, leads: 3 },
                BandMove { from: Band::C, to: Band::D, leads: 1 },
            ],
            most: Vec::new(),
            fields: vec![FieldShift { field: "channel".into(), shift: 0.4 }],
        };
        assert_eq!(
            effect_sentence(&effect),
            "of 40 open leads 4 change band (3 A to B, 1 C to D); the mean score goes from 0.250 to 0.125; most of it by \
             `channel`"
        );
        let still = PromotionEffect { moves: Vec::new(), fields: Vec::new(), ..effect };
        assert_eq!(effect_sentence(&still), "of 40 open leads 0 change band; the mean score goes from 0.250 to 0.125");
    }
}
