//! What a trial is grown with.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// How the trees see a category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Categories {
    /// Codes, as if they had an order.
    Ordinal,
    /// Categories, which XGBoost parts into sets.
    Native,
    /// The share of positives among the rows of the level.
    Rate,
}

/// What a trial is grown with; the names of the numbers are XGBoost's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) categories: Categories,
    eta: f64,
    max_depth: u32,
    min_child_weight: f64,
    lambda: f64,
    subsample: f64,
    colsample_bytree: f64,
}

impl Categories {
    /// All ways, the plainest first.
    pub(crate) const ALL: [Categories; 3] = [Categories::Ordinal, Categories::Native, Categories::Rate];

    /// Returns the word of the model card.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Categories::Ordinal => "ordinal",
            Categories::Native => "native",
            Categories::Rate => "target rate",
        }
    }
}

impl Settings {
    /// Returns settings that do well on most tables.
    pub(crate) fn usual(categories: Categories) -> Settings {
        Settings {
            categories,
            eta: 0.1,
            max_depth: 4,
            min_child_weight: 5.0,
            lambda: 2.0,
            subsample: 1.0,
            colsample_bytree: 0.8,
        }
    }

    /// Draws settings from ranges that make sense. All learn at one speed: of two that are compared after the same
    /// number of trees, the faster would win early and lose late.
    pub(crate) fn draw(categories: Categories, chance: &mut ChaCha8Rng) -> Settings {
        fn one<T: Copy>(chance: &mut ChaCha8Rng, values: &[T]) -> T {
            values[chance.random_range(0..values.len())]
        }
        Settings {
            categories,
            eta: 0.1,
            max_depth: one(chance, &[2, 3, 4, 5, 6]),
            min_child_weight: one(chance, &[1.0, 5.0, 20.0, 50.0]),
            lambda: one(chance, &[1.0, 5.0, 20.0]),
            subsample: one(chance, &[0.7, 1.0]),
            colsample_bytree: one(chance, &[0.3, 0.5, 0.8, 1.0]),
        }
    }

    /// Returns the same settings, learning at a third of the speed: more trees that each say less are seldom worse.
    pub(crate) fn slower(&self) -> Settings {
        Settings { eta: self.eta / 3.0, ..self.clone() }
    }

    /// Returns the settings by name.
    pub(crate) fn named(&self) -> [(&'static str, String); 6] {
        [
            ("eta", format!("{:.4}", self.eta)),
            ("max_depth", self.max_depth.to_string()),
            ("min_child_weight", self.min_child_weight.to_string()),
            ("lambda", self.lambda.to_string()),
            ("subsample", self.subsample.to_string()),
            ("colsample_bytree", self.colsample_bytree.to_string()),
        ]
    }
}
