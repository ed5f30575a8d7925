//! Reads the cells of one of a model's columns.

use std::collections::HashMap;

use plumb_lead::{Feature, FeatureKind, MISSING_LEVEL, Values};
use plumb_tables::{ColumnPlan, ColumnValues, Decoder, Texts};

/// Spellings of missing that are no number, no flag and nothing else in any file.
const MISSING: [&str; 9] = ["NA", "N/A", "#N/A", "null", "NaN", "none", "unknown", "?", "-"];

/// Characters of a wrong cell that a message shows.
const SHOWN: usize = 40;

/// How the cells of a feature's column are read.
pub(super) struct FeatureReader {
    kind: FeatureKind,
    decoder: Decoder,
    /// By what numbers are multiplied: 1, unless percentages meet plain numbers.
    pub(super) factor: f64,
}

/// What is wrong with a cell: its row among the cells, and the reason.
type Fault = (usize, String);

impl FeatureReader {
    /// Reads the cells of a feature by a plan that is of its kind.
    pub(super) fn new(feature: &Feature, plan: &ColumnPlan) -> FeatureReader {
        let mut plan = plan.clone();
        if !matches!(feature.kind, FeatureKind::Category { .. }) {
            plan.missing.extend(MISSING.map(str::to_owned));
        }
        FeatureReader { kind: feature.kind.clone(), decoder: Decoder::new(&plan), factor: 1.0 }
    }

    /// Returns the number of cells that were not empty and are missing among their values.
    pub(super) fn spelled_missing<'a>(values: &Values, cells: impl Iterator<Item = &'a str>) -> u64 {
        let is_missing = |row: usize| match values {
            Values::Number(values) | Values::Flag(values) => values.get(row).is_some_and(|value| value.is_nan()),
            Values::Category { codes, .. } => codes.get(row) == Some(&MISSING_LEVEL),
        };
        cells.enumerate().filter(|(row, cell)| is_missing(*row) && !cell.trim().is_empty()).count() as u64
    }

    /// Returns whether its cells are words, each of which can be read.
    pub(super) fn is_of_words(&self) -> bool {
        matches!(self.kind, FeatureKind::Category { .. })
    }

    /// Reads the cells of a column. Those that cannot be read are missing among the values, and listed with their rows.
    pub(super) fn read<'a>(&self, cells: impl Iterator<Item = &'a str>) -> (Values, Vec<Fault>) {
        let mut faults = Vec::new();
        let expected = self.expected();
        let wrong = |row: usize, cell: &str| faults.push((row, format!("{}: expected {expected}", shown(cell))));
        // Blocks are read by several threads; what a decoder counts is of no use here.
        let decoded = self.decoder.clone().decode(cells, wrong);
        let mut flag = |row: usize, value: f32| {
            if value != 0.0 && value != 1.0 && !value.is_nan() {
                faults.push((row, format!("`{value}`: expected {expected}")));
                return f32::NAN;
            }
            value
        };
        let values = match (decoded, &self.kind) {
            (Some(ColumnValues::Flag(flags)), FeatureKind::Flag) => Values::Flag(flags),
            (Some(ColumnValues::Number(numbers)), FeatureKind::Flag) => {
                Values::Flag(numbers.into_iter().enumerate().map(|(row, number)| flag(row, number as f32)).collect())
            }
            (Some(ColumnValues::Number(numbers)), FeatureKind::Number) => {
                let number = |(row, number)| self.number(row, number, &mut faults);
                Values::Number(numbers.into_iter().enumerate().map(number).collect())
            }
            (Some(ColumnValues::Text(texts)), _) => words(&texts),
            // A plan of another kind is never asked for.
            (Some(ColumnValues::Flag(flags)), _) => Values::Flag(flags),
            (Some(ColumnValues::Number(_) | ColumnValues::Timestamp(_)) | None, _) => Values::Number(Vec::new()),
        };
        (values, faults)
    }

    fn number(&self, row: usize, number: f64, faults: &mut Vec<Fault>) -> f32 {
        let scaled = (number * self.factor) as f32;
        if scaled.is_infinite() {
            faults.push((row, format!("`{number}`: expected a number that fits into 32 bits")));
            return f32::NAN;
        }
        scaled
    }

    fn expected(&self) -> &'static str {
        match self.kind {
            FeatureKind::Number => "a number",
            FeatureKind::Flag => "yes or no, true or false, 1 or 0",
            FeatureKind::Category { .. } => "a word",
        }
    }
}

fn words(texts: &Texts) -> Values {
    let (mut levels, mut codes_of): (Vec<String>, HashMap<&str, u32>) = (Vec::new(), HashMap::new());
    let mut code = |word| {
        *codes_of.entry(word).or_insert_with(|| {
            levels.push(word.to_owned());
            levels.len() as u32 - 1
        })
    };
    let codes = texts.iter().map(|word| word.map_or(MISSING_LEVEL, &mut code)).collect();
    Values::Category { codes, levels }
}

/// Returns the beginning of a cell, for a message.
fn shown(cell: &str) -> String {
    format!("`{}`", cell.trim().chars().take(SHOWN).collect::<String>())
}
