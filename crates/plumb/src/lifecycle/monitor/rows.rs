//! What only whole rows show: segments in which something moved, all columns together, and what scores rest on.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use plumb_lead::{Matrix, Observation};
use plumb_learn::drift::{self, MovedSegment, ReasonDrift, SegmentRows, Together, Watched};

use super::weeks::{MONTH, Monitored};

/// The most rows of the training data that are looked at, evenly over its time.
const REFERENCE_ROWS_MAX: usize = 8_000;

/// The most rows of the month, evenly over it.
const ROWS_MAX: usize = 8_000;

/// With fewer rows nothing is looked for.
const ROWS_MIN: usize = 200;

/// Seeds the classifier.
const SEED: u64 = 1;

/// What the rows of a month show.
pub(super) struct RowFindings {
    /// Segments in which a column moved.
    pub(super) segments: Vec<MovedSegment>,
    /// All columns together.
    pub(super) together: Together,
    /// What scores rest on.
    pub(super) reasons: ReasonDrift,
    /// Leads that came in a week.
    pub(super) leads_a_week: f64,
}

impl Monitored<'_> {
    /// Returns what the rows of the month show that ends with the week that begins at `newest`; `None` if there are too few, or
    /// if it is not known which rows the model was trained on.
    pub(super) async fn row_findings(&self, newest: DateTime<Utc>) -> Result<Option<RowFindings>> {
        let Some((first, last)) = self.card.dataset.span else { return Ok(None) };
        let label_spec = self.at_last_age();
        let from = (newest - TimeDelta::weeks(MONTH - 1)).max(self.card.as_of);
        let to = newest + TimeDelta::weeks(1);
        let month = self.lake.observations(&label_spec, from, to).await?;
        let before = self.lake.observations(&label_spec, first, last + TimeDelta::seconds(1)).await?;
        if month.len() < ROWS_MIN || before.len() < ROWS_MIN {
            return Ok(None);
        }
        let weeks = ((to - from).num_days() as f64 / 7.0).max(1.0);
        let leads_a_week = month.len() as f64 / weeks;
        let (before, month) = (spread(before, REFERENCE_ROWS_MAX), spread(month, ROWS_MAX));
        let (reference, _, _) = self.score(&before).await?;
        let (current, _, _) = self.score(&month).await?;
        let at: Vec<DateTime<Utc>> = before.iter().map(|observation| observation.as_of).collect();
        let numbers: Vec<i64> = at.iter().map(|at| drift::week_of(*at)).collect();
        let features = &self.scorer.artifact.model.features;
        let rows = SegmentRows {
            reference: &reference,
            reference_at: &at,
            current: &current,
            weeks: weeks.round().max(1.0) as usize,
        };
        Ok(Some(RowFindings {
            segments: drift::moved_segments(features, &rows, self.budget.chance_a_week(Watched::Segments))?,
            together: drift::together(features, &reference, &numbers, &current, SEED)?,
            reasons: self.reasons(&reference, &numbers, &current)?,
            leads_a_week,
        }))
    }

    fn reasons(&self, reference: &Matrix, weeks: &[i64], current: &Matrix) -> Result<ReasonDrift> {
        let model = &self.scorer.artifact.model;
        let explained = model.explain(reference)?;
        let all: Vec<usize> = (0..reference.rows).collect();
        let mean = |explanation: &plumb_learn::Explanation, rows: &[usize]| {
            let mut sums = vec![0.0; explanation.columns];
            for row in rows {
                sums.iter_mut().zip(explanation.row(*row)).for_each(|(sum, part)| *sum += part.abs());
            }
            sums.iter().map(|sum| sum / rows.len().max(1) as f64).collect::<Vec<f64>>()
        };
        let mut numbers = weeks.to_vec();
        numbers.dedup();
        // As long as the month, so that they differ by chance no more than it does.
        let by_month: Vec<Vec<f64>> = numbers
            .chunks(usize::try_from(MONTH)?)
            .map(|block| all.iter().copied().filter(|row| block.contains(&weeks[*row])).collect::<Vec<usize>>())
            .filter(|rows| rows.len() >= ROWS_MIN)
            .map(|rows| mean(&explained, &rows))
            .collect();
        let now = model.explain(current)?;
        let now = mean(&now, &(0..current.rows).collect::<Vec<_>>());
        Ok(drift::reason_drift(&model.features, &mean(&explained, &all), &by_month, &now))
    }
}

/// Returns at most so many observations, evenly over all.
fn spread(observations: Vec<Observation>, limit: usize) -> Vec<Observation> {
    let step = observations.len().div_ceil(limit).max(1);
    observations.into_iter().step_by(step).collect()
}
