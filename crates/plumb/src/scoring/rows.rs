//! Rows as a model takes them, written value by value: what a request sends is looked up and encoded as it is read, with no
//! table in between. The result equals that of `table_of` and [`FeatureSet::encode`], and `http`'s tests compare the two;
//! whatever does not fit is left to these, which also report what is wrong.

use std::collections::HashMap;

use plumb_lead::{FeatureKind, FeatureSet, FieldValue, Matrix, Unseen};

/// Rows as a model takes them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows {
    /// The model's inputs.
    pub(crate) matrix: Matrix,
    /// The categories that training never saw.
    pub(crate) unseen: Vec<Unseen>,
}

/// Where a model has its columns, by name.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    positions: HashMap<String, usize>,
}

impl Columns {
    pub(crate) fn of(features: &FeatureSet) -> Columns {
        let mut positions = HashMap::new();
        for (position, feature) in features.features.iter().enumerate() {
            positions.entry(feature.name.clone()).or_insert(position);
        }
        Columns { positions }
    }

    /// Returns whether there is a column of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.positions.contains_key(name)
    }
}

/// A value of a row, as it was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Missing,
    Flag(bool),
    Number(f64),
    Text(&'a str),
}

impl From<Cell<'_>> for FieldValue {
    fn from(cell: Cell) -> FieldValue {
        match cell {
            Cell::Missing => FieldValue::Missing,
            Cell::Flag(flag) => FieldValue::Flag(flag),
            Cell::Number(number) => FieldValue::Number(number),
            Cell::Text(text) => FieldValue::Text(text.to_owned()),
        }
    }
}

/// At most so many different words that training never saw are collected; they are searched one by one.
const UNSEEN_MAX: usize = 64;

/// Rows that are being written. `None` of any step means that the rows are not plain enough for this writer.
#[derive(Debug)]
pub(crate) struct RowsWriter<'a> {
    features: &'a FeatureSet,
    columns: &'a Columns,
    values: Vec<f32>,
    /// More rows are refused.
    rows_max: usize,
    /// In which row each column was written last, counted from 1.
    written: Vec<usize>,
    rows: usize,
    /// The column that is looked for next if the caller keeps to the model's order.
    next: usize,
    /// Words that training never saw, with their column, in the order in which they came.
    unseen: Vec<(usize, Unseen)>,
}

impl<'a> RowsWriter<'a> {
    pub(crate) fn new(features: &'a FeatureSet, columns: &'a Columns, rows_max: usize) -> RowsWriter<'a> {
        let written = vec![0; features.features.len()];
        RowsWriter { features, columns, values: Vec::new(), rows_max, written, rows: 0, next: 0, unseen: Vec::new() }
    }

    /// Begins a row, in which all is missing so far; `None` if there are as many as there may be.
    pub(crate) fn begin(&mut self) -> Option<()> {
        self.rows += 1;
        if self.has_too_many() {
            return None;
        }
        self.next = 0;
        self.values.resize(self.rows * self.written.len(), f32::NAN);
        Some(())
    }

    /// Returns whether a row was begun that is one too many.
    pub(crate) fn has_too_many(&self) -> bool {
        self.rows > self.rows_max
    }

    /// Returns the column of a name.
    pub(crate) fn column(&mut self, name: &str) -> Option<usize> {
        let guessed = self.features.features.get(self.next).is_some_and(|feature| feature.name == name);
        let column = if guessed { self.next } else { *self.columns.positions.get(name)? };
        self.next = column + 1;
        Some(column)
    }

    /// Returns how many columns there are.
    pub(crate) fn width(&self) -> usize {
        self.written.len()
    }

    /// Writes a value of the row. A column that was written before is an error, left to the parsers that report it.
    pub(crate) fn put(&mut self, column: usize, cell: Cell) -> Option<()> {
        let feature = self.features.features.get(column)?;
        if std::mem::replace(&mut self.written[column], self.rows) == self.rows {
            return None;
        }
        let value = match (&feature.kind, cell) {
            (_, Cell::Missing) => return Some(()),
            (FeatureKind::Number, Cell::Number(number)) => number as f32,
            (FeatureKind::Flag, Cell::Flag(flag)) => f32::from(u8::from(flag)),
            (FeatureKind::Flag, Cell::Number(number)) if number == 0.0 || number == 1.0 => number as f32,
            (FeatureKind::Category { levels }, Cell::Text(word)) => {
                match levels.binary_search_by(|level| level.as_str().cmp(word)) {
                    Ok(code) => code as f32,
                    Err(_) => return self.add_unseen(column, word),
                }
            }
            _ => return None,
        };
        let first = (self.rows - 1) * self.written.len();
        self.values[first + column] = value;
        Some(())
    }

    fn add_unseen(&mut self, column: usize, word: &str) -> Option<()> {
        let has_room = self.unseen.len() < UNSEEN_MAX;
        let known = self.unseen.iter_mut().find(|(other, unseen)| *other == column && unseen.level == word);
        match known {
            Some((_, unseen)) => unseen.rows += 1,
            None if !has_room => return None,
            None => {
                let feature = self.features.features[column].name.clone();
                self.unseen.push((column, Unseen { feature, level: word.to_owned(), rows: 1 }));
            }
        }
        Some(())
    }

    /// Returns the rows; `None` if there are none.
    pub(crate) fn finish(mut self) -> Option<Rows> {
        self.unseen.sort_by_key(|(column, _)| *column);
        let unseen = self.unseen.into_iter().map(|(_, unseen)| unseen).collect();
        let (rows, columns) = (self.rows, self.written.len());
        (rows > 0).then_some(Rows { matrix: Matrix { values: self.values, rows, columns }, unseen })
    }
}
