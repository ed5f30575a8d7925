//! Rows that are there twice.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use plumb_lead::{Table, Values};
use serde::{Deserialize, Serialize};

/// Copies are told from rows that are alike by chance if there are so many times as many as chance would make.
const CHANCE_RATIO: f64 = 3.0;

/// How many rows of a table equal an earlier one in all columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DuplicateRows {
    /// Rows that equal an earlier row.
    pub rows: usize,
    /// How many there would be by chance, if the columns had nothing to do with each other.
    pub by_chance: f64,
}

impl DuplicateRows {
    /// Counts the duplicates of a table.
    pub fn count(table: &Table) -> DuplicateRows {
        DuplicateRows::of(table, &equal_rows(table))
    }

    /// Returns whether they are copies, and not rows that are alike because there is little to tell them apart by.
    pub fn are_copies(&self) -> bool {
        self.rows > 0 && self.rows as f64 > CHANCE_RATIO * self.by_chance
    }

    fn of(table: &Table, groups: &[usize]) -> DuplicateRows {
        let rows = groups.iter().enumerate().filter(|(row, group)| row != *group).count();
        DuplicateRows { rows, by_chance: expected_by_chance(table) }
    }
}

/// Returns the group of each row: rows that are equal in all columns share one, which is the number of the first of them.
///
/// In a table so coarse that equal rows are to be expected (a few columns of a few values, taken as independent), each row
/// is a group of its own: to hold such rows together would test a model on combinations that it has never seen.
pub fn duplicate_groups(table: &Table) -> Vec<usize> {
    let groups = equal_rows(table);
    if DuplicateRows::of(table, &groups).are_copies() { groups } else { (0..table.rows()).collect() }
}

/// The first row that each row equals.
fn equal_rows(table: &Table) -> Vec<usize> {
    let mut hashers = vec![DefaultHasher::new(); table.rows()];
    for column in table.columns() {
        (0..table.rows()).for_each(|row| hashers[row].write_u32(bits(&column.values, row)));
    }
    let is_equal = |left: usize, right: usize| {
        table.columns().iter().all(|column| bits(&column.values, left) == bits(&column.values, right))
    };
    let mut firsts: HashMap<u64, Vec<usize>> = HashMap::with_capacity(table.rows());
    let groups = hashers.iter().enumerate().map(|(row, hasher)| {
        // Rows of one hash are nearly always equal, and are compared nevertheless.
        let firsts = firsts.entry(hasher.finish()).or_default();
        let equal = firsts.iter().copied().find(|first| is_equal(*first, row));
        equal.unwrap_or_else(|| {
            firsts.push(row);
            row
        })
    });
    groups.collect()
}

/// The bits of a value: two values are the same if these are.
fn bits(values: &Values, row: usize) -> u32 {
    match values {
        Values::Number(values) | Values::Flag(values) if values[row].is_nan() => f32::NAN.to_bits(),
        // Zero has two signs.
        Values::Number(values) | Values::Flag(values) => (values[row] + 0.0).to_bits(),
        Values::Category { codes, .. } => codes[row],
    }
}

/// The number of rows that equal an earlier one, if each column were drawn by itself: with the chance `p` that two rows are
/// equal, row `i` (from 0) is a duplicate with the chance `1 - (1 - p)^i`.
fn expected_by_chance(table: &Table) -> f64 {
    let rows = table.rows();
    if rows < 2 || table.columns().is_empty() {
        return 0.0;
    }
    let chance: f64 = table.columns().iter().map(|column| chance_of_equals(&column.values)).product();
    let rows = rows as f64;
    if rows * chance < 1e-6 {
        // The difference below would be rounding; to the first order it is a chance for each pair.
        return rows * (rows - 1.0) / 2.0 * chance;
    }
    rows - (1.0 - (1.0 - chance).powf(rows)) / chance
}

/// The chance that two rows have the same value: the sum of the squared shares of the values.
fn chance_of_equals(values: &Values) -> f64 {
    let mut all: Vec<u32> = (0..values.len()).map(|row| bits(values, row)).collect();
    all.sort_unstable();
    let runs = all.chunk_by(|left, right| left == right);
    runs.map(|run| (run.len() as f64 / all.len() as f64).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use plumb_lead::Column;

    use super::*;

    fn table(columns: Vec<Vec<f32>>) -> Table {
        let column = |(index, values)| Column { name: format!("x{index}"), values: Values::Number(values) };
        Table::new(columns.into_iter().enumerate().map(column).collect()).expect("one length")
    }

    #[test]
    fn equal_rows_share_a_group() {
        let nan = f32::NAN;
        let first = vec![1.0, 2.0, 1.0, nan, 5.0, nan];
        let second = vec![0.0, 3.0, -0.0, 4.0, 7.0, 4.0];
        let table = table(vec![first.clone(), second.clone(), first, second]);
        assert_eq!(duplicate_groups(&table), [0, 1, 0, 3, 4, 3]);
        let found = DuplicateRows::count(&table);
        // Two rows have the same value in a column with a chance of 10 / 36, in all four of 0.006; there are 15 pairs.
        assert!(found.rows == 2 && (found.by_chance - 0.09).abs() < 0.01, "{found:?}");
    }

    #[test]
    fn rows_that_are_alike_by_chance_stay_apart() {
        // Twelve combinations in 120 rows: 108 rows equal an earlier one.
        let table = table(vec![
            (0..120).map(|row| (row % 3) as f32).collect(),
            (0..120).map(|row| (row / 3 % 4) as f32).collect(),
        ]);
        let found = DuplicateRows::count(&table);
        assert!(found.rows == 108 && (found.by_chance - 108.0).abs() < 2.0, "{found:?}");
        assert_eq!(duplicate_groups(&table), (0..120).collect::<Vec<_>>());
    }
}
