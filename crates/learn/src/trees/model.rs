//! [`Trees`]: a model that XGBoost trained, ready to score and explain.

use plumb_lead::Matrix;

use super::bins::Bins;
use super::format::{self, ModelMetadata, ParsedModel};
use super::predict::MarginKernel;
use super::shap::ShapKernel;
use crate::error::Error;
use crate::explanation::Explanation;

/// A model's trees, ready to score and explain.
#[derive(Debug)]
pub struct Trees {
    columns: usize,
    count: usize,
    intercept: f64,
    base: f64,
    metadata: ModelMetadata,
    bins: Bins,
    margins: MarginKernel,
    contributions: ShapKernel,
}

impl Trees {
    /// Reads a model as XGBoost writes it in JSON, of version 1.0 to 3: booster `gbtree` or `dart`, of one output or of two
    /// classes.
    pub fn from_json(text: &str) -> Result<Trees, Error> {
        format::read_json(text).map(Trees::new).map_err(|why| Error::Trees { why })
    }

    /// Reads a model as XGBoost writes it in UBJ.
    pub fn from_ubj(bytes: &[u8]) -> Result<Trees, Error> {
        format::read_ubj(bytes).map(Trees::new).map_err(|why| Error::Trees { why })
    }

    /// Reads a model in either format, of which only the first rounds count, or all. A missing value goes the way that
    /// `missing` goes, the number that stood in its place in training; `None` is the way that XGBoost has learned.
    pub fn from_bytes(bytes: &[u8], rounds: Option<usize>, missing: Option<f32>) -> Result<Trees, Error> {
        let mut model = format::read(bytes, rounds).map_err(|why| Error::Trees { why })?;
        if let Some(number) = missing {
            model.trees.iter_mut().for_each(|tree| tree.send_missing_as(number));
        }
        Ok(Trees::new(model))
    }

    /// Returns what the model's file holds beside its trees.
    pub fn metadata(&self) -> &ModelMetadata {
        &self.metadata
    }

    /// Returns the number of columns that a row must have.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Returns the number of trees.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the mean margin of the training rows, as path-dependent TreeSHAP takes it.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// Returns the margin of each row. NaN is a missing value, and so is what is infinite.
    pub fn margins(&self, matrix: &Matrix) -> Result<Vec<f64>, Error> {
        self.check(matrix)?;
        let mut margins = self.margins.margins(&self.bins, &matrix.values, matrix.rows);
        margins.iter_mut().for_each(|margin| *margin += self.intercept);
        Ok(margins)
    }

    /// Returns the contribution of each feature to each row's margin.
    pub fn explain(&self, matrix: &Matrix) -> Result<Explanation, Error> {
        self.check(matrix)?;
        let contributions = self.contributions.contributions(&self.bins, &matrix.values);
        Ok(Explanation { base: self.base, columns: self.columns, contributions })
    }

    fn new(model: ParsedModel) -> Trees {
        let ParsedModel { columns, intercept, trees, metadata } = model;
        let bins = Bins::new(&trees);
        let base = trees.iter().fold(intercept, |base, tree| base + tree.mean());
        let margins = MarginKernel::new(&trees, &bins, columns);
        let contributions = ShapKernel::new(&trees, &bins, columns);
        Trees { columns, count: trees.len(), intercept, base, metadata, bins, margins, contributions }
    }

    fn check(&self, matrix: &Matrix) -> Result<(), Error> {
        let expected = self.columns;
        if matrix.columns == expected { Ok(()) } else { Err(Error::Columns { found: matrix.columns, expected }) }
    }
}
