//! Cells of a file as the columns of a block, and the rows that they reject.

use std::collections::{BTreeMap, HashMap};

use plumb_lead::{Column, FeatureKind, FeatureSet, MISSING_LEVEL, Table, Values};
use plumb_tables::{NumberForm, parse_flag_cell, parse_number_cell};

use super::missing_words::{is_missing, is_missing_number};
use crate::error::Error;

/// Characters of a wrong cell that a message shows.
const SHOWN: usize = 40;

/// The columns of a block.
pub(super) struct Columns {
    pub(super) table: Table,
    pub(super) ids: Option<Vec<Option<String>>>,
    /// The first fault of each row that has one.
    pub(super) faults: Faults,
}

/// What is wrong with rows, by their position in the block.
pub(super) type Faults = BTreeMap<usize, Fault>;

/// What is wrong with a row.
pub(super) struct Fault {
    pub(super) field: String,
    pub(super) reason: String,
}

impl Columns {
    /// Puts columns together; `values` are the features' in order.
    pub(super) fn new(
        features: &FeatureSet,
        values: Vec<Values>,
        ids: Option<Vec<Option<String>>>,
        faults: Faults,
    ) -> Result<Columns, Error> {
        let columns = features.features.iter().zip(values);
        let columns = columns.map(|(feature, values)| Column { name: feature.name.clone(), values }).collect();
        let table = Table::new(columns).map_err(|error| Error::Engine {
            doing: "put rows into columns",
            source: Box::new(datafusion::error::DataFusionError::External(Box::new(error))),
        })?;
        Ok(Columns { table, ids, faults })
    }
}

/// Reads cells of text as values of a feature. A cell that cannot be read is a fault of its row.
pub(super) fn of_text<'a>(
    name: &str,
    kind: &FeatureKind,
    cells: impl Iterator<Item = &'a str>,
    faults: &mut Faults,
) -> Values {
    let cells = cells.map(str::trim);
    match kind {
        FeatureKind::Number => {
            let form = NumberForm::default();
            Values::Number(numbers(name, cells, "a number", |cell| as_f32(parse_number_cell(cell, &form)?), faults))
        }
        FeatureKind::Flag => Values::Flag(numbers(name, cells, "yes or no, true or false, 1 or 0", flag_of, faults)),
        FeatureKind::Category { levels } => categories(cells, |cell| {
            // A word that the model knows is a value, whatever it means elsewhere.
            is_missing(cell) && !levels.iter().any(|level| level == cell)
        }),
    }
}

fn numbers<'a>(
    name: &str,
    cells: impl Iterator<Item = &'a str>,
    expected: &str,
    number: impl Fn(&str) -> Option<f32>,
    faults: &mut Faults,
) -> Vec<f32> {
    let value = |(row, cell): (usize, &str)| match number(cell) {
        Some(value) => value,
        None if is_missing_number(cell) => f32::NAN,
        None => {
            let cell: String = cell.chars().take(SHOWN).collect();
            add_fault(faults, row, name, format!("`{cell}`: expected {expected}"));
            f32::NAN
        }
    };
    cells.enumerate().map(value).collect()
}

/// Returns a number that fits into a model's 32 bits.
fn as_f32(number: f64) -> Option<f32> {
    Some(number as f32).filter(|number| number.is_finite())
}

fn flag_of(cell: &str) -> Option<f32> {
    // `1.0` is what a program makes of a flag with missing values.
    let digit = || cell.parse().ok().filter(|digit: &f32| *digit == 0.0 || *digit == 1.0);
    parse_flag_cell(cell).map(|flag| f32::from(u8::from(flag))).or_else(digit)
}

/// Returns trimmed cells as categories.
fn categories<'a>(cells: impl Iterator<Item = &'a str>, is_missing: impl Fn(&str) -> bool) -> Values {
    let mut levels: Vec<String> = Vec::new();
    let mut known: HashMap<&str, u32> = HashMap::new();
    let mut code = |cell| {
        *known.entry(cell).or_insert_with(|| match is_missing(cell) {
            true => MISSING_LEVEL,
            false => {
                levels.push(cell.to_owned());
                levels.len() as u32 - 1
            }
        })
    };
    let codes = cells.map(&mut code).collect();
    Values::Category { codes, levels }
}

/// Returns cells of numbers as values of a feature that is not a category.
pub(super) fn of_numbers(
    name: &str,
    kind: &FeatureKind,
    cells: impl Iterator<Item = Option<f64>>,
    faults: &mut Faults,
) -> Values {
    let is_flag = matches!(kind, FeatureKind::Flag);
    let value = |(row, cell): (usize, Option<f64>)| {
        let Some(cell) = cell.filter(|cell| !cell.is_nan()) else { return f32::NAN };
        if is_flag && cell != 0.0 && cell != 1.0 {
            add_fault(faults, row, name, format!("`{cell}`: expected yes or no, true or false, 1 or 0"));
        } else if cell.is_finite() && !(cell as f32).is_finite() {
            add_fault(faults, row, name, format!("`{cell}`: expected a number that fits into 32 bits"));
        }
        cell as f32
    };
    let values = cells.enumerate().map(value).collect();
    if is_flag { Values::Flag(values) } else { Values::Number(values) }
}

/// Returns cells as the ids of their rows.
pub(super) fn ids<'a>(cells: impl Iterator<Item = Option<&'a str>>) -> Vec<Option<String>> {
    cells.map(|cell| cell.map(str::to_owned)).collect()
}

fn add_fault(faults: &mut Faults, row: usize, name: &str, reason: String) {
    faults.entry(row).or_insert_with(|| Fault { field: name.to_owned(), reason });
}
