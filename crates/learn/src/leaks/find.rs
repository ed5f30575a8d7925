//! The search: the evidence of each column, then the worst out and another look, until nothing is found.

use plumb_lead::{LeakEvidence, Table};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::dates::{self, Creation};
use super::duplicates::{DuplicateRows, duplicate_groups};
use super::findings::{Findings, Sample};
use super::input::{LeakInput, LeakParams};
use super::measure;
use super::quick_model::QuickModel;
use super::report::LeakReport;
use super::{steps, together};
use crate::error::Error;

/// With fewer rows of a class nothing is suspected.
const CLASS_ROWS_MIN: usize = 20;

/// Returns the columns that may leak the target, each with the evidence, and how good a model is with and without them.
/// With fewer than 20 rows of a class nothing is suspected. The target itself must not be among the columns.
pub fn find_leaks(input: &LeakInput, params: &LeakParams) -> Result<LeakReport, Error> {
    check(input)?;
    let duplicates = DuplicateRows::count(input.table);
    let rows = sampled_rows(input.table.rows(), params);
    let empty = LeakReport {
        suspects: Vec::new(),
        asks: Vec::new(),
        groups: Vec::new(),
        auc_with_suspects: None,
        auc_without: None,
        duplicates,
        rows: input.table.rows(),
        rows_sampled: rows.len(),
    };
    let labels: Vec<bool> = rows.iter().map(|row| input.labels[*row]).collect();
    let positives = labels.iter().filter(|label| **label).count();
    if positives.min(labels.len() - positives) < CLASS_ROWS_MIN {
        return Ok(empty);
    }
    let dates = dates::of_input(input, &rows);
    let creation = dates::creation(input, &dates, &rows);
    let sample = Sample::new(examined(input, &rows, &dates, creation.as_ref())?, labels, dates, creation, input.keep);
    let mut findings = Findings::new(sample.table.columns().len());
    steps::judge_columns(&sample, input.history, &mut findings);
    let groups = duplicate_groups(&sample.table);
    let model = QuickModel::new(&sample.table, &sample.labels, &groups, params.seed)?;
    together::take_out(&sample, &model, &mut findings)?;
    together::ask_about_the_best(&sample, &model, &mut findings)?;
    measure::report(&sample, &model, &findings, params.seed, empty)
}

/// Returns the suspects of a table of which nothing else is known, as model cards keep them.
pub fn suspects(table: &Table, labels: &[bool]) -> Result<Vec<LeakEvidence>, Error> {
    Ok(find_leaks(&LeakInput::new(table, labels), &LeakParams::default())?.evidence())
}

fn check(input: &LeakInput) -> Result<(), Error> {
    let expected = input.table.rows();
    let lengths = [("labels", input.labels.len())]
        .into_iter()
        .chain(input.timestamps.iter().map(|(_, values)| ("timestamps", values.len())))
        .chain(input.created_at.map(|values| ("creation times", values.len())));
    match lengths.into_iter().find(|(_, found)| *found != expected) {
        Some((what, found)) => Err(Error::Lengths { what, found, expected }),
        None => Ok(()),
    }
}

/// The rows to look at, ascending: all, or as many as are wanted, drawn by the seed.
fn sampled_rows(rows: usize, params: &LeakParams) -> Vec<usize> {
    if rows <= params.rows_max {
        return (0..rows).collect();
    }
    let mut random = ChaCha8Rng::seed_from_u64(params.seed);
    let mut sampled = rand::seq::index::sample(&mut random, rows, params.rows_max).into_vec();
    sampled.sort_unstable();
    sampled
}

/// The columns of the table and, as days, the dates that it has not got, of these rows.
fn examined(
    input: &LeakInput,
    rows: &[usize],
    dates: &[dates::Dates],
    creation: Option<&Creation>,
) -> Result<Table, Error> {
    let mut columns = input.table.select(rows).columns().to_vec();
    let others = dates.iter().filter(|dates| input.table.column(&dates.name).is_none());
    columns.extend(others.map(|dates| dates::as_column(dates, creation)));
    Ok(Table::new(columns)?)
}
