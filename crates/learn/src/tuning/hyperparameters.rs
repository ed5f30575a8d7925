//! What a trial trains with.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// How categories become numbers or sets of the trees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CategoryEncoding {
    /// Codes, as if they had an order.
    Ordinal,
    /// Categories, which XGBoost splits into sets.
    Native,
    /// The share of positives among the rows of the level.
    TargetRate,
}

/// What a trial trains with; the names of the numbers are XGBoost's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hyperparameters {
    pub(crate) encoding: CategoryEncoding,
    eta: f64,
    max_depth: u32,
    min_child_weight: f64,
    lambda: f64,
    subsample: f64,
    colsample_bytree: f64,
}

impl CategoryEncoding {
    /// All encodings, the plainest first.
    pub(crate) const ALL: [CategoryEncoding; 3] =
        [CategoryEncoding::Ordinal, CategoryEncoding::Native, CategoryEncoding::TargetRate];

    /// Returns the name in the model card.
    pub(crate) fn word(self) -> &'static str {
        match self {
            CategoryEncoding::Ordinal => "ordinal",
            CategoryEncoding::Native => "native",
            CategoryEncoding::TargetRate => "target rate",
        }
    }
}

impl Hyperparameters {
    /// Returns hyperparameters that do well on most tables.
    pub(crate) fn usual(encoding: CategoryEncoding) -> Hyperparameters {
        Hyperparameters {
            encoding,
            eta: 0.1,
            max_depth: 4,
            min_child_weight: 5.0,
            lambda: 2.0,
            subsample: 1.0,
            colsample_bytree: 0.8,
        }
    }

    /// Draws hyperparameters from sensible ranges. All have one learning rate: of two that are compared after the same number
    /// of trees, the faster would win early and lose late.
    pub(crate) fn draw(encoding: CategoryEncoding, random: &mut ChaCha8Rng) -> Hyperparameters {
        fn one<T: Copy>(random: &mut ChaCha8Rng, values: &[T]) -> T {
            values[random.random_range(0..values.len())]
        }
        Hyperparameters {
            encoding,
            eta: 0.1,
            max_depth: one(random, &[2, 3, 4, 5, 6]),
            min_child_weight: one(random, &[1.0, 5.0, 20.0, 50.0]),
            lambda: one(random, &[1.0, 5.0, 20.0]),
            subsample: one(random, &[0.7, 1.0]),
            colsample_bytree: one(random, &[0.3, 0.5, 0.8, 1.0]),
        }
    }

    /// Returns the same with a third of the learning rate: more trees of smaller steps are seldom worse.
    pub(crate) fn slower(&self) -> Hyperparameters {
        Hyperparameters { eta: self.eta / 3.0, ..self.clone() }
    }

    /// Returns the hyperparameters by name.
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
