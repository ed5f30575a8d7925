//! Cells of a file as the columns of a block, and the rows that they reject.

use std::collections::BTreeMap;

use plumb_lead::{Column, FeatureKind, FeatureSet, Table, Values};

use crate::error::Error;
use crate::files::csv_table::{categories, flag, is_missing, number};

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
    pub(super) field: Option<String>,
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

/// Parses cells of text as values of a feature. A cell that does not parse is a fault of its row.
pub(super) fn of_text<'a>(
    name: &str,
    kind: &FeatureKind,
    cells: impl Iterator<Item = &'a str>,
    faults: &mut Faults,
) -> Values {
    let cells = cells.map(str::trim);
    let mut read = |cells: &mut dyn Iterator<Item = &'a str>, expected: &str, of: fn(&str) -> Option<f32>| {
        let value = |(row, cell): (usize, &str)| {
            if is_missing(cell) {
                return f32::NAN;
            }
            of(cell).unwrap_or_else(|| {
                let cell: String = cell.chars().take(SHOWN).collect();
                add_fault(faults, row, name, format!("`{cell}`: expected {expected}"));
                f32::NAN
            })
        };
        cells.enumerate().map(value).collect()
    };
    let mut cells = cells;
    match kind {
        FeatureKind::Number => Values::Number(read(&mut cells, "a number", number)),
        FeatureKind::Flag => Values::Flag(read(&mut cells, "yes or no, true or false, 1 or 0", flag_or_digit)),
        FeatureKind::Category { .. } => categories(cells),
    }
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
    faults.entry(row).or_insert_with(|| Fault { field: Some(name.to_owned()), reason });
}

fn flag_or_digit(cell: &str) -> Option<f32> {
    match (flag(cell), number(cell)) {
        (Some(flag), _) => Some(f32::from(u8::from(flag))),
        (None, Some(digit)) if digit == 0.0 || digit == 1.0 => Some(digit),
        _ => None,
    }
}
