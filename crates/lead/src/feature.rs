//! Features: the named inputs of a model, and the numbers that they become.

use serde::{Deserialize, Serialize};

use crate::{Error, FeatureMessages, Language, MISSING_LEVEL, MessageCatalog, Sentences, Table, Values};

/// The ordered, named columns a model sees; one value for training and for serving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureSet {
    /// The features, in the order of a [`Matrix`]'s columns.
    pub features: Vec<Feature>,
    /// The languages of their messages, the default first. Empty: the language is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
}

/// One model input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Its name, the same in SQL, JSON and on the page.
    pub name: String,
    /// What its numbers mean.
    pub kind: FeatureKind,
    /// Its messages. Models' files, which are named by their hashes, have another word for them.
    #[serde(rename = "wording")]
    pub messages: FeatureMessages,
}

/// What the numbers of a feature mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeatureKind {
    /// A quantity.
    Number,
    /// Yes (1) or no (0).
    Flag,
    /// An index into these levels, which are those of the training rows, sorted.
    Category {
        /// The words, each once.
        levels: Vec<String>,
    },
}

/// Rows in a [`FeatureSet`]'s order: row-major `f32`, NaN is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// `rows * columns` values, row by row.
    pub values: Vec<f32>,
    /// The number of rows.
    pub rows: usize,
    /// The number of columns: the length of the feature set.
    pub columns: usize,
}

/// A category that training never saw: its rows count as missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// The feature.
    pub feature: String,
    /// The word.
    pub level: String,
    /// In how many rows.
    pub rows: usize,
}

impl FeatureSet {
    /// Returns the feature set of a training table: its columns in order, and of each category the levels that occur.
    pub fn learn(training: &Table, message_catalog: &MessageCatalog) -> FeatureSet {
        let features = training
            .columns()
            .iter()
            .map(|column| Feature {
                name: column.name.clone(),
                kind: FeatureKind::learn(&column.values),
                messages: message_catalog.messages_of(&column.name),
            })
            .collect();
        FeatureSet { features, languages: message_catalog.languages.clone() }
    }

    /// Returns a table's rows in this set's order, and the categories that this set does not know.
    /// The table may have further columns. A missing column or one of another kind is an error.
    pub fn encode(&self, table: &Table) -> Result<(Matrix, Vec<Unseen>), Error> {
        let columns = self.features.len();
        let mut matrix = Matrix { values: vec![f32::NAN; table.rows() * columns], rows: table.rows(), columns };
        let mut unseen = Vec::new();
        for (index, feature) in self.features.iter().enumerate() {
            let column = table.column(&feature.name).ok_or_else(|| Error::NoSuchColumn(feature.name.clone()))?;
            let mut put = |row: usize, value: f32| matrix.values[row * columns + index] = value;
            match (&feature.kind, &column.values) {
                (FeatureKind::Number | FeatureKind::Flag, Values::Number(values) | Values::Flag(values)) => {
                    values.iter().enumerate().for_each(|(row, value)| put(row, *value));
                }
                (FeatureKind::Category { levels: known }, Values::Category { codes, levels }) => {
                    let codes_known = recode(known, levels);
                    let mut unseen_rows = vec![0; levels.len()];
                    for (row, code) in codes.iter().enumerate().filter(|(_, code)| **code != MISSING_LEVEL) {
                        match codes_known[*code as usize] {
                            Some(code_known) => put(row, code_known),
                            None => unseen_rows[*code as usize] += 1,
                        }
                    }
                    for (level, rows) in levels.iter().zip(unseen_rows).filter(|(_, rows)| *rows > 0) {
                        unseen.push(Unseen { feature: feature.name.clone(), level: level.clone(), rows });
                    }
                }
                // A column in which every row is missing has no kind of its own.
                (_, values) if values.is_all_missing() => {}
                (kind, values) => {
                    return Err(Error::ColumnKind {
                        name: feature.name.clone(),
                        found: values.kind(),
                        expected: kind.word(),
                    });
                }
            }
        }
        Ok((matrix, unseen))
    }

    /// Returns the default language of the messages; English where it is not known.
    pub fn language(&self) -> Language {
        self.languages.first().copied().unwrap_or(Language::En)
    }

    /// Returns the position of a feature.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|feature| feature.name == name)
    }
}

impl Feature {
    /// Returns the source field under which its contribution is shown.
    pub fn field(&self) -> &str {
        if self.messages.field.is_empty() { &self.name } else { &self.messages.field }
    }

    /// Returns its sentences in a language, or in the default one where it has none in that.
    pub fn sentences(&self, language: Language) -> &Sentences {
        self.messages.languages.get(&language).unwrap_or(&self.messages.sentences)
    }

    /// Returns a few words for a heading.
    pub fn label(&self, language: Language) -> String {
        let label = &self.sentences(language).label;
        if label.is_empty() { self.name.replace('_', " ") } else { label.clone() }
    }

    /// Returns an encoded value as a person would write it; `None` if it is missing.
    pub fn text(&self, value: f32, language: Language) -> Option<String> {
        if !value.is_finite() {
            return None;
        }
        match &self.kind {
            FeatureKind::Number => Some(language.number(value)),
            FeatureKind::Flag => {
                let words = language.words();
                Some(if value != 0.0 { words.yes } else { words.no }.to_owned())
            }
            FeatureKind::Category { levels } => {
                let level = levels.get(value as usize)?;
                let named = self.sentences(language).values.get(level);
                Some(named.or_else(|| self.messages.sentences.values.get(level)).unwrap_or(level).clone())
            }
        }
    }
}

impl FeatureKind {
    /// Returns the kind as a word for messages.
    pub fn word(&self) -> &'static str {
        match self {
            FeatureKind::Number => "number",
            FeatureKind::Flag => "flag",
            FeatureKind::Category { .. } => "category",
        }
    }

    fn learn(values: &Values) -> FeatureKind {
        match values {
            Values::Number(_) => FeatureKind::Number,
            Values::Flag(_) => FeatureKind::Flag,
            Values::Category { codes, levels } => {
                let mut seen = vec![false; levels.len()];
                codes.iter().filter(|code| **code != MISSING_LEVEL).for_each(|code| seen[*code as usize] = true);
                let mut levels: Vec<String> =
                    levels.iter().zip(seen).filter(|(_, seen)| *seen).map(|(level, _)| level.clone()).collect();
                levels.sort();
                FeatureKind::Category { levels }
            }
        }
    }
}

impl Matrix {
    /// Returns one row. Panics if it is out of range.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    /// Returns a matrix of these rows, in this order. Panics if one is out of range.
    pub fn select(&self, rows: &[usize]) -> Matrix {
        let values = rows.iter().flat_map(|row| self.row(*row)).copied().collect();
        Matrix { values, rows: rows.len(), columns: self.columns }
    }

    /// Returns the values of one column, a row each.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f32> + '_ {
        self.values.iter().skip(column).step_by(self.columns.max(1)).copied()
    }
}

impl Values {
    fn is_all_missing(&self) -> bool {
        match self {
            Values::Number(values) | Values::Flag(values) => values.iter().all(|value| value.is_nan()),
            Values::Category { codes, .. } => codes.iter().all(|code| *code == MISSING_LEVEL),
        }
    }
}

fn recode(known: &[String], levels: &[String]) -> Vec<Option<f32>> {
    levels.iter().map(|level| known.binary_search(level).ok().map(|code| code as f32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Column;

    fn table(values: Values) -> Table {
        Table::new(vec![Column { name: "channel".into(), values }]).expect("one column has one length")
    }

    fn words(words: &[&str]) -> Table {
        let levels = words.iter().map(|word| (*word).to_owned()).collect();
        table(Values::Category { codes: (0..words.len() as u32).collect(), levels })
    }

    #[test]
    fn a_category_unseen_in_training_is_missing_and_counted() {
        let set = FeatureSet::learn(&words(&["referral", "email"]), &MessageCatalog::default());
        let (matrix, unseen) = set.encode(&words(&["tiktok_ads", "referral"])).expect("same kind");
        assert!(matrix.values[0].is_nan());
        assert_eq!(matrix.values[1], 1.0, "levels are sorted: email, referral");
        assert_eq!(unseen, [Unseen { feature: "channel".into(), level: "tiktok_ads".into(), rows: 1 }]);
    }

    #[test]
    fn a_column_of_another_kind_is_refused_by_name() {
        let set = FeatureSet::learn(&words(&["email"]), &MessageCatalog::default());
        let error = set.encode(&table(Values::Number(vec![1.0]))).expect_err("a number is no word");
        assert_eq!(error.to_string(), "feature `channel` is a number column, expected category");
    }

    #[test]
    fn a_column_with_every_row_missing_fits_any_kind() {
        let set = FeatureSet::learn(&words(&["email"]), &MessageCatalog::default());
        let (matrix, _) = set.encode(&table(Values::Number(vec![f32::NAN]))).expect("nothing to disagree on");
        assert!(matrix.values[0].is_nan());
    }
}
