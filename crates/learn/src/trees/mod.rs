//! The kernel: it scores and explains a model that XGBoost trained, without XGBoost.
//!
//! [`Trees`] reads the model's file (JSON or UBJ) and refuses whatever it does not understand. A margin is the sum of the
//! leaves that a row ends in. Contributions are path-dependent TreeSHAP (Lundberg 2018), exact: all is added in 64
//! bits, and a row's contributions and the base sum to its margin.
//!
//! What is fastest depends on the tree and on the number of rows. For margins, `walk` follows one row down, and `leaves`
//! merges the answers of a block of rows. For contributions, a block of rows goes abreast through one tree after the
//! other (`rows_abreast`), and one row through eight trees abreast (`trees_abreast`), or like a block if they are too deep
//! or too uneven for that. Each way decides and adds in the same order, so a row gets the same alone and among others.

use plumb_lead::Matrix;

use crate::{Error, Explanation};
pub use about::About;
use codes::Codes;
use grove::Groves;
use leaves::Leaves;
use walk::Walk;

mod read;
mod raw_tree;
mod about;
mod json;
mod ubj;
mod tree;
mod walk;
mod codes;
mod leaves;
mod quadrature;
mod forks;
mod lanes;
mod rows_abreast;
mod trees_abreast;
mod answers;
mod grove;
mod wide;

/// Rows of a block. One vector instruction answers a question for 16, 32 or 64 of them.
const ROWS: usize = 64;

/// Rows that go through a tree before the next tree: so many that what is the same for all of them is made seldom, and so
/// few that what is kept of each stays in a near cache.
const ROWS_TOGETHER: usize = 8 * ROWS;

/// From this many rows on, a block is faster than one row after the other, even if it is not full.
const ROWS_FOR_BLOCK: usize = 4;

/// A model's trees, ready to score and explain.
#[derive(Debug)]
pub struct Trees {
    columns: usize,
    count: usize,
    intercept: f64,
    base: f64,
    about: About,
    walk: Walk,
    codes: Codes,
    /// Nothing for a tree that only a walk can score.
    leaves: Vec<Option<Leaves>>,
    groves: Groves,
}

impl Trees {
    /// Reads a model as XGBoost writes it in JSON, of version 1.0 to 3: one output, booster `gbtree`.
    pub fn from_json(text: &str) -> Result<Trees, Error> {
        read::from_json(text).map(Trees::new).map_err(|why| Error::Trees { why })
    }

    /// Reads a model as XGBoost writes it in UBJ.
    pub fn from_ubj(bytes: &[u8]) -> Result<Trees, Error> {
        read::from_ubj(bytes).map(Trees::new).map_err(|why| Error::Trees { why })
    }

    /// Reads a model in either form, of which only the first rounds count, or all.
    pub fn from_bytes(bytes: &[u8], rounds: Option<usize>) -> Result<Trees, Error> {
        let forest = if is_ubj(bytes) {
            read::from_ubj(bytes)
        } else {
            let text = std::str::from_utf8(bytes).map_err(|error| format!("neither UBJ nor JSON: {error}"));
            text.and_then(read::from_json)
        };
        let forest = forest.and_then(|forest| match rounds {
            Some(rounds) => forest.first_rounds(rounds),
            None => Ok(forest),
        });
        forest.map(Trees::new).map_err(|why| Error::Trees { why })
    }

    /// Returns what the model's file says of itself.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Returns the number of columns that a row must have.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the number of trees.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the mean margin of the training rows, as TreeSHAP takes it.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Returns the margin of each row. NaN is a missing value, and so is what is infinite.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        self.check(matrix)?;
        let mut margins = vec![0.0; matrix.rows];
        let blocks = margins.chunks_mut(ROWS_TOGETHER).zip(matrix.values.chunks(ROWS_TOGETHER * self.columns));
        for (margins, rows) in blocks {
            if margins.len() < ROWS_FOR_BLOCK {
                for (margin, row) in margins.iter_mut().zip(rows.chunks_exact(self.columns)) {
                    *margin = self.walk.sum(&self.walk.lay_out(row));
                }
            } else {
                wide::margins(self, rows, margins);
            }
        }
        margins.iter_mut().for_each(|margin| *margin += self.intercept);
        Ok(margins)
    }

    /// Returns what each feature did to each row's margin.
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        self.check(matrix)?;
        let columns = self.columns;
        let mut contributions = vec![0.0; matrix.values.len()];
        let blocks =
            contributions.chunks_mut(ROWS_TOGETHER * columns).zip(matrix.values.chunks(ROWS_TOGETHER * columns));
        for (contributions, rows) in blocks {
            if rows.len() < ROWS_FOR_BLOCK * columns {
                for (contributions, row) in contributions.chunks_mut(columns).zip(rows.chunks(columns)) {
                    wide::contributions_of_one(self, row, contributions);
                }
            } else {
                wide::contributions(self, rows, contributions);
            }
        }
        Ok(Explanation { base: self.base, columns, contributions })
    }

    fn new(forest: read::Forest) -> Trees {
        let read::Forest { columns, intercept, trees, about } = forest;
        let codes = Codes::new(&trees);
        let leaves = trees.iter().map(|tree| Leaves::new(tree, &codes)).collect();
        let base = trees.iter().fold(intercept, |base, tree| base + tree.mean());
        let (walk, groves) = (Walk::new(&trees, columns), Groves::new(&trees, &codes));
        Trees { columns, count: trees.len(), intercept, base, about, walk, codes, leaves, groves }
    }

    fn check(&self, matrix: &Matrix) -> Result<(), Error> {
        let expected = self.columns;
        if matrix.columns == expected { Ok(()) } else { Err(Error::Columns { found: matrix.columns, expected }) }
    }
}

/// Returns whether these are the bytes of an object in UBJ as XGBoost writes it: what it is called first has a 64-bit
/// length before it, where JSON has a quotation mark.
pub(crate) fn is_ubj(bytes: &[u8]) -> bool {
    bytes.starts_with(b"{L")
}

#[cfg(test)]
mod tests {
    use plumb_lead::Matrix;
    use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};

    use super::Trees;

    /// Returns a model with categories, missing values and repeated features, and rows.
    pub(super) fn trained(depth: u32) -> (Trees, Matrix) {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32
        };
        let mut row = || [(next() * 9.0).floor(), next(), next(), if next() < 0.3 { f32::NAN } else { next() }];
        let values: Vec<f32> = (0..1000).flat_map(|_| row()).collect();
        let matrix = Matrix { values, rows: 1000, columns: 4 };
        let wins = |row: usize| (matrix.row(row)[1] > 0.5) != (matrix.row(row)[2] * matrix.row(row)[0] > 2.0);
        let labels: Vec<f32> = (0..1000).map(|row| f32::from(u8::from(wins(row)))).collect();
        let mut rows = DMatrix::from_dense(&matrix.values, 1000, 4, 1).expect("a matrix");
        rows.set_labels(&labels).expect("a label a row");
        use FeatureType::{Category, Quantity};
        rows.set_feature_types(&[Category, Quantity, Quantity, Quantity]).expect("four columns");
        let mut booster = Booster::new(&[&rows]).expect("a booster");
        let depth = depth.to_string();
        for (name, value) in [("objective", "binary:logistic"), ("max_depth", &depth), ("nthread", "1")] {
            booster.set_param(name, value).expect("a parameter");
        }
        for round in 0..10 {
            booster.update(round, &rows).expect("a round");
        }
        (Trees::from_json(&booster.save().expect("JSON")).expect("XGBoost wrote it"), matrix)
    }
}
