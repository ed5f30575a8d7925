//! Time proxies: numbers that tell when a row is from rather than what it is like, such as a price index, an interest rate
//! or a running number.
//!
//! In rows in random order they help, because each of their values stands for a week of which other rows are known. In time
//! order they mislead: trees cut the calendar into windows with them, and new rows fall into none. The labels are not used
//! here, so hiding a column is no choice by the outcome.

use plumb_lead::{Feature, FeatureKind, FeatureSet, Matrix};

/// The rows are cut into this many spans of equal count.
const SPANS: usize = 20;

/// With fewer rows in a span its variance is chance.
const SPAN_ROWS_MIN: usize = 30;

/// From this share of the variance between spans on, a number is a time proxy.
const SHARE_MIN: f64 = 0.8;

/// Returns the time proxies among the columns of rows in time order, each with the share of its variance that lies between
/// twenty spans of the rows and not within them (the correlation ratio, eta squared).
/// Categories, and features that are not monitored (`watch = false`), are left out, because an old season comes again.
pub(crate) fn find(features: &FeatureSet, matrix: &Matrix) -> Vec<(usize, f64)> {
    let may_be = |feature: &Feature| matches!(feature.kind, FeatureKind::Number) && feature.messages.watch;
    let numbers = features.features.iter().enumerate().filter(|(_, feature)| may_be(feature));
    numbers
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
    fn a_number_that_moves_with_the_rows_is_a_time_proxy_unless_it_is_not_monitored() {
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
        let find = |rows: usize| {
            let (matrix, _) = features.encode(&table.select(&(0..rows).collect::<Vec<_>>())).expect("its own table");
            super::find(&features, &matrix)
        };
        assert_eq!(find(2000), [(0, 1.0)]);
        assert_eq!(find(500), [], "too few rows tell nothing");
    }
}
