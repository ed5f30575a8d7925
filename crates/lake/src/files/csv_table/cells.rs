//! Cells as numbers, flags or categories.

use std::collections::HashMap;

use csv::StringRecord;
use plumb_lead::{MISSING_LEVEL, Values};

/// Texts that mean a missing value.
const MISSING_WORDS: [&str; 7] = ["", "NA", "N/A", "null", "NaN", "unknown", "?"];

/// The words of a flag: no, yes.
const FLAG_WORDS: [[&str; 2]; 2] = [["no", "yes"], ["false", "true"]];

/// Returns a column in the narrowest kind that fits all of its cells.
pub(super) fn values_of(rows: &[StringRecord], column: usize) -> Values {
    let cells = || rows.iter().map(move |row| row.get(column).unwrap_or_default().trim());
    let present = || cells().filter(|cell| !is_missing(cell));
    for words in FLAG_WORDS {
        let flag = |cell: &str| words.iter().position(|word| cell.eq_ignore_ascii_case(word)).map(|at| at as f32);
        // A column without a single value is not one of flags.
        if present().next().is_some() && present().all(|cell| flag(cell).is_some()) {
            return Values::Flag(cells().map(|cell| flag(cell).unwrap_or(f32::NAN)).collect());
        }
    }
    // A column without a single value is one of numbers: a feature set accepts it for any kind.
    if present().all(|cell| number(cell).is_some()) {
        return Values::Number(cells().map(|cell| number(cell).unwrap_or(f32::NAN)).collect());
    }
    categories(cells())
}

/// Returns trimmed cells as categories.
pub(super) fn categories<'a>(cells: impl Iterator<Item = &'a str>) -> Values {
    let mut levels: Vec<String> = Vec::new();
    let mut known: HashMap<&str, u32> = HashMap::new();
    let mut code = |cell| {
        *known.entry(cell).or_insert_with(|| {
            levels.push(cell.to_owned());
            levels.len() as u32 - 1
        })
    };
    let codes = cells.map(|cell| if is_missing(cell) { MISSING_LEVEL } else { code(cell) }).collect();
    Values::Category { codes, levels }
}

/// Returns whether a trimmed cell means a missing value.
pub(super) fn is_missing(cell: &str) -> bool {
    MISSING_WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Parses a number that fits into a model's 32 bits. `inf` and `nan`, which Rust would parse, are not numbers here.
pub(super) fn number(cell: &str) -> Option<f32> {
    let plain = cell.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    cell.parse::<f64>().ok().map(|number| number as f32).filter(|number| plain && number.is_finite())
}
