//! Blocks of typed columns.

/// Some rows of a table, in typed columns: one for each column of the plan that is not ignored, in its order.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The line (or row of the sheet) at which each row begins, from 1.
    pub lines: Vec<u64>,
    /// The values, a column each.
    pub columns: Vec<ColumnValues>,
}

/// The values of one column in a block.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnValues {
    /// Numbers; NaN is missing.
    Number(Vec<f64>),
    /// Yes (1), no (0), missing (NaN).
    Flag(Vec<f32>),
    /// Microseconds since 1970 in UTC; `i64::MIN` is missing.
    Timestamp(Vec<i64>),
    /// Categories, identifiers and texts, trimmed.
    Text(Texts),
}

/// Texts, one after the other in one buffer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    text: String,
    /// Where each ends, and whether it is missing.
    ends: Vec<(usize, bool)>,
}

impl Texts {
    /// Adds a text, or a missing one.
    pub fn push(&mut self, text: Option<&str>) {
        self.text.push_str(text.unwrap_or_default());
        self.ends.push((self.text.len(), text.is_none()));
    }

    /// Returns the number of texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the text of a row; `None` if it is missing. Panics if the row is out of range.
    pub fn get(&self, row: usize) -> Option<&str> {
        let (end, is_missing) = self.ends[row];
        let begin = row.checked_sub(1).map_or(0, |before| self.ends[before].0);
        (!is_missing).then(|| &self.text[begin..end])
    }

    /// Returns the texts in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Forgets all texts, and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }
}

impl ColumnValues {
    /// Keeps the values of the rows for which `keep` is true.
    pub(crate) fn retain(&mut self, keep: impl Fn(usize) -> bool) {
        fn chosen<T: Copy>(values: &mut Vec<T>, keep: impl Fn(usize) -> bool) {
            *values = values.iter().enumerate().filter(|(row, _)| keep(*row)).map(|(_, value)| *value).collect();
        }
        match self {
            ColumnValues::Number(values) => chosen(values, keep),
            ColumnValues::Flag(values) => chosen(values, keep),
            ColumnValues::Timestamp(values) => chosen(values, keep),
            ColumnValues::Text(texts) => {
                let mut kept = Texts::default();
                texts.iter().enumerate().filter(|(row, _)| keep(*row)).for_each(|(_, text)| kept.push(text));
                *texts = kept;
            }
        }
    }
}

impl Block {
    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }
}
