//! Where a model is weakest: the categories in which its log loss is clearly over that of the rest.

use plumb_lead::{FeatureKind, FeatureSet, Matrix, Segment};

use super::bins::share_interval;
use super::checks::{check_probabilities, check_rows};
use super::measures::log_loss_of;
use crate::error::Error;

/// With fewer rows the log loss of a slice is chance.
const ROWS_MIN: usize = 50;

/// How many standard errors a slice's log loss must lie over that of all rows.
const STANDARD_ERRORS: f64 = 2.0;

/// The most slices that are returned.
const SEGMENTS_MAX: usize = 5;

/// Returns up to five slices, a category or a flag each, in which the log loss is clearly larger than on all rows;
/// the worst first. Scores are probabilities.
pub fn weakest(matrix: &Matrix, features: &FeatureSet, scores: &[f64], labels: &[bool]) -> Result<Vec<Segment>, Error> {
    check_rows(scores, labels, "look for weak slices of")?;
    check_probabilities(scores)?;
    if matrix.rows != labels.len() {
        return Err(Error::Lengths { what: "rows of the matrix", found: matrix.rows, expected: labels.len() });
    }
    if matrix.columns != features.features.len() {
        return Err(Error::Columns { found: matrix.columns, expected: features.features.len() });
    }
    let losses: Vec<f64> = scores.iter().zip(labels).map(|(score, label)| log_loss_of(*score, *label)).collect();
    let loss_all = losses.iter().sum::<f64>() / losses.len() as f64;
    let mut segments = Vec::new();
    for (column, feature) in features.features.iter().enumerate() {
        let levels = match &feature.kind {
            FeatureKind::Number => continue,
            FeatureKind::Flag => vec!["no".to_owned(), "yes".to_owned()],
            FeatureKind::Category { levels } => levels.clone(),
        };
        let mut slices = vec![Slice::default(); levels.len() + 1];
        for (row, value) in matrix.column(column).enumerate() {
            let level = if value.is_nan() { levels.len() } else { value as usize };
            if let Some(slice) = slices.get_mut(level) {
                slice.add(losses[row], scores[row], labels[row]);
            }
        }
        let levels = levels.into_iter().chain(["missing".to_owned()]);
        segments.extend(levels.zip(slices).filter_map(|(level, slice)| slice.segment(&feature.name, level, loss_all)));
    }
    segments.sort_by(|left: &Segment, right| right.log_loss.total_cmp(&left.log_loss));
    segments.truncate(SEGMENTS_MAX);
    Ok(segments)
}

#[derive(Clone, Debug, Default)]
struct Slice {
    rows: usize,
    positives: usize,
    scores: f64,
    losses: f64,
    losses_squared: f64,
}

impl Slice {
    fn add(&mut self, loss: f64, score: f64, label: bool) {
        self.rows += 1;
        self.positives += usize::from(label);
        self.scores += score;
        self.losses += loss;
        self.losses_squared += loss * loss;
    }

    fn segment(&self, feature: &str, level: String, loss_all: f64) -> Option<Segment> {
        if self.rows < ROWS_MIN {
            return None;
        }
        let rows = self.rows as f64;
        let log_loss = self.losses / rows;
        let variance = (self.losses_squared / rows - log_loss * log_loss).max(0.0);
        let clearly_worse = log_loss - loss_all > STANDARD_ERRORS * (variance / rows).sqrt();
        clearly_worse.then(|| Segment {
            feature: feature.to_owned(),
            level,
            rows: self.rows,
            log_loss,
            predicted: self.scores / rows,
            observed: self.positives as f64 / rows,
            interval: Some(share_interval(self.positives as f64, self.rows)),
        })
    }
}
