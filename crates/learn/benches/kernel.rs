//! What the kernel gains over XGBoost's own `predict` and `pred_contribs`, on one thread.
//!
//! The model: 300 trees of depth 6 on 40 columns, of which 12 are codes of categories, trained by XGBoost on made-up
//! rows of which a tenth of the values is missing. All ways take turns, and the median of the turns counts, so that a
//! busy machine is busy for all of them. `cargo bench -p plumb-learn` runs it.

use std::cell::RefCell;
use std::hint::black_box;
use std::time::Instant;

use plumb_lead::Matrix;
use plumb_learn::trees::Trees;
use plumb_xgboost_sys::{Booster, DMatrix, FeatureType};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const COLUMNS: usize = 40;
const CATEGORIES: usize = 12;
const TRAINED_ON: usize = 50_000;
const TREES: usize = 300;
const DEPTH: &str = "6";

const TURNS: usize = 9;
/// Rows a turn of what is done by blocks.
const BLOCK: usize = 4096;
/// Rows a turn of XGBoost's contributions, which take a thousand times as long.
const BLOCK_SLOW: usize = 256;
/// Rows a turn of what is done row by row.
const SINGLE: usize = 500;
const SINGLE_SLOW: usize = 50;

/// Something that is timed.
struct Way<'a> {
    name: &'static str,
    rows: usize,
    run: Box<dyn Fn() + 'a>,
    /// Microseconds a row, a number a turn.
    took: Vec<f64>,
}

fn main() {
    // What `cargo test --benches` asks for is whether it runs at all, and it has no time for more.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    for native in [false, true] {
        measure(native, if quick { 1 } else { TURNS }, if quick { 2 } else { TREES });
    }
}

fn measure(native: bool, turns: usize, rounds: usize) {
    let booster = train(native, rounds);
    let text = booster.save().expect("a model is JSON");
    let begun = Instant::now();
    let trees = Trees::from_json(&text).expect("XGBoost wrote it");
    let read_ms = begun.elapsed().as_secs_f64() * 1e3;
    let (matrix, _) = rows(BLOCK, 2);
    let begun = Instant::now();
    trees.explain(&matrix.select(&[0])).expect("fits");
    let first_ms = begun.elapsed().as_secs_f64() * 1e3;
    println!(
        "categories {}: read in {read_ms:.0} ms, tables made in {first_ms:.0} ms",
        if native { "native" } else { "as codes" }
    );

    let singles: Vec<Matrix> = (0..SINGLE).map(|row| matrix.select(&[row])).collect();
    let slow = matrix.select(&(0..BLOCK_SLOW).collect::<Vec<_>>());
    let slow = dmatrix(&slow, native);
    // XGBoost keeps the margins of a matrix that it has seen, so each turn needs one that it has not.
    let unseen: Vec<DMatrix> = (0..turns).map(|_| dmatrix(&matrix, native)).collect();
    let unseen = RefCell::new(unseen.into_iter());
    let way = |name, rows, run| Way { name, rows, run, took: Vec::new() };
    let mut ways = [
        way("predict, blocks", BLOCK, Box::new(|| drop(black_box(trees.margins(&matrix)))) as Box<dyn Fn()>),
        way(
            "predict, XGBoost, blocks",
            BLOCK,
            Box::new(|| drop(black_box(booster.margins(&unseen.borrow_mut().next().expect("one a turn"))))),
        ),
        way(
            "predict, one row",
            SINGLE,
            Box::new(|| {
                singles.iter().for_each(|row| drop(black_box(trees.margins(row))));
            }),
        ),
        way(
            "predict, XGBoost, one row",
            SINGLE_SLOW,
            Box::new(|| {
                singles[..SINGLE_SLOW].iter().for_each(|row| drop(black_box(booster.margins(&dmatrix(row, native)))));
            }),
        ),
        way("contributions, blocks", BLOCK, Box::new(|| drop(black_box(trees.explain(&matrix))))),
        way("contributions, XGBoost, blocks", BLOCK_SLOW, Box::new(|| drop(black_box(booster.contributions(&slow))))),
        way(
            "contributions, one row",
            SINGLE,
            Box::new(|| {
                singles.iter().for_each(|row| drop(black_box(trees.explain(row))));
            }),
        ),
        way(
            "contributions, XGBoost, one row",
            SINGLE_SLOW,
            Box::new(|| {
                singles[..SINGLE_SLOW]
                    .iter()
                    .for_each(|row| drop(black_box(booster.contributions(&dmatrix(row, native)))));
            }),
        ),
    ];
    for _ in 0..turns {
        for way in &mut ways {
            let begun = Instant::now();
            (way.run)();
            way.took.push(begun.elapsed().as_secs_f64() * 1e6 / way.rows as f64);
        }
    }
    for [ours, theirs] in ways.as_chunks::<2>().0 {
        let [(least, median), (least_theirs, median_theirs)] = [ours, theirs].map(of);
        println!(
            "{:24} {median:9.2} us a row (least {least:.2}), XGBoost {median_theirs:9.2} (least {least_theirs:.2}): \
             {:6.1} times as fast",
            ours.name,
            median_theirs / median
        );
    }
}

fn of(way: &Way) -> (f64, f64) {
    let mut took = way.took.clone();
    took.sort_by(f64::total_cmp);
    (took[0], took[took.len() / 2])
}

fn rows(count: usize, seed: u64) -> (Matrix, Vec<f32>) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let (mut values, mut labels) = (Vec::with_capacity(count * COLUMNS), Vec::with_capacity(count));
    for _ in 0..count {
        let row: [f32; COLUMNS] = std::array::from_fn(|column| {
            if column < CATEGORIES {
                chance.random_range(0..4 + 2 * column as u32) as f32
            } else {
                // Sums of two are denser in the middle, as most quantities are.
                chance.random_range(0.0..1.0) + chance.random_range(0.0..1.0)
            }
        });
        let mut logit = -1.0;
        for (column, code) in row[..CATEGORIES].iter().enumerate() {
            logit += if (*code as usize * 7 + column).is_multiple_of(5) { 0.7 } else { -0.2 };
        }
        for (at, pair) in row[CATEGORIES..].windows(2).enumerate() {
            logit += 0.8 * (pair[0] - 1.0) * (pair[1] - 0.5) * (at % 5) as f32;
        }
        labels.push(f32::from(u8::from(chance.random_bool(f64::from(1.0 / (1.0 + (-logit).exp()))))));
        values.extend(row.map(|value| if chance.random_bool(0.1) { f32::NAN } else { value }));
    }
    (Matrix { values, rows: count, columns: COLUMNS }, labels)
}

fn dmatrix(matrix: &Matrix, native: bool) -> DMatrix {
    let mut rows = DMatrix::from_dense(&matrix.values, matrix.rows, matrix.columns, 1).expect("a matrix");
    if native {
        let mut types = [FeatureType::Quantity; COLUMNS];
        types[..CATEGORIES].fill(FeatureType::Category);
        rows.set_feature_types(&types).expect("a type a column");
    }
    rows
}

fn train(native: bool, rounds: usize) -> Booster {
    let (matrix, labels) = rows(TRAINED_ON, 1);
    let mut train = dmatrix(&matrix, native);
    train.set_labels(&labels).expect("a label a row");
    let mut booster = Booster::new(&[&train]).expect("a booster");
    for (name, value) in [
        ("objective", "binary:logistic"),
        ("tree_method", "hist"),
        ("max_depth", DEPTH),
        ("eta", "0.05"),
        ("seed", "1"),
        ("nthread", "1"),
    ] {
        booster.set_param(name, value).expect("a parameter");
    }
    for round in 0..rounds {
        booster.update(round, &train).expect("a round");
    }
    // A copy has kept no answers of the training.
    let mut booster = booster.first_rounds(rounds).expect("they were trained");
    booster.set_param("nthread", "1").expect("a parameter");
    booster
}
