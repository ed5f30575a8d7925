//! One run of ours. It writes its results and prints microseconds a row: margins in blocks and of one row after the other,
//! then contributions in the same two ways.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use plumb_lead::Matrix;
use plumb_learn::trees::Trees;

use crate::results::{COMPARED_ROWS, Results};
use crate::rows;

/// Rows that are scored one after the other.
const SINGLE: usize = 500;

pub(crate) fn run(folder: &Path, results: &Path) -> Result<(), Box<dyn Error>> {
    let trees = Trees::from_json(&std::fs::read_to_string(folder.join("model.json"))?)?;
    let rows = rows::read(folder, "rows")?;
    // The tables are made with the first explanation, and caches are filled by it, as in the others.
    explain(&trees, &rows)?.write(&results.with_extension("rows"))?;
    explain(&trees, &rows::read(folder, "complete")?)?.write(&results.with_extension("complete"))?;
    let singles: Vec<Matrix> = (0..SINGLE).map(|row| rows.select(&[row])).collect();
    let figures = [
        timed(rows.rows, || drop(black_box(trees.margins(&rows)))),
        timed(SINGLE, || singles.iter().for_each(|row| drop(black_box(trees.margins(row))))),
        timed(rows.rows, || drop(black_box(trees.explain(&rows)))),
        timed(SINGLE, || singles.iter().for_each(|row| drop(black_box(trees.explain(row))))),
    ];
    println!("{}", figures.map(|figure| figure.to_string()).join(" "));
    Ok(())
}

fn explain(trees: &Trees, rows: &Matrix) -> Result<Results, Box<dyn Error>> {
    let compared = rows.select(&(0..COMPARED_ROWS).collect::<Vec<_>>());
    trees.margins(&compared)?;
    let explained = trees.explain(&compared)?;
    let mut values = Vec::with_capacity(COMPARED_ROWS * (rows::COLUMNS + 1));
    for row in explained.contributions.chunks_exact(rows::COLUMNS) {
        values.extend(row);
        values.push(explained.base);
    }
    Ok(Results(values))
}

fn timed(rows: usize, run: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    run();
    begun.elapsed().as_secs_f64() * 1e6 / rows as f64
}
