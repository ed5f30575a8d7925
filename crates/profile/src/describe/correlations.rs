//! How columns go together, pair by pair, on the sample.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::association::{ascending, correlation_ratio, cramers_v, pearson, ranks};
use super::bins::bins;
use super::gathered::TableStatistics;
use crate::gather::Column;
use crate::outcome::{AssociationMeasure, ColumnKind, Correlation, Correlations};

/// Pairs times rows that are looked at: a few seconds of one core.
const WORK_MAX: usize = 200_000_000;
const ROWS_MIN: usize = 1_000;

/// Words of a category that are told apart; the rarer ones are taken together.
const LEVELS_MAX: usize = 49;

/// Weaker pairs are not said.
const STRENGTH_MIN: f64 = 0.05;

/// With fewer rows nothing is said.
const PAIR_ROWS_MIN: u64 = 10;

const THREADS_MAX: usize = 8;

/// A column as it is compared.
struct Compared<'a> {
    column: &'a Column,
    /// Its codes, if it can be compared as a category.
    codes: Option<Vec<Option<u16>>>,
    numbers: Option<Numbers>,
}

struct Numbers {
    centred: Vec<f64>,
    order: Vec<u32>,
    ranks: Vec<f64>,
    /// Whether some rows have no value.
    has_missing: bool,
}

/// Returns how the columns of a table go together.
pub(super) fn correlations(table: &TableStatistics) -> Correlations {
    let mut left_out = Vec::new();
    let columns: Vec<&Column> = table.columns.iter().filter(|column| fits(column, &mut left_out)).collect();
    let pairs_max = columns.len() * columns.len().saturating_sub(1) / 2;
    let rows = table.lines.len().min((WORK_MAX / pairs_max.max(1)).max(ROWS_MIN));
    // The sample is in the order of the table: every so many rows are as good as a new sample.
    let chosen: Vec<usize> = (0..rows).map(|row| row * table.lines.len() / rows.max(1)).collect();
    let compared: Vec<Compared<'_>> = columns.iter().map(|column| Compared::new(column, &chosen)).collect();
    let mut pairs = all_pairs(&compared);
    pairs.retain(|pair| pair.strength() >= STRENGTH_MIN);
    pairs.sort_by(|one, other| other.strength().total_cmp(&one.strength()));
    Correlations {
        rows: rows as u64,
        columns: columns.iter().map(|column| column.name.clone()).collect(),
        left_out,
        pairs,
    }
}

fn fits(column: &Column, left_out: &mut Vec<(String, String)>) -> bool {
    let why = match column.kind {
        ColumnKind::Identifier => "it names rows",
        ColumnKind::Text => "it is a text of its own in nearly every row",
        _ if column.distinct.count().0 < 2 => "it has one value at most",
        _ => return true,
    };
    left_out.push((column.name.clone(), why.to_owned()));
    false
}

/// Compares each column with those after it; threads take the next column that nobody has.
fn all_pairs(compared: &[Compared<'_>]) -> Vec<Correlation> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found: Vec<(usize, Vec<Correlation>)> = Vec::new();
        let mut scratch = (Vec::new(), Vec::new());
        loop {
            let left = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = compared.get(left) else { return found };
            let others = compared[left + 1..].iter();
            found.push((left, others.filter_map(|other| one.with(other, &mut scratch)).collect()));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
    let mut found: Vec<(usize, Vec<Correlation>)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().flat_map(join).collect()
    });
    // The same order, whichever thread was first.
    found.sort_by_key(|(left, _)| *left);
    found.into_iter().flat_map(|(_, pairs)| pairs).collect()
}

impl<'a> Compared<'a> {
    fn new(column: &'a Column, chosen: &[usize]) -> Compared<'a> {
        let codes = matches!(column.kind, ColumnKind::Category | ColumnKind::Flag).then(|| {
            let bins = bins(column, LEVELS_MAX);
            let code = |row: &usize| {
                let bin = bins.of_row[*row];
                (Some(bin) != bins.missing).then_some(bin as u16)
            };
            chosen.iter().map(code).collect()
        });
        let numbers =
            column.sample_numbers().map(|values| Numbers::new(chosen.iter().map(|row| values[*row]).collect()));
        Compared { column, codes, numbers }
    }

    fn with(&self, other: &Compared<'_>, scratch: &mut (Vec<f64>, Vec<f64>)) -> Option<Correlation> {
        let (measure, (value, rows), spearman) = match (self, other) {
            (Compared { numbers: Some(left), .. }, Compared { numbers: Some(right), .. }) => {
                let are_flags = [self, other].iter().all(|one| one.column.kind == ColumnKind::Flag);
                let spearman = if are_flags { None } else { spearman(left, right, scratch) };
                (AssociationMeasure::Pearson, pearson(&left.centred, &right.centred), spearman)
            }
            (Compared { codes: Some(left), .. }, Compared { codes: Some(right), .. }) => {
                (AssociationMeasure::CramersV, cramers_v(left, right), None)
            }
            (Compared { codes: Some(codes), .. }, Compared { numbers: Some(numbers), .. })
            | (Compared { numbers: Some(numbers), .. }, Compared { codes: Some(codes), .. }) => {
                (AssociationMeasure::CorrelationRatio, correlation_ratio(codes, &numbers.centred), None)
            }
            _ => return None,
        };
        let (left, right) = (self.column.name.clone(), other.column.name.clone());
        (rows >= PAIR_ROWS_MIN).then_some(Correlation { left, right, measure, value: value?, spearman, rows })
    }
}

impl Numbers {
    fn new(values: Vec<f64>) -> Numbers {
        let present = || values.iter().filter(|value| !value.is_nan());
        let count = present().count();
        let mean = present().sum::<f64>() / count.max(1) as f64;
        let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
        let order = ascending(&centred);
        let mut own = Vec::new();
        ranks(&centred, &order, None, &mut own);
        // Ranks are centred as well.
        let middle = (count as f64 + 1.0) / 2.0;
        own.iter_mut().for_each(|rank| *rank -= middle);
        Numbers { has_missing: count < values.len(), centred, order, ranks: own }
    }
}

/// Spearman's rank correlation over the rows in which both have a value, whose ranks are among these rows alone.
fn spearman(left: &Numbers, right: &Numbers, scratch: &mut (Vec<f64>, Vec<f64>)) -> Option<f64> {
    if !left.has_missing && !right.has_missing {
        return pearson(&left.ranks, &right.ranks).0;
    }
    ranks(&left.centred, &left.order, Some(&right.centred), &mut scratch.0);
    ranks(&right.centred, &right.order, Some(&left.centred), &mut scratch.1);
    pearson(&scratch.0, &scratch.1).0
}
