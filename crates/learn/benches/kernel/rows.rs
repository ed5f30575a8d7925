//! The model that all score with, and the rows: files of 32-bit numbers, row by row.

use std::error::Error;
use std::path::Path;

use plumb_lead::Matrix;
use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const COLUMNS: usize = 40;
pub(crate) const CATEGORIES: usize = 12;
pub(crate) const TREES: usize = 300;
const DEPTH: &str = "6";
const TRAINED_ON: usize = 50_000;

/// Rows that are scored.
const ROWS: usize = 4096;

/// Rows of which nothing is missing.
const COMPLETE: usize = 256;

/// Writes the model, `rows.f32` and `complete.f32` into a folder.
pub(crate) fn write(folder: &Path, native: bool) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("model.json"), train(native)?)?;
    for (name, rows, missing, seed) in [("rows", ROWS, 0.1, 2), ("complete", COMPLETE, 0.0, 3)] {
        let (matrix, _) = synthetic(rows, missing, seed);
        let bytes: Vec<u8> = matrix.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        std::fs::write(folder.join(name).with_extension("f32"), bytes)?;
    }
    Ok(())
}

/// Reads rows that were written.
pub(crate) fn read(folder: &Path, name: &str) -> Result<Matrix, Box<dyn Error>> {
    let bytes = std::fs::read(folder.join(name).with_extension("f32"))?;
    let values: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Ok(Matrix { rows: values.len() / COLUMNS, columns: COLUMNS, values })
}

/// Returns synthetic rows of codes of categories and of quantities, with their labels.
fn synthetic(count: usize, missing: f64, seed: u64) -> (Matrix, Vec<f32>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut values, mut labels) = (Vec::with_capacity(count * COLUMNS), Vec::with_capacity(count));
    for _ in 0..count {
        let row: [f32; COLUMNS] = std::array::from_fn(|column| {
            if column < CATEGORIES {
                random.random_range(0..4 + 2 * column as u32) as f32
            } else {
                // Sums of two are denser in the middle, as most quantities are.
                random.random_range(0.0..1.0) + random.random_range(0.0..1.0)
            }
        });
        let mut logit = -1.0;
        for (column, code) in row[..CATEGORIES].iter().enumerate() {
            logit += if (*code as usize * 7 + column).is_multiple_of(5) { 0.7 } else { -0.2 };
        }
        for (at, pair) in row[CATEGORIES..].windows(2).enumerate() {
            logit += 0.8 * (pair[0] - 1.0) * (pair[1] - 0.5) * (at % 5) as f32;
        }
        labels.push(f32::from(u8::from(random.random_bool(f64::from(1.0 / (1.0 + (-logit).exp()))))));
        values.extend(row.map(|value| if random.random_bool(missing) { f32::NAN } else { value }));
    }
    (Matrix { values, rows: count, columns: COLUMNS }, labels)
}

/// Trains the trees with XGBoost, and returns its JSON.
fn train(native: bool) -> Result<String, Box<dyn Error>> {
    let (matrix, labels) = synthetic(TRAINED_ON, 0.1, 1);
    let mut train = DMatrix::from_dense(&matrix.values, matrix.rows, matrix.columns, 0)?;
    if native {
        let mut types = [FeatureType::Quantity; COLUMNS];
        types[..CATEGORIES].fill(FeatureType::Category);
        train.set_feature_types(&types)?;
    }
    train.set_labels(&labels)?;
    let mut booster = Booster::new(&[&train])?;
    for (name, value) in [
        ("objective", "binary:logistic"),
        ("tree_method", "hist"),
        ("max_depth", DEPTH),
        ("eta", "0.05"),
        ("seed", "1"),
    ] {
        booster.set_param(name, value)?;
    }
    (0..TREES).try_for_each(|round| booster.update(round, &train))?;
    Ok(booster.save()?)
}
