//! A model for the kernel's unit tests.

use plumb_lead::Matrix;
use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};

use super::format::read_json;
use super::tree::Tree;

/// Returns the trees of a model with categories, missing values and repeated features, and rows.
pub(crate) fn trained(depth: u32) -> (Vec<Tree>, Matrix) {
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
    (read_json(&booster.save().expect("JSON")).expect("XGBoost wrote it").trees, matrix)
}
