//! How the cells of each feature's column are written: as a plan says, or as the whole file shows.
//!
//! `1.234` is one number in one country and another in the next, and no cell alone says which. So a column's form is decided
//! over all of its cells, and not before a cell asks for it: a file of plain numbers is read once.

use plumb_lead::{FeatureKind, FeatureSet};
use plumb_tables::{ColumnReading, Level, Note, NoteCode, NumberForm, ReadingPlan, Record, RecordSource};

use super::missing_words::is_missing_number;
use super::positions::ColumnPositions;
use crate::cells::{Decimal, number};

/// How the cells of all features are written.
pub(super) struct CellForms {
    features: Vec<CellForm>,
    notes: Vec<Note>,
}

/// How the cells of a feature's column are written.
#[derive(Clone, Default)]
pub(super) struct CellForm {
    /// How numbers are: `None` is not decided, as all cells so far are the same number in every form.
    pub(super) decimal: Option<Decimal>,
    /// The words of a flag, yes and no, beside those that everybody knows.
    pub(super) words: Option<(Vec<String>, Vec<String>)>,
    /// Spellings of a missing value, beside those that everybody knows.
    pub(super) missing: Vec<String>,
}

/// What the cells of a column that are no plain numbers can be.
#[derive(Default)]
struct Evidence {
    /// Cells that are a number only with a decimal point, or only with a decimal comma.
    only_point: u64,
    only_comma: u64,
    /// Cells that are a number with both, but not the same.
    either: u64,
    example: String,
}

impl CellForms {
    /// Takes the forms from a plan, for the columns that it names.
    pub(super) fn of(plan: &ReadingPlan, features: &FeatureSet) -> CellForms {
        let form = |name: &str| {
            let Some(column) = plan.columns.iter().find(|column| column.name == name) else {
                return CellForm::default();
            };
            let (decimal, words) = match &column.reading {
                ColumnReading::Number(NumberForm { decimal: Some(','), .. }) => (Some(Decimal::Comma), None),
                ColumnReading::Number(NumberForm { decimal: Some('.'), .. }) => (Some(Decimal::Point), None),
                ColumnReading::Number(NumberForm { thousands: Some('.'), .. }) => (Some(Decimal::Comma), None),
                ColumnReading::Number(_) => (Some(Decimal::Point), None),
                ColumnReading::Flag { yes, no } => (None, Some((yes.clone(), no.clone()))),
                _ => (None, None),
            };
            CellForm { decimal, words, missing: column.missing.clone() }
        };
        let features = features.features.iter().map(|feature| form(&feature.name)).collect();
        CellForms { features, notes: Vec::new() }
    }

    /// Returns how the cells of a feature are written.
    pub(super) fn of_feature(&self, feature: usize) -> &CellForm {
        &self.features[feature]
    }

    /// Returns whether the form of a feature's numbers is open.
    pub(super) fn is_undecided(&self, feature: usize) -> bool {
        self.features[feature].decimal.is_none()
    }

    /// Returns whether a cell's number depends on the form.
    pub(super) fn needs_decision(&self, feature: usize, cell: &str) -> bool {
        let cell = cell.trim();
        if is_one_number(cell) {
            return false;
        }
        !self.features[feature].is_missing(cell) && !is_missing_number(cell)
    }

    /// Decides the forms that are open by all cells of the file.
    pub(super) fn decide(
        &mut self,
        source: &dyn RecordSource,
        positions: &ColumnPositions,
        features: &FeatureSet,
    ) -> Result<(), plumb_tables::Error> {
        let open: Vec<usize> = (0..self.features.len())
            .filter(|feature| {
                matches!(features.features[*feature].kind, FeatureKind::Number) && self.is_undecided(*feature)
            })
            .collect();
        let mut evidence: Vec<Evidence> = open.iter().map(|_| Evidence::default()).collect();
        let (mut records, mut record) = (source.open()?, Record::new());
        while records.next(&mut record)?.is_some() {
            for (feature, evidence) in open.iter().zip(&mut evidence) {
                evidence.add(record.get(positions.features[*feature]).unwrap_or_default().trim());
            }
            // Who reads the rows says what was set aside.
            records.take_set_aside();
        }
        for (feature, evidence) in open.into_iter().zip(evidence) {
            let decimal = evidence.decimal();
            self.features[feature].decimal = Some(decimal);
            self.notes.extend(evidence.note(&features.features[feature].name, decimal));
        }
        Ok(())
    }

    /// Returns how numbers are read.
    pub(super) fn notes(&self) -> impl Iterator<Item = Note> {
        self.notes.iter().cloned()
    }
}

impl CellForm {
    /// Returns whether a trimmed cell is one of the column's own spellings of a missing value.
    pub(super) fn is_missing(&self, cell: &str) -> bool {
        self.missing.iter().any(|word| cell.eq_ignore_ascii_case(word.trim()))
    }
}

/// Returns whether a trimmed cell is a number that means the same in every country: digits alone, with a point that does not
/// stand where one of thousands would, or with an exponent, as programs write it.
pub(super) fn is_one_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    if digits.contains(['e', 'E']) {
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        return is_plain && digits.parse::<f64>().is_ok();
    }
    match digits.split_once('.') {
        None => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
        Some((whole, fraction)) => {
            let are_digits = [whole, fraction].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
            let is_group = fraction.len() == 3 && (1..=3).contains(&whole.len()) && !whole.starts_with('0');
            are_digits && !is_group && !(whole.is_empty() && fraction.is_empty())
        }
    }
}

impl Evidence {
    fn add(&mut self, cell: &str) {
        if is_one_number(cell) {
            // `1.5` and `1.2345` are no numbers with a decimal comma.
            self.only_point += u64::from(cell.contains('.'));
            return;
        }
        let counted = match (number(cell, Decimal::Point), number(cell, Decimal::Comma)) {
            (Some(point), Some(comma)) if point == comma => return,
            (Some(_), Some(_)) => &mut self.either,
            (Some(_), None) => &mut self.only_point,
            (None, Some(_)) => &mut self.only_comma,
            (None, None) => return,
        };
        *counted += 1;
        if self.example.is_empty() {
            cell.clone_into(&mut self.example);
        }
    }

    /// Returns the form that reads more cells; a point if none tells.
    fn decimal(&self) -> Decimal {
        if self.only_comma > self.only_point { Decimal::Comma } else { Decimal::Point }
    }

    fn note(&self, name: &str, decimal: Decimal) -> Option<Note> {
        let is_open = self.only_comma == 0 && self.only_point == 0 && self.either > 0;
        if self.example.is_empty() || (self.only_comma == 0 && !is_open && self.example.parse::<f64>().is_ok()) {
            return None;
        }
        let value = number(&self.example, decimal)?;
        let (level, code) = match is_open {
            true => (Level::Warning, NoteCode::NumberAmbiguous),
            false => (Level::Info, NoteCode::NumberForm),
        };
        Some(Note {
            level,
            code,
            column: Some(name.to_owned()),
            count: self.only_point + self.only_comma + self.either,
            what: format!("`{}` is read as {value}: {} in this column", self.example, decimal.expected()),
            way_out: "fix how the column is read in a plan of reading if that is wrong".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_another_one_elsewhere_needs_a_decision() {
        for cell in ["5", "-5", "0.125", "1.5", "1.2345", "1234.567", ".5", "1.234e5"] {
            assert!(is_one_number(cell), "{cell}");
        }
        for cell in ["1.234", "-12.500", "1,5", "$5", "", ".", "few", "e5"] {
            assert!(!is_one_number(cell), "{cell}");
        }
    }

    #[track_caller]
    fn check(cells: &[&str], expected: Decimal) {
        let mut evidence = Evidence::default();
        cells.iter().for_each(|cell| evidence.add(cell));
        assert_eq!(evidence.decimal(), expected, "{cells:?}");
    }

    #[test]
    fn all_cells_decide() {
        check(&["1.234", "7"], Decimal::Point);
        check(&["1.234", "7", "2,5"], Decimal::Comma);
        check(&["1.234", "7", "2.5"], Decimal::Point);
        check(&["1.234", "1,234.56", "9,1"], Decimal::Point);
        check(&["1.234", "1.234.567"], Decimal::Comma);
    }
}
