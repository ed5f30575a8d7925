//! Where a move sits: the segments of one or two conditions in which a column moved, and elsewhere did not.

use chrono::{DateTime, Utc};
use plumb_lead::{Drift, FeatureKind, FeatureSet, Matrix, Verdict};

use super::baseline::{Baseline, DatedRows, baseline_by_week};
use super::comparison::Window;
use crate::error::Error;

/// The most columns whose values are conditions, and values of each.
const COLUMNS_MAX: usize = 8;
const LEVELS_MAX: usize = 8;

/// A segment has at least so many rows on both sides, and leaves as many out.
const ROWS_MIN: usize = 100;

/// A move sits in a segment if outside of it at most so much of its PSI is left.
const LEFT_OUTSIDE: f64 = 0.25;

/// Rows of the training data and of a window, encoded by a model's features.
pub struct SegmentRows<'a> {
    /// Rows of the training data.
    pub reference: &'a Matrix,
    /// When each was observed.
    pub reference_at: &'a [DateTime<Utc>],
    /// Rows of the window.
    pub current: &'a Matrix,
    /// Weeks of the window.
    pub weeks: usize,
}

/// A segment in which a column moved.
#[derive(Clone, Debug, PartialEq)]
pub struct MovedSegment {
    /// Features and their values, one or two.
    pub conditions: Vec<(String, String)>,
    /// Rows of the window in it.
    pub rows: usize,
    /// The move within the segment.
    pub drift: Drift,
}

/// A value of a feature.
#[derive(Clone, Copy, PartialEq)]
struct Condition {
    column: usize,
    code: f32,
}

/// Returns, of each column that moved in a segment and hardly elsewhere, the segment in which most rows moved furthest; of two
/// alike, the one with fewer conditions. `chance` is the chance at which any of all segments and columns may be called moved.
pub fn moved_segments(features: &FeatureSet, rows: &SegmentRows<'_>, chance: f64) -> Result<Vec<MovedSegment>, Error> {
    let segments = segments(features, rows);
    let tests = (segments.len() * Baseline::columns(features)).max(1);
    let mut found: Vec<(f64, MovedSegment)> = Vec::new();
    for segment in &segments {
        let Some(inside) = compared(features, rows, segment, true, chance / tests as f64)? else { continue };
        let moved: Vec<&Drift> = inside.1.iter().filter(|drift| drift.verdict == Verdict::Drifted).collect();
        if moved.is_empty() {
            continue;
        }
        let Some(outside) = compared(features, rows, segment, false, chance)? else { continue };
        for drift in moved {
            // A condition says nothing of its own column.
            let is_own = segment.iter().any(|condition| features.features[condition.column].name == drift.column);
            let left = outside.1.iter().find(|other| other.column == drift.column).map_or(0.0, |other| other.psi);
            if is_own || left > LEFT_OUTSIDE * drift.psi {
                continue;
            }
            let weight = drift.jensen_shannon * inside.0 as f64 / segment.len() as f64;
            let conditions = segment.iter().map(|condition| named(features, *condition)).collect();
            let moved = MovedSegment { conditions, rows: inside.0, drift: drift.clone() };
            match found.iter_mut().find(|(_, known)| known.drift.column == drift.column) {
                Some(known) if known.0 >= weight => {}
                Some(known) => *known = (weight, moved),
                None => found.push((weight, moved)),
            }
        }
    }
    Ok(found.into_iter().map(|(_, moved)| moved).collect())
}

/// Compares the rows within a segment, or outside of it; `None` if they are too few. Returns how many of the window they are,
/// too.
fn compared(
    features: &FeatureSet,
    rows: &SegmentRows<'_>,
    segment: &[Condition],
    within: bool,
    chance: f64,
) -> Result<Option<(usize, Vec<Drift>)>, Error> {
    let chosen = |matrix: &Matrix| -> Vec<usize> {
        (0..matrix.rows).filter(|row| is_in(segment, matrix.row(*row)) == within).collect()
    };
    let (before, now) = (chosen(rows.reference), chosen(rows.current));
    if before.len() < ROWS_MIN || now.len() < ROWS_MIN {
        return Ok(None);
    }
    let at: Vec<DateTime<Utc>> = before.iter().map(|row| rows.reference_at[*row]).collect();
    let before = rows.reference.select(&before);
    let scores = vec![0.5; before.rows];
    let dated = DatedRows { matrix: &before, at: &at, scores: &scores, scores_at: &at };
    let baseline = baseline_by_week(features, &dated)?;
    let counts = baseline.count(features, &rows.current.select(&now), &vec![0.5; now.len()], &[])?;
    let window = Window { from: None, weeks: rows.weeks, counts: &counts, earlier: &[] };
    let mut drifts = baseline.compare(features, &window, chance)?;
    // The first is of the scores, which are not given here.
    drifts.remove(0);
    Ok(Some((now.len(), drifts)))
}

/// The segments of one and of two conditions with enough rows.
fn segments(features: &FeatureSet, rows: &SegmentRows<'_>) -> Vec<Vec<Condition>> {
    let single = conditions(features, rows);
    let pairs = single.iter().enumerate().flat_map(|(index, one)| {
        single[index + 1..].iter().filter(|other| other.column != one.column).map(|other| vec![*one, *other])
    });
    let enough = |segment: &Vec<Condition>| {
        [rows.reference, rows.current].iter().all(|matrix| {
            let inside = (0..matrix.rows).filter(|row| is_in(segment, matrix.row(*row))).count();
            inside >= ROWS_MIN && matrix.rows - inside >= ROWS_MIN
        })
    };
    single.iter().map(|one| vec![*one]).chain(pairs).filter(enough).collect()
}

/// The values that make conditions: the most frequent of the columns with the fewest values.
fn conditions(features: &FeatureSet, rows: &SegmentRows<'_>) -> Vec<Condition> {
    let mut columns: Vec<(usize, usize)> = features
        .features
        .iter()
        .enumerate()
        .filter_map(|(column, feature)| match &feature.kind {
            FeatureKind::Number => None,
            FeatureKind::Flag => Some((2, column)),
            FeatureKind::Category { levels } => Some((levels.len(), column)),
        })
        .collect();
    columns.sort_unstable();
    let mut conditions = Vec::new();
    for (levels, column) in columns.into_iter().take(COLUMNS_MAX) {
        let mut counts = vec![0usize; levels];
        for value in rows.current.column(column).filter(|value| !value.is_nan()) {
            if let Some(count) = counts.get_mut(value as usize) {
                *count += 1;
            }
        }
        let mut by_rows: Vec<(usize, usize)> = counts
            .into_iter()
            .enumerate()
            .map(|(code, count)| (count, code))
            .filter(|(count, _)| *count >= ROWS_MIN)
            .collect();
        by_rows.sort_unstable_by(|one, other| other.cmp(one));
        conditions.extend(by_rows.iter().take(LEVELS_MAX).map(|(_, code)| Condition { column, code: *code as f32 }));
    }
    conditions
}

fn is_in(segment: &[Condition], row: &[f32]) -> bool {
    segment.iter().all(|condition| row[condition.column] == condition.code)
}

fn named(features: &FeatureSet, condition: Condition) -> (String, String) {
    let feature = &features.features[condition.column];
    let value = match &feature.kind {
        FeatureKind::Category { levels } => levels.get(condition.code as usize).cloned().unwrap_or_default(),
        FeatureKind::Flag | FeatureKind::Number => if condition.code == 0.0 { "no" } else { "yes" }.to_owned(),
    };
    (feature.name.clone(), value)
}
