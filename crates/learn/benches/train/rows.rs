//! The rows that all train on: a file of 32-bit numbers, row by row, the label after the columns.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const COLUMNS: usize = 40;

/// Writes so many rows, of which every tenth value is missing and ten columns matter.
pub(crate) fn write(path: &Path, rows: usize) -> Result<(), Box<dyn Error>> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut file = BufWriter::new(File::create(path)?);
    for _ in 0..rows {
        let mut margin = -1.5;
        for column in 0..COLUMNS {
            let value: f32 = random.random();
            if column < 10 {
                margin += (value - 0.5) * if column % 2 == 0 { 3.0 } else { -2.0 };
            }
            let written = if random.random_bool(0.1) { f32::NAN } else { value };
            file.write_all(&written.to_le_bytes())?;
        }
        let good = random.random_bool(1.0 / (1.0 + f64::from(-margin).exp()));
        file.write_all(&f32::from(u8::from(good)).to_le_bytes())?;
    }
    Ok(file.flush()?)
}

/// Some rows, read.
pub(crate) struct Rows {
    pub(crate) values: Vec<f32>,
    pub(crate) labels: Vec<f32>,
}

/// Reads the rows from the first on, so many at once.
pub(crate) fn read(path: &Path, rows_at_once: usize) -> Result<impl Iterator<Item = Rows>, Box<dyn Error>> {
    let mut file = BufReader::new(File::open(path)?);
    Ok(std::iter::from_fn(move || {
        let mut rows = Rows { values: Vec::new(), labels: Vec::new() };
        let mut row = [0; 4 * (COLUMNS + 1)];
        while rows.labels.len() < rows_at_once && file.read_exact(&mut row).is_ok() {
            let mut numbers = row.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            rows.values.extend(numbers.by_ref().take(COLUMNS));
            rows.labels.extend(numbers);
        }
        Some(rows).filter(|rows| !rows.labels.is_empty())
    }))
}
