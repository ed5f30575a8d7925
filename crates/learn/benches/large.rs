//! A million rows: the intervals of all measures, a logistic regression with and without the choice of its strength, and
//! the interval of each score.
//!
//! Prints seconds on the clock, the least of a few runs.

use std::time::Instant;

use plumb_lead::{Column, FeatureSet, MessageCatalog, ModelKind, Table, Values};
use plumb_learn::decision::{Optimise, StopOn};
use plumb_learn::logistic::Logistic;
use plumb_learn::metrics::{self, Bootstrap};
use plumb_learn::{Error, Params, Samples, fit};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const ROWS: usize = 1_000_000;
const COLUMNS: usize = 40;
const RUNS: usize = 3;

fn main() -> Result<(), Error> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let scores: Vec<f64> = (0..ROWS).map(|_| random.random::<f64>().powi(2)).collect();
    let labels: Vec<bool> = scores.iter().map(|score| random.random_bool(*score)).collect();
    let bootstrap = Some(Bootstrap { resamples: 200, seed: 1 });
    let seconds = least(|| metrics::evaluate(&scores, &labels, 0.5, 0.5, bootstrap).map(|_| ()))?;
    println!("all measures with intervals of 200 draws, {ROWS} rows: {seconds:.2} s");

    let (features, matrix) = table(&mut random)?;
    let labels: Vec<bool> = (0..ROWS)
        .map(|row| {
            let margin: f32 = matrix.row(row).iter().take(8).sum::<f32>() - 4.0;
            random.random_bool(1.0 / (1.0 + f64::from(-margin).exp()))
        })
        .collect();
    let samples = Samples { matrix: &matrix, labels: &labels, weights: &vec![1.0; ROWS] };
    let seconds = least(|| Logistic::fit(&features, samples, None, 1.0).map(|_| ()))?;
    println!("logistic regression of one strength, {ROWS} rows, {COLUMNS} columns: {seconds:.2} s");
    let known: Vec<usize> = (0..ROWS * 4 / 5).collect();
    let newest: Vec<usize> = (ROWS * 4 / 5..ROWS).collect();
    let (train, valid) = (matrix.select(&known), matrix.select(&newest));
    let (train_labels, valid_labels) = labels.split_at(known.len());
    let ones = vec![1.0; ROWS];
    let train = Samples { matrix: &train, labels: train_labels, weights: &ones[..known.len()] };
    let valid = Samples { matrix: &valid, labels: valid_labels, weights: &ones[known.len()..] };
    let start = Instant::now();
    let fitted = fit(&[ModelKind::Logistic], &features, train, valid, &params(), &|_| {})?;
    println!("its strength chosen, fitted again and calibrated: {:.2} s", start.elapsed().as_secs_f64());

    let model = &fitted[0].model;
    let margins = model.margins(&matrix)?;
    let seconds = least(|| model.intervals(&matrix, &margins).map(|_| ()))?;
    println!("the interval of a score: {:.2} µs", 1e6 * seconds / ROWS as f64);
    Ok(())
}

fn params() -> Params {
    Params {
        seed: 1,
        beta: 0.5,
        cost: None,
        optimise: Optimise::FBeta,
        in_time_order: false,
        capacity: None,
        stop_on: StopOn::LogLoss,
        threads: 0,
        rounds_max: 1,
        search_trials: 1,
        rules: None,
    }
}

fn table(random: &mut ChaCha8Rng) -> Result<(FeatureSet, plumb_lead::Matrix), Error> {
    let number = |column: usize, random: &mut ChaCha8Rng| Column {
        name: format!("x{column}"),
        values: Values::Number((0..ROWS).map(|_| random.random()).collect()),
    };
    let table = Table::new((0..COLUMNS).map(|column| number(column, random)).collect())?;
    let features = FeatureSet::learn(&table, &MessageCatalog::default());
    let (matrix, _) = features.encode(&table)?;
    Ok((features, matrix))
}

fn least(run: impl Fn() -> Result<(), Error>) -> Result<f64, Error> {
    let mut least = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(least)
}
