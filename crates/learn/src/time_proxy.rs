//! Numbers that tell when a row is from rather than whom it is of: an index of prices, a rate of interest, a running
//! number.
//!
//! In rows that lie mixed they help, because each of their values stands for a week of which other rows are known.
//! In time order they mislead: trees cut the calendar into windows with them, and new rows fall into none. Nothing is
//! asked of the labels here, so a choice by it is no choice by the outcome.

use plumb_lead::{Feature, FeatureKind, FeatureSet, Matrix};

/// The rows are cut into this many spans of equal count.
const SPANS: usize = 20;

/// With fewer rows in a span its variance is chance.
const SPAN_ROWS_MIN: usize = 30;

/// From this share of the variance on, a number mostly says in which span its row lies.
const SHARE_MIN: f64 = 0.8;

/// Returns the columns of rows in time order that tell the time, each with the share of its variance that lies between
/// twenty spans of the rows and not within them (the correlation ratio, eta squared).
/// Words and what is not watched (`watch = false`) are left alone, because an old season comes again.
pub(crate) fn of(features: &FeatureSet, matrix: &Matrix) -> Vec<(usize, f64)> {
    let is_asked = |feature: &Feature| matches!(feature.kind, FeatureKind::Number) && feature.wording.watch;
    let asked = features.features.iter().enumerate().filter(|(_, feature)| is_asked(feature));
    asked
        .filter_map(|(column, _)| {
            let values: Vec<f32> = matrix.column(column).collect();
            share_between_spans(&values).map(|share| (column, share))
        })
        .filter(|(_, share)| *share >= SHARE_MIN)
        .collect()
}

/// Returns 1 less the mean variance within spans over the variance of all; `None` where that says nothing.
fn share_between_spans(values: &[f32]) -> Option<f64> {
    if values.len() < SPANS * SPAN_ROWS_MIN {
        return None;
    }
    let all = variance(values)?;
    let span = |index: usize| &values[index * values.len() / SPANS..(index + 1) * values.len() / SPANS];
    let within: Vec<f64> = (0..SPANS).filter_map(|index| variance(span(index))).collect();
    let is_known = all > 0.0 && 2 * within.len() > SPANS;
    is_known.then(|| 1.0 - within.iter().sum::<f64>() / within.len() as f64 / all)
}

/// Returns the variance of the values that are there; `None` if they are fewer than two.
fn variance(values: &[f32]) -> Option<f64> {
    let present = || values.iter().filter(|value| value.is_finite()).map(|value| f64::from(*value));
    let count = present().count();
    if count < 2 {
        return None;
    }
    let mean = present().sum::<f64>() / count as f64;
    Some(present().map(|value| (value - mean).powi(2)).sum::<f64>() / count as f64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use plumb_lead::{Column, FeatureMessages, MessageCatalog, Table, Values};

    use super::*;

    #[test]
    fn what_moves_with_the_rows_is_a_clock_unless_it_is_known_to_come_again() {
        let number = |name: &str, of: fn(usize) -> f32| Column {
            name: name.to_owned(),
            values: Values::Number((0..2000).map(of).collect()),
        };
        let table = Table::new(vec![
            number("price_index", |row| 90.0 + (row / 100) as f32),
            number("age", |row| (row * 7919 % 60) as f32),
            number("always", |_| 1.0),
            number("missing", |_| f32::NAN),
            number("hour", |row| (row % 24) as f32),
            number("month", |row| (row / 100 % 12) as f32),
        ])
        .expect("one length");
        let moves = FeatureMessages { watch: false, ..FeatureMessages::default() };
        let features = HashMap::from([("month".to_owned(), moves)]);
        let message_catalog = MessageCatalog { features, ..MessageCatalog::default() };
        let features = FeatureSet::learn(&table, &message_catalog);
        let of = |rows: usize| {
            let (matrix, _) = features.encode(&table.select(&(0..rows).collect::<Vec<_>>())).expect("its own table");
            super::of(&features, &matrix)
        };
        assert_eq!(of(2000), [(0, 1.0)]);
        assert_eq!(of(500), [], "too few rows tell nothing");
    }
}
