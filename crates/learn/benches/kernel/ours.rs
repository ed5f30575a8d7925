//! One run of ours. It writes its answers and prints microseconds a row: predictions in blocks and of one row after the
//! other, then the same of contributions.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use plumb_lead::Matrix;
use plumb_learn::trees::Trees;

use crate::answers::{ASKED, Answers};
use crate::rows;

/// Rows that are scored one after the other.
const SINGLE: usize = 500;

pub(crate) fn run(folder: &Path, answers: &Path) -> Result<(), Box<dyn Error>> {
    let trees = Trees::from_json(&std::fs::read_to_string(folder.join("model.json"))?)?;
    let rows = rows::read(folder, "rows")?;
    // The tables are made with the first explanation, and caches are filled by it, as in the others.
    answer(&trees, &rows)?.write(&answers.with_extension("rows"))?;
    answer(&trees, &rows::read(folder, "complete")?)?.write(&answers.with_extension("complete"))?;
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

fn answer(trees: &Trees, rows: &Matrix) -> Result<Answers, Box<dyn Error>> {
    let asked = rows.select(&(0..ASKED).collect::<Vec<_>>());
    trees.margins(&asked)?;
    let explained = trees.explain(&asked)?;
    let mut values = Vec::with_capacity(ASKED * (rows::COLUMNS + 1));
    for row in explained.contributions.chunks_exact(rows::COLUMNS) {
        values.extend(row);
        values.push(explained.base);
    }
    Ok(Answers(values))
}

fn timed(rows: usize, run: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    run();
    begun.elapsed().as_secs_f64() * 1e6 / rows as f64
}
