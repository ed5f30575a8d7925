//! Tables that say which field was changed to what: `field`, `old_value`, `new_value`, or a loader's property history.

use std::collections::BTreeMap;

use super::sample::ValueSample;
use crate::words::{has_any, words_of};

/// Values listed of a field.
const LISTED_MAX: usize = 60;

/// The values that one field was changed to.
#[derive(Clone, Debug, Default)]
pub struct HistoryField {
    /// The field.
    pub name: String,
    /// Changes.
    pub rows: u64,
    /// Changes to a number.
    pub numbers: u64,
    /// The commonest values with their changes; empty if there are too many to list.
    pub top: Vec<(String, u64)>,
    pub(crate) values: ValueSample,
}

/// Gathers the fields of a history.
#[derive(Debug)]
pub(super) struct HistoryBuilder {
    field: usize,
    value: usize,
    fields: BTreeMap<String, (HistoryField, BTreeMap<String, u64>)>,
}

impl HistoryBuilder {
    /// Returns one if the columns are those of a history.
    pub(super) fn of(names: &[String]) -> Option<HistoryBuilder> {
        let (field, value) = history_columns(names)?;
        Some(HistoryBuilder { field, value, fields: BTreeMap::new() })
    }

    /// Adds a row by its cells' texts.
    pub(super) fn add<'a>(&mut self, cell: impl Fn(usize) -> Option<&'a str>) {
        let Some(name) = cell(self.field) else { return };
        if !self.fields.contains_key(name) && self.fields.len() >= 500 {
            return;
        }
        let (field, top) = self.fields.entry(name.to_owned()).or_default();
        field.rows += 1;
        let Some(value) = cell(self.value) else { return };
        field.numbers += u64::from(value.trim().parse::<f64>().is_ok_and(f64::is_finite));
        field.values.add(value);
        if top.len() <= LISTED_MAX {
            *top.entry(value.to_owned()).or_default() += 1;
        }
    }

    pub(super) fn finish(self) -> Vec<HistoryField> {
        let finished = self.fields.into_iter().map(|(name, (field, top))| {
            let mut top: Vec<(String, u64)> =
                if top.len() > LISTED_MAX { Vec::new() } else { top.into_iter().collect() };
            top.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
            HistoryField { name, top, ..field }
        });
        finished.collect()
    }
}

/// Returns the positions of the columns that name the field and its new value, if a table has both.
pub(crate) fn history_columns(names: &[String]) -> Option<(usize, usize)> {
    let words: Vec<Vec<String>> = names.iter().map(|name| words_of(name)).collect();
    let is = |words: &[String], known: &[&str]| known.iter().any(|known| words.join(" ") == *known);
    let position = |known: &[&str]| words.iter().position(|words| is(words, known));
    let value = position(&["new value", "value to", "to value", "new", "value", "after", "property value"])?;
    let field = position(&["field", "field name", "property", "property name", "attribute", "changed field", "name"])?;
    // `name` and `value` alone may be anything, as in a table of settings: a date and a key are asked for elsewhere.
    (field != value && !words.iter().any(|words| has_any(words, &["email", "phone"]))).then_some((field, value))
}
