//! Rows in batches and workers in a group, through the real library.

use std::net::{IpAddr, Ipv4Addr};
use std::thread;
use std::time::Duration;

use plumb_xgboost_sys::{Batch, Booster, Communicator, DMatrix, Error, FeatureType, Layout, Tracker};

const ROWS: usize = 4000;
const COLUMNS: usize = 3;
const TIMEOUT: Duration = Duration::from_secs(60);

/// Returns rows of few different values, so that every value has a quantile of its own however rows are cut.
fn rows(from: usize, to: usize) -> Batch {
    let mut batch = Batch::default();
    for row in from..to {
        let values = [row % 7, row % 11, row % 13].map(|value| value as f32);
        batch.labels.push(f32::from(u8::from(values[0] * values[1] > 3.0 * values[2])));
        batch.values.extend(values);
        batch.weights.push(1.0 + (row % 2) as f32);
    }
    batch
}

fn layout<'a>(cache: Option<&'a std::path::Path>) -> Layout<'a> {
    Layout { types: &[FeatureType::Quantity; COLUMNS], cache, threads: 1 }
}

/// Returns the matrix of some rows, read a hundred and so many at a time.
fn in_batches(from: usize, to: usize, size: usize, layout: Layout) -> Result<DMatrix, Error> {
    let cut = move || (from..to).step_by(size).map(move |begin| Ok(rows(begin, (begin + size).min(to))));
    DMatrix::from_batches(&|| Ok(Box::new(cut()) as Box<dyn Iterator<Item = _>>), layout)
}

fn train(booster: &mut Booster, matrix: &DMatrix, rounds: std::ops::Range<usize>) -> Result<(), Error> {
    for (name, value) in [
        ("objective", "binary:logistic"),
        ("tree_method", "hist"),
        ("max_depth", "3"),
        ("nthread", "1"),
        ("subsample", "0.7"),
        ("colsample_bytree", "0.7"),
        ("seed_per_iteration", "true"),
    ] {
        booster.set_param(name, value)?;
    }
    rounds.into_iter().try_for_each(|round| booster.update(round, matrix))
}

fn trained(matrix: &DMatrix) -> Result<String, Error> {
    let mut booster = Booster::new(&[matrix])?;
    train(&mut booster, matrix, 0..12)?;
    booster.save()
}

#[test]
fn rows_in_batches_and_at_once_give_the_same_model() -> Result<(), Error> {
    let all = rows(0, ROWS);
    let mut whole = DMatrix::from_dense(&all.values, ROWS, COLUMNS, 1)?;
    whole.set_labels(&all.labels)?;
    whole.set_weights(&all.weights)?;
    whole.set_feature_types(&[FeatureType::Quantity; COLUMNS])?;
    let expected = trained(&whole)?;
    for size in [ROWS, 999] {
        let matrix = in_batches(0, ROWS, size, layout(None))?;
        assert_eq!((matrix.rows(), matrix.columns()), (ROWS, COLUMNS));
        assert!(trained(&matrix)? == expected, "in batches of {size} another model");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let matrix = in_batches(0, ROWS, 999, layout(Some(folder.path())))?;
    assert!(trained(&matrix)? == expected, "with quantiles on the disk another model");
    Ok(())
}

#[test]
fn errors_of_batches_are_returned() {
    let broken = || Error { function: "read", message: "the disk is gone".to_owned() };
    let failing = || Ok(Box::new([Ok(rows(0, 10)), Err(broken())].into_iter()) as Box<dyn Iterator<Item = _>>);
    assert_eq!(DMatrix::from_batches(&failing, layout(None)).expect_err("it fails"), broken());
    let short = || {
        let batch = Batch { labels: vec![1.0], ..rows(0, 10) };
        Ok(Box::new(std::iter::once(Ok(batch))) as Box<dyn Iterator<Item = Result<Batch, Error>>>)
    };
    let error = DMatrix::from_batches(&short, layout(None)).expect_err("a label is not enough");
    assert!(error.message.contains("a batch of 30 values for 1 rows of 3 columns"), "{error}");
}

#[test]
fn a_resumed_booster_ends_as_one_that_was_never_interrupted() -> Result<(), Error> {
    let matrix = in_batches(0, ROWS, 999, layout(None))?;
    let mut first = Booster::new(&[&matrix])?;
    train(&mut first, &matrix, 0..5)?;
    let mut second = Booster::resumed(&[&matrix], &first.save_ubj()?)?;
    assert_eq!(second.rounds()?, 5);
    train(&mut second, &matrix, 5..12)?;
    assert!(second.save()? == trained(&matrix)?);
    Ok(())
}

#[test]
fn two_workers_with_half_of_the_rows_each_grow_one_model() -> Result<(), Error> {
    let group = || -> Result<[String; 2], Error> {
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let tracker = Tracker::start(2, here, 0, TIMEOUT)?;
        let port = tracker.port();
        let work = move |number: usize| -> Result<String, Error> {
            let _member = Communicator::join(here, port, number, TIMEOUT)?;
            trained(&in_batches(number * ROWS / 2, (number + 1) * ROWS / 2, 999, layout(None))?)
        };
        let [first, second] = [0, 1].map(|number| thread::spawn(move || work(number)));
        let ended = |worker: thread::JoinHandle<Result<String, Error>>| worker.join().expect("no panic");
        let trained = [ended(first)?, ended(second)?];
        tracker.finish()?;
        Ok(trained)
    };
    let [first, second] = group()?;
    assert!(first == second, "the workers have different models");
    assert!([first, second] == group()?, "another time, another model");
    Ok(())
}
