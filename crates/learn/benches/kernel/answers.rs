//! What was answered: each row's contributions and the base behind them, as 64-bit numbers in a file.

use std::error::Error;
use std::path::Path;

use crate::rows::COLUMNS;

/// Rows whose answers are compared.
pub(crate) const ASKED: usize = 256;

pub(crate) struct Answers(pub(crate) Vec<f64>);

impl Answers {
    pub(crate) fn write(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        Ok(std::fs::write(path, self.0.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?)
    }

    pub(crate) fn read(path: &Path) -> Result<Answers, Box<dyn Error>> {
        let bytes = std::fs::read(path)?;
        let values: Vec<f64> = bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        if values.len() != ASKED * (COLUMNS + 1) {
            return Err(format!("`{}` has {} numbers", path.display(), values.len()).into());
        }
        Ok(Answers(values))
    }

    /// Returns the largest difference of any number from the other's.
    pub(crate) fn furthest_from(&self, other: &Answers) -> f64 {
        self.0.iter().zip(&other.0).fold(0.0, |furthest, (one, other)| {
            let off = (one - other).abs();
            // NaN is as wrong as can be.
            if off <= furthest { furthest } else { off }
        })
    }
}
