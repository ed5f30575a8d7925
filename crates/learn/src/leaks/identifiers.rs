//! Columns that name or number rows.

use plumb_lead::{Column, MISSING_LEVEL, Values};

use super::evidence::Evidence;
use super::report::LeakKind;

/// Texts of which more than this share are different name their rows.
const DISTINCT_SHARE: f64 = 0.9;

/// Fewer values tell nothing of that.
const ROWS_MIN: usize = 40;

/// Running numbers of rows lie in a span of at most so many times their count.
const RUNNING_SPAN: f64 = 3.0;

/// Returns whether a column names rows instead of describing them.
pub(super) fn identifier(column: &Column) -> Option<Evidence> {
    match &column.values {
        Values::Category { codes, levels } => text(codes, levels),
        Values::Number(values) => running_number(values),
        Values::Flag(_) => None,
    }
}

fn text(codes: &[u32], levels: &[String]) -> Option<Evidence> {
    let mut seen = vec![false; levels.len()];
    let present = codes.iter().filter(|code| **code != MISSING_LEVEL);
    let rows = present.inspect(|code| seen[**code as usize] = true).count();
    let distinct = seen.iter().filter(|seen| **seen).count();
    (rows >= ROWS_MIN && distinct as f64 > DISTINCT_SHARE * rows as f64).then(|| {
        let why =
            format!("it has {distinct} different texts in {rows} rows: it names rows and says nothing of new ones");
        Evidence::suspect(LeakKind::Identifier, why)
    })
}

/// Whole numbers that are never the same twice and lie close together, as a database hands them out.
fn running_number(values: &[f32]) -> Option<Evidence> {
    let mut present: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    // From 2^24 on not every whole number is there, and two that differ may look the same.
    let is_whole = |value: &f32| value.fract() == 0.0 && value.abs() < 16_777_216.0;
    if present.len() < ROWS_MIN || !present.iter().all(is_whole) {
        return None;
    }
    present.sort_by(f32::total_cmp);
    let is_different = present.windows(2).all(|pair| pair[0] < pair[1]);
    let span = f64::from(*present.last()?) - f64::from(*present.first()?);
    (is_different && span <= RUNNING_SPAN * present.len() as f64).then(|| {
        let count = present.len();
        let why = format!(
            "its {count} whole numbers are all different and lie close together: it numbers rows and says nothing of \
             new ones"
        );
        Evidence::suspect(LeakKind::RunningNumber, why)
    })
}
