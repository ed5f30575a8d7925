//! Columns of a table that look like leaks.

use std::collections::BTreeMap;

use plumb_lead::{Column, LeakEvidence, MISSING_LEVEL, Table, Values};

use super::discriminant::ColumnLogOdds;
use crate::error::Error;

/// Under this AUC a column alone is no reason to ask, however little the others know.
const AUC_SUSPECT: f64 = 0.8;

/// From this AUC on it always is: two copies of the target are each no better than the other columns together.
const AUC_CERTAIN: f64 = 0.95;

/// One class only is a reason to ask if chance would have put this many rows of the other class there.
const ROWS_EXPECTED: f64 = 10.0;

/// Texts of which more than this share are different name their rows.
const DISTINCT_SHARE: f64 = 0.9;

/// A copy of the target has at most so many values.
const COPY_VALUES_MAX: usize = 10;

/// Running numbers of rows lie in a span of at most so many times their count.
const RUNNING_SPAN: f64 = 3.0;

/// With fewer rows of a class nothing is suspected.
const CLASS_ROWS_MIN: usize = 20;

/// Returns the columns that may leak the target, in the table's order, each with the evidence.
/// With fewer than 20 rows of a class nothing is suspected. The target itself must not be among the columns.
pub fn suspects(table: &Table, labels: &[bool]) -> Result<Vec<LeakEvidence>, Error> {
    if labels.len() != table.rows() {
        return Err(Error::Lengths { what: "labels", found: labels.len(), expected: table.rows() });
    }
    let positives = labels.iter().filter(|label| **label).count();
    if positives.min(labels.len() - positives) < CLASS_ROWS_MIN {
        return Ok(Vec::new());
    }
    let log_odds = ColumnLogOdds::new(table, labels)?;
    let mut suspects = Vec::new();
    for (index, column) in table.columns().iter().enumerate() {
        let mut whys: Vec<String> = Vec::new();
        whys.extend(identifier(column).or_else(|| running_number(column)));
        whys.extend(copy_of_target(column, labels).or_else(|| one_class(column, labels, positives)));
        if whys.is_empty() {
            whys.extend(alone_too_good(&log_odds, index, labels)?);
        }
        if !whys.is_empty() {
            suspects.push(LeakEvidence { column: column.name.clone(), why: whys.join("; ") });
        }
    }
    Ok(suspects)
}

fn alone_too_good(log_odds: &ColumnLogOdds, column: usize, labels: &[bool]) -> Result<Option<String>, Error> {
    let alone = log_odds.auc_alone(column, labels)?;
    if alone < AUC_SUSPECT {
        return Ok(None);
    }
    let others = log_odds.auc_of_others(column, labels)?;
    let certain = alone >= AUC_CERTAIN;
    Ok((certain || alone >= others)
        .then(|| format!("alone it ranks rows with an AUC of {alone:.2}, all other columns together with {others:.2}")))
}

fn identifier(column: &Column) -> Option<String> {
    let Values::Category { codes, levels } = &column.values else { return None };
    let mut seen = vec![false; levels.len()];
    let present = codes.iter().filter(|code| **code != MISSING_LEVEL);
    let rows = present.inspect(|code| seen[**code as usize] = true).count();
    let distinct = seen.iter().filter(|seen| **seen).count();
    (rows >= 2 * CLASS_ROWS_MIN && distinct as f64 > DISTINCT_SHARE * rows as f64).then(|| {
        format!("it has {distinct} different texts in {rows} rows: it names rows and says nothing of new ones")
    })
}

/// Whole numbers that are never the same twice and lie close together, as a database hands them out.
fn running_number(column: &Column) -> Option<String> {
    let Values::Number(values) = &column.values else { return None };
    let mut present: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    // From 2^24 on not every whole number is there, and two that differ may look the same.
    let is_whole = |value: &f32| value.fract() == 0.0 && value.abs() < 16_777_216.0;
    if present.len() < 2 * CLASS_ROWS_MIN || !present.iter().all(is_whole) {
        return None;
    }
    present.sort_by(f32::total_cmp);
    let is_different = present.windows(2).all(|pair| pair[0] < pair[1]);
    let span = f64::from(*present.last()?) - f64::from(*present.first()?);
    (is_different && span <= RUNNING_SPAN * present.len() as f64).then(|| {
        format!(
            "its {} whole numbers are all different and lie close together: it numbers rows and says nothing of new ones",
            present.len()
        )
    })
}

/// A column whose few values each go with one class, in all rows in which it is known.
fn copy_of_target(column: &Column, labels: &[bool]) -> Option<String> {
    let mut classes: BTreeMap<String, (bool, usize)> = BTreeMap::new();
    for (row, label) in labels.iter().enumerate() {
        let Some(text) = column.values.text(row) else { continue };
        let (class, rows) = classes.entry(text).or_insert((*label, 0));
        if class != label {
            return None;
        }
        *rows += 1;
        if classes.len() > COPY_VALUES_MAX {
            return None;
        }
    }
    let rows_of = |wanted| classes.values().filter(|(class, _)| *class == wanted).map(|(_, rows)| rows).sum::<usize>();
    let (positives, negatives) = (rows_of(true), rows_of(false));
    (positives.min(negatives) >= CLASS_ROWS_MIN).then(|| {
        format!(
            "it is a copy of the target: each of its {} values goes with one class, in {positives} positive and \
             {negatives} negative rows",
            classes.len()
        )
    })
}

/// A column that is filled in only once a lead is won, or never for one that is.
fn one_class(column: &Column, labels: &[bool], positives: usize) -> Option<String> {
    let base_rate = positives as f64 / labels.len() as f64;
    for (state, of_missing) in [("missing", true), ("present", false)] {
        let rows = || (0..labels.len()).filter(|row| is_missing(&column.values, *row) == of_missing);
        let (count, positive) = (rows().count(), rows().filter(|row| labels[*row]).count());
        let (class, other_expected) = if positive == 0 {
            ("negative", base_rate * count as f64)
        } else if positive == count {
            ("positive", (1.0 - base_rate) * count as f64)
        } else {
            continue;
        };
        // Where all rows are in this state, both classes are among them.
        if other_expected >= ROWS_EXPECTED {
            return Some(format!("all {count} rows in which it is {state} are {class}"));
        }
    }
    None
}

fn is_missing(values: &Values, row: usize) -> bool {
    match values {
        Values::Number(values) | Values::Flag(values) => values[row].is_nan(),
        Values::Category { codes, .. } => codes[row] == MISSING_LEVEL,
    }
}
