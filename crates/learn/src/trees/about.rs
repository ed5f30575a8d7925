//! What a model's file says of itself beside its trees: whose columns, which words, how many rounds, which of
//! them was the best.

use serde::Deserialize;

/// What a model's file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The columns' names, in order; none if it was trained without.
    pub names: Vec<String>,
    /// What the columns' numbers mean, in XGBoost's letters (`float`, `int`, `i`, `q`, `c`); none if it was not told.
    pub types: Vec<String>,
    /// The words of a column of categories, in the order of their codes; empty for a column whose words are not told, and
    /// without any entry if none are. From 3.1 on XGBoost keeps them, if it was given words.
    pub words: Vec<Vec<String>>,
    /// XGBoost's name of what was learned, such as `binary:logistic`.
    pub objective: String,
    /// The version of XGBoost that wrote it.
    pub version: String,
    /// The round that early stopping found best, counted from 1; `None` if the file does not say.
    pub best_round: Option<usize>,
    /// The number of trees before each round, and of all.
    trees_before: Vec<usize>,
}

impl About {
    pub(super) fn new(
        [names, types]: [Vec<String>; 2],
        words: Vec<Vec<String>>,
        columns: usize,
        objective: String,
        version: &[u32],
        trees_before: Vec<usize>,
        best_iteration: Option<&str>,
    ) -> Result<About, String> {
        for (what, list) in [("feature_names", &names), ("feature_types", &types)] {
            if !list.is_empty() && list.len() != columns {
                return Err(format!("`{what}` has {} entries for {columns} columns", list.len()));
            }
        }
        if !words.is_empty() && words.len() != columns {
            return Err(format!("words of {} columns of {columns}", words.len()));
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
        Ok(About { names, types, words, objective, version, best_round, trees_before })
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

/// The words of categories.
#[derive(Deserialize)]
pub(super) struct Cats {
    enc: Vec<Words>,
}

/// Those of one column: as one text in UTF-8, and where each word begins and ends in it. Of categories that are numbers
/// only the values are there.
#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    offsets: Vec<i64>,
    values: Vec<f64>,
}

impl Cats {
    /// Returns the words of each column, in the order of their codes.
    pub(super) fn words(&self) -> Result<Vec<Vec<String>>, String> {
        let of_column = |(column, words): (usize, &Words)| {
            words
                .read()
                .ok_or_else(|| format!("the categories of column {column} are no words, expected a text for each"))
        };
        self.enc.iter().enumerate().map(of_column).collect()
    }
}

impl Words {
    fn read(&self) -> Option<Vec<String>> {
        if self.offsets.is_empty() {
            return self.values.is_empty().then(Vec::new);
        }
        // XGBoost writes bytes as signed numbers.
        let byte =
            |value: &f64| ((-128.0..256.0).contains(value) && value.fract() == 0.0).then_some(*value as i64 as u8);
        let bytes: Vec<u8> = self.values.iter().map(byte).collect::<Option<_>>()?;
        let word = |ends: &[i64]| {
            let (from, to) = (usize::try_from(ends[0]).ok()?, usize::try_from(ends[1]).ok()?);
            String::from_utf8(bytes.get(from..to)?.to_vec()).ok()
        };
        self.offsets.windows(2).map(word).collect()
    }
}
