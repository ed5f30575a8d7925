//! The company's weeks as CSV files, a file a year and what is planted in it, for peers.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;

use super::company::{COLUMNS, FLAGS, NUMBERS, Planted, features, week};
use super::{PLANTED, PLANTED_AT, TRAINED, WATCHED};

/// Writes `count` years in which nothing happens, and as many of each planted move. The seeds are those of the tables.
pub(crate) fn weeks(folder: &Path, count: u64) -> Result<()> {
    for (kind, (_, planted)) in PLANTED.iter().enumerate() {
        for seed in 0..count {
            year(&folder.join(format!("year-{kind:02}-{seed}.csv")), 1_000_000 + seed, *planted)?;
        }
    }
    let names: Vec<&str> = PLANTED.iter().map(|(name, _)| *name).collect();
    Ok(std::fs::write(folder.join("names.txt"), names.join("\n"))?)
}

fn year(path: &Path, seed: u64, planted: Planted) -> Result<()> {
    let trained = if planted == Planted::Season { 2 * TRAINED } else { TRAINED };
    let mut file = BufWriter::new(File::create(path)?);
    let names: Vec<String> = features().features.into_iter().map(|feature| feature.name).collect();
    writeln!(file, "week,{},score", names.join(","))?;
    for number in 0..trained + WATCHED {
        let week = week(seed, number, planted, trained + PLANTED_AT);
        for row in 0..week.matrix.rows {
            let cells = week.matrix.row(row).iter().enumerate().map(|(column, value)| cell(column, *value, planted));
            let cells: Vec<String> = cells.collect();
            // Weeks before 0 are those of training.
            writeln!(file, "{},{},{}", number as i64 - trained as i64, cells.join(","), week.scores[row])?;
        }
    }
    Ok(file.flush()?)
}

fn cell(column: usize, value: f32, planted: Planted) -> String {
    let is_category = (NUMBERS + FLAGS..COLUMNS).contains(&column);
    match (value.is_nan(), is_category, planted) {
        (true, true, Planted::NewCategory(_)) => "tiktok_ads".to_owned(),
        (true, ..) => String::new(),
        (false, true, _) => format!("level_{value}"),
        (false, false, _) => value.to_string(),
    }
}
