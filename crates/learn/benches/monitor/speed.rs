//! A report over 40 columns, 200,000 rows against 200,000. The same rows are written as CSV for peers.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use plumb_lead::{Feature, FeatureKind, FeatureMessages, FeatureSet, Matrix};
use plumb_learn::drift;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROWS: usize = 200_000;
const COLUMNS: usize = 40;
const CATEGORIES: usize = 10;
const LEVELS: usize = 12;
const RUNS: usize = 5;

/// Prints the time and the memory of a report, and writes the rows into a folder unless they are there.
pub(crate) fn print(folder: &Path) -> Result<()> {
    let features = features();
    let (before, now) = (rows(1, 0.0), rows(2, 0.05));
    for (name, matrix) in [("reference.csv", &before), ("current.csv", &now)] {
        if !folder.join(name).exists() {
            write(&folder.join(name), &features, matrix)?;
        }
    }
    let mut seconds: Vec<f64> = Vec::new();
    let scores = vec![0.5; ROWS];
    for _ in 0..RUNS {
        let started = Instant::now();
        let baseline = drift::baseline(&features, &before, &scores)?;
        let drifts = drift::compare(&baseline, &features, &now, &scores, &[])?;
        seconds.push(started.elapsed().as_secs_f64());
        assert_eq!(drifts.len(), COLUMNS + 1);
    }
    seconds.sort_by(f64::total_cmp);
    println!("| Plumbline | {:.2} | | {} |", seconds[RUNS / 2], peak_megabytes());
    Ok(())
}

/// The most memory that this process has had, the rows included.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn features() -> FeatureSet {
    let levels: Vec<String> = (0..LEVELS).map(|level| format!("level_{level:02}")).collect();
    let feature = |column: usize| Feature {
        name: format!("column_{column}"),
        kind: if column < CATEGORIES { FeatureKind::Category { levels: levels.clone() } } else { FeatureKind::Number },
        messages: FeatureMessages::default(),
    };
    FeatureSet { features: (0..COLUMNS).map(feature).collect(), languages: Vec::new() }
}

fn rows(seed: u64, shift: f32) -> Matrix {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values = (0..ROWS * COLUMNS).map(|place| match place % COLUMNS {
        column if column < CATEGORIES => (random.random::<f32>() * LEVELS as f32).floor().min(LEVELS as f32 - 1.0),
        _ => (0..4).map(|_| random.random::<f32>()).sum::<f32>() + shift,
    });
    Matrix { values: values.collect(), rows: ROWS, columns: COLUMNS }
}

fn write(path: &Path, features: &FeatureSet, matrix: &Matrix) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let names: Vec<&str> = features.features.iter().map(|feature| feature.name.as_str()).collect();
    writeln!(file, "{}", names.join(","))?;
    for row in 0..matrix.rows {
        let cells: Vec<String> = matrix
            .row(row)
            .iter()
            .enumerate()
            .map(|(column, value)| if column < CATEGORIES { format!("level_{value:02}") } else { value.to_string() })
            .collect();
        writeln!(file, "{}", cells.join(","))?;
    }
    Ok(file.flush()?)
}
