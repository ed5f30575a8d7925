//! One run of ours, which prints its wall time, CPU seconds, peak memory in megabytes and log loss. Reading rows that are
//! to lie in memory is not counted, as it is not in Python; reading them in batches is.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use plumb_peers::{cpu_seconds, peak_megabytes};
use plumb_xgboost_sys::{Batch, Booster, DMatrix, FeatureType, Layout};

use crate::rows::{self, COLUMNS};

pub(crate) const TREES: usize = 100;

/// As in `plumb train --workers`.
const ROWS_AT_ONCE: usize = 65_536;

/// The first rows, on which the log loss is taken.
const LOSS_ROWS: usize = 20_000;

pub(crate) fn run(way: &str, file: &Path) -> Result<(), Box<dyn Error>> {
    let rows = match way {
        "memory" => rows::read(file, usize::MAX)?.next(),
        _ => None,
    };
    let folder = tempfile::tempdir()?;
    let (clock, used) = (Instant::now(), cpu_seconds()?);
    let matrix = match &rows {
        Some(rows) => {
            let mut matrix = DMatrix::from_dense(&rows.values, rows.labels.len(), COLUMNS, 0)?;
            matrix.set_labels(&rows.labels)?;
            matrix
        }
        None => in_batches(file, (way == "disk").then(|| folder.path()))?,
    };
    let booster = train(&matrix)?;
    let (wall, used) = (clock.elapsed().as_secs_f64(), cpu_seconds()? - used);
    // The peak is that of the training, so it is read before anything is predicted.
    let peak = peak_megabytes()?;
    println!("{wall} {used} {peak} {}", loss(&booster, file)?);
    Ok(())
}

fn in_batches(file: &Path, cache: Option<&Path>) -> Result<DMatrix, Box<dyn Error>> {
    let open = || {
        let read = rows::read(file, ROWS_AT_ONCE).map_err(|error| broken(error.to_string()))?;
        let batch = |rows: rows::Rows| {
            let weights = vec![1.0; rows.labels.len()];
            Ok(Batch { values: rows.values, labels: rows.labels, weights })
        };
        Ok(Box::new(read.map(batch)) as Box<dyn Iterator<Item = Result<Batch, plumb_xgboost_sys::Error>>>)
    };
    Ok(DMatrix::from_batches(&open, Layout { types: &[FeatureType::Quantity; COLUMNS], cache, threads: 0 })?)
}

fn broken(message: String) -> plumb_xgboost_sys::Error {
    plumb_xgboost_sys::Error { function: "read", message }
}

fn train(matrix: &DMatrix) -> Result<Booster, Box<dyn Error>> {
    let mut booster = Booster::new(&[matrix])?;
    for (name, value) in [
        ("objective", "binary:logistic"),
        ("tree_method", "hist"),
        ("max_depth", "6"),
        ("eta", "0.1"),
        ("min_child_weight", "5"),
        ("seed", "1"),
    ] {
        booster.set_param(name, value)?;
    }
    (0..TREES).try_for_each(|round| booster.update(round, matrix))?;
    Ok(booster)
}

fn loss(booster: &Booster, file: &Path) -> Result<f64, Box<dyn Error>> {
    let first = rows::read(file, LOSS_ROWS)?.next().ok_or("no rows")?;
    let margins = booster.margins(&DMatrix::from_dense(&first.values, first.labels.len(), COLUMNS, 0)?)?;
    let of_row = |(margin, label): (&f32, &f32)| {
        let sign = if *label > 0.5 { -1.0 } else { 1.0 };
        (sign * f64::from(*margin)).exp().ln_1p()
    };
    Ok(margins.iter().zip(&first.labels).map(of_row).sum::<f64>() / margins.len() as f64)
}
