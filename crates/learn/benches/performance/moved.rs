//! Leads whose mix moves from chunk to chunk, while the same inputs lead to the same outcomes.

use std::error::Error;
use std::path::Path;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const REFERENCE: usize = 20_000;
const CHUNKS: usize = 40;

/// Writes the rows: a score that knows two of four columns, and a mix that moves along the two others.
pub(crate) fn write(path: &Path, rows: usize) -> Result<(), Box<dyn Error>> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(["part", "chunk", "label", "score", "visits", "pages", "size", "channel"])?;
    for row in 0..REFERENCE + CHUNKS * rows {
        let chunk = row.checked_sub(REFERENCE).map(|row| row / rows);
        let moved = chunk.map_or(0.0, |chunk| chunk as f64 / CHUNKS as f64);
        let mut number = || random.random::<f64>();
        let (visits, pages, size) = (number(), number(), number().powf(1.0 - 0.8 * moved));
        let channel = if number() < 0.3 + 0.5 * moved { "_partner" } else { "_web" };
        let known = 3.0 * visits + 2.0 * pages - 3.2;
        let other = 2.4 * (size - 0.5) + if channel == "_partner" { 0.8 } else { -0.3 };
        let label = number() < 1.0 / (1.0 + (-known - other).exp());
        let score = 1.0 / (1.0 + (-0.9 * known).exp());
        writer.write_record([
            if chunk.is_none() { "reference" } else { "window" },
            &chunk.unwrap_or(row / rows).to_string(),
            if label { "1" } else { "0" },
            &format!("{score:.6}"),
            &format!("{visits:.5}"),
            &format!("{pages:.5}"),
            &format!("{size:.5}"),
            channel,
        ])?;
    }
    Ok(writer.flush()?)
}
