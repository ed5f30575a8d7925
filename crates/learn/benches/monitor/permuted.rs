//! Weeks of real rows in another order: whatever real weeks are like, in a random order nothing changes with time.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use plumb_lead::{Column, FeatureSet, MISSING_LEVEL, MessageCatalog, Table, Values};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::company::{Week, monday};
use super::in_parallel;
use super::watch::watch;

/// Rows of a week, in the order of the file.
const ROWS: usize = 480;

/// Prints how many alarms come if the weeks of a file are shuffled. Its numbers and words are found out; the first half of the
/// weeks is what a model would be trained on.
pub(crate) fn print(file: &Path, count: u64) -> Result<()> {
    let table = read(file)?;
    let weeks = table.rows() / ROWS;
    ensure!(weeks >= 30, "`{}` has {weeks} weeks of {ROWS} rows: expected 30", file.display());
    let features = FeatureSet::learn(&table, &MessageCatalog::default());
    let (matrix, _) = features.encode(&table)?;
    let parts: Vec<_> =
        (0..weeks).map(|week| matrix.select(&(week * ROWS..(week + 1) * ROWS).collect::<Vec<_>>())).collect();
    let told = in_parallel(count, |seed| {
        let mut order: Vec<usize> = (0..weeks).collect();
        order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let week = |(place, part): (usize, &usize)| Week {
            from: monday(place),
            matrix: parts[*part].clone(),
            scores: vec![0.5; ROWS],
            unseen: Vec::new(),
        };
        let weeks: Vec<Week> = order.iter().enumerate().map(week).collect();
        watch(&features, &weeks, weeks.len() / 2, 1.0)
    });
    let alarms: usize = told.iter().map(|told| told.alarms).sum();
    let years = count as f64 * (weeks - weeks / 2) as f64 / 52.0;
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    println!(
        "| {name}, {} columns, {weeks} weeks | {years:.0} | {alarms} | {:.3} |",
        features.features.len(),
        alarms as f64 / years
    );
    Ok(())
}

fn read(file: &Path) -> Result<Table> {
    let mut reader = csv::Reader::from_path(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let names: Vec<String> = reader.headers()?.iter().map(str::to_owned).collect();
    let mut cells: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    for record in reader.records() {
        record?.iter().zip(&mut cells).for_each(|(cell, column)| column.push(cell.to_owned()));
    }
    let columns = names.into_iter().zip(cells).map(|(name, cells)| Column { name, values: values(&cells) });
    Ok(Table::new(columns.collect())?)
}

fn values(cells: &[String]) -> Values {
    let number = |cell: &String| if cell.is_empty() { Some(f32::NAN) } else { cell.parse().ok() };
    if let Some(numbers) = cells.iter().map(number).collect::<Option<Vec<f32>>>() {
        return Values::Number(numbers);
    }
    let mut levels: Vec<String> = cells.iter().filter(|cell| !cell.is_empty()).cloned().collect();
    levels.sort_unstable();
    levels.dedup();
    let code = |cell: &String| levels.binary_search(cell).map_or(MISSING_LEVEL, |code| code as u32);
    Values::Category { codes: cells.iter().map(code).collect(), levels }
}
