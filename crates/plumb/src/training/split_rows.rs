//! Labelled rows with enough outcomes to set some apart: the case of an ordinary training.

use std::sync::Arc;

use anyhow::Result;
use chrono::TimeDelta;
use plumb_lake::PostOutcomeChange;
use plumb_lake::dataset::Manifest;
use plumb_lead::Recency;
use plumb_learn::split::{self, Split};

use super::candidates::Holdout;
use super::fit_config::TrainingSetup;
use super::progress::FitPurpose;
use super::rows::TrainingRows;
use super::screening::{Screening, evidence};

/// With fewer rows to train on, or fewer of either class, a challenger on recent rows is not worth the time.
const RECENT_ROWS_MIN: usize = 200;
const RECENT_CLASS_ROWS_MIN: usize = 20;

/// Labelled rows, split twice: for the fit that is measured, and for the one that is used.
#[derive(Clone)]
pub(super) struct SplitRows {
    /// The data set in which all rows are frozen.
    pub(super) manifest: Manifest,
    /// The rows, or a sample of them.
    pub(super) rows: Arc<TrainingRows>,
    /// The rows from here on are opinions, whose outcome is still open.
    pub(super) first_opinion: usize,
    /// Split by time: to train on, to choose on, to test on.
    pub(super) evaluation: Split,
    /// Split at random: to train on and to choose on.
    pub(super) final_split: Split,
    /// The youngest age at which a lead is observed.
    pub(super) age_min: TimeDelta,
    /// The time from the youngest age to the oldest.
    pub(super) age_span: TimeDelta,
    /// What reps' flags changed, as a sentence.
    pub(super) flags_note: Option<String>,
    /// Observations that are too young to have a label.
    pub(super) censored: usize,
    /// How often undated fields changed after outcomes.
    pub(super) post_outcome_changes: Vec<PostOutcomeChange>,
}

impl SplitRows {
    /// Returns the split of a fit.
    pub(super) fn split(&self, purpose: FitPurpose) -> &Split {
        match purpose {
            FitPurpose::Evaluation => &self.evaluation,
            FitPurpose::Final => &self.final_split,
        }
    }

    /// Returns the same rows for models that look back otherwise: those before a window are left out of what is trained and
    /// chosen on. What is tested on stays.
    pub(super) fn looking_back(&self, recency: Recency) -> Result<SplitRows> {
        let Some(window) = recency.window_h else { return Ok(self.clone()) };
        let window = TimeDelta::hours(i64::from(window));
        let observations = &self.rows.observations;
        let recent = |split: &Split| -> Result<Split> {
            let (opinions, train): (Vec<usize>, Vec<usize>) =
                split.train.iter().partition(|row| **row >= self.first_opinion);
            let labelled = Split { train, ..split.clone() };
            let newest = labelled.train.iter().chain(&labelled.valid).map(|row| observations[*row].as_of).max();
            let Some(from) = newest.and_then(|newest| newest.checked_sub_signed(window)) else {
                return Ok(split.clone());
            };
            let mut recent = split::recent(observations, &labelled, from)?;
            recent.train.extend(opinions);
            Ok(recent)
        };
        Ok(SplitRows { evaluation: recent(&self.evaluation)?, final_split: recent(&self.final_split)?, ..self.clone() })
    }

    /// Returns whether models that look back otherwise have enough rows to learn from.
    pub(super) fn is_enough(&self) -> bool {
        [&self.evaluation, &self.final_split].into_iter().all(|split| {
            let positives = |rows: &[usize]| self.rows.labels_of(rows).into_iter().filter(|label| *label).count();
            let (trained, chosen) = (positives(&split.train), positives(&split.valid));
            split.train.len() >= RECENT_ROWS_MIN
                && trained.min(split.train.len() - trained) >= RECENT_CLASS_ROWS_MIN
                && chosen > 0
                && chosen < split.valid.len()
        })
    }

    /// Returns the rows that the final fit trains and chooses on.
    pub(super) fn final_rows(&self) -> Vec<usize> {
        let Split { train, valid, .. } = &self.final_split;
        train.iter().chain(valid).copied().collect()
    }

    /// Returns the rows to test on.
    pub(super) fn holdout(&self) -> Holdout {
        let test = &self.evaluation.test;
        let observations = test.iter().map(|row| self.rows.observations[*row].clone()).collect();
        Holdout { observations, labels: self.rows.labels_of(test) }
    }

    /// Returns the leads of the rows that the evaluation fit chooses on.
    pub(super) fn valid_leads(&self) -> Vec<&str> {
        self.evaluation.valid.iter().map(|row| self.rows.observations[*row].lead_id.as_str()).collect()
    }

    /// Looks for leaks in the rows to train on.
    pub(super) fn screening(&self, setup: &TrainingSetup) -> Result<Screening> {
        let (table, train) = (&self.rows.table, &self.final_split.train);
        let evidence = evidence(&table.select(train), &self.rows.labels_of(train), &self.post_outcome_changes)?;
        Screening::of(setup, table, evidence)
    }
}
