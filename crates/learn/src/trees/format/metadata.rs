//! What a model's file holds beside its trees: names and types of the columns, names of the categories, the number of
//! rounds and the best of them.

use serde::Deserialize;

/// What a model's file holds beside its trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelMetadata {
    /// The names of the columns, in order; none if it was trained without.
    pub feature_names: Vec<String>,
    /// The types of the columns, in XGBoost's letters (`float`, `int`, `i`, `q`, `c`); none if the file has none.
    pub feature_types: Vec<String>,
    /// The names of the categories of each column, in the order of their codes; empty for a column without names, and
    /// without any entry if no column has names. XGBoost writes them from 3.1 on, if it was trained on named categories.
    pub category_names: Vec<Vec<String>>,
    /// XGBoost's name of the objective, such as `binary:logistic`.
    pub objective: String,
    /// The version of XGBoost that wrote the file.
    pub version: String,
    /// The round that early stopping found best, counted from 1; `None` if the file does not have it.
    pub best_round: Option<usize>,
    /// The number of trees before each round, and of all.
    trees_before: Vec<usize>,
}

impl ModelMetadata {
    pub(super) fn new(
        [feature_names, feature_types]: [Vec<String>; 2],
        category_names: Vec<Vec<String>>,
        columns: usize,
        objective: String,
        version: &[u32],
        trees_before: Vec<usize>,
        best_iteration: Option<&str>,
    ) -> Result<ModelMetadata, String> {
        for (what, list) in [("feature_names", &feature_names), ("feature_types", &feature_types)] {
            if !list.is_empty() && list.len() != columns {
                return Err(format!("`{what}` has {} entries for {columns} columns", list.len()));
            }
        }
        if !category_names.is_empty() && category_names.len() != columns {
            return Err(format!("category names of {} columns of {columns}", category_names.len()));
        }
        let rounds = trees_before.len().saturating_sub(1);
        // XGBoost counts them from 0.
        let best = |text: &str| text.parse::<usize>().ok().filter(|best| *best < rounds).map(|best| best + 1);
        let best_round = match best_iteration.map(|text| (text, best(text))) {
            None => None,
            Some((_, Some(best))) => Some(best),
            Some((text, None)) => return Err(format!("`best_iteration` is `{text}` of {rounds} rounds")),
        };
        let version = version.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        Ok(ModelMetadata { feature_names, feature_types, category_names, objective, version, best_round, trees_before })
    }

    /// Returns the number of rounds in the file.
    pub fn rounds(&self) -> usize {
        self.trees_before.len().saturating_sub(1)
    }

    /// Returns the number of trees after so many rounds, from 1 to all.
    pub(super) fn trees_after(&self, rounds: usize) -> Option<usize> {
        self.trees_before.get(rounds).copied().filter(|_| rounds > 0)
    }
}

/// The names of categories, as the file has them.
#[derive(Deserialize)]
pub(super) struct CategoryNames {
    enc: Vec<ColumnNames>,
}

/// Those of one column: one text in UTF-8, and where each name begins and ends in it. Categories that are numbers have
/// values alone.
#[derive(Deserialize)]
struct ColumnNames {
    #[serde(default)]
    offsets: Vec<i64>,
    values: Vec<f64>,
}

impl CategoryNames {
    /// Returns the names of each column, in the order of their codes.
    pub(super) fn of_columns(&self) -> Result<Vec<Vec<String>>, String> {
        let of_column = |(column, names): (usize, &ColumnNames)| {
            names
                .read()
                .ok_or_else(|| format!("the categories of column {column} are no words, expected a text for each"))
        };
        self.enc.iter().enumerate().map(of_column).collect()
    }
}

impl ColumnNames {
    fn read(&self) -> Option<Vec<String>> {
        if self.offsets.is_empty() {
            return self.values.is_empty().then(Vec::new);
        }
        // Names follow each other. If they could lie over each other, some KB would hold many times as much text.
        if !self.offsets.is_sorted() {
            return None;
        }
        // XGBoost writes bytes as signed numbers.
        let byte =
            |value: &f64| ((-128.0..256.0).contains(value) && value.fract() == 0.0).then_some(*value as i64 as u8);
        let bytes: Vec<u8> = self.values.iter().map(byte).collect::<Option<_>>()?;
        let name = |ends: &[i64]| {
            let (from, to) = (usize::try_from(ends[0]).ok()?, usize::try_from(ends[1]).ok()?);
            String::from_utf8(bytes.get(from..to)?.to_vec()).ok()
        };
        self.offsets.windows(2).map(name).collect()
    }
}
