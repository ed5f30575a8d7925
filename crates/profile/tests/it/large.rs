//! Tables of more rows than the sample holds.

use plumb_profile::{Options, Profile, Profiler};
use plumb_tables::{Block, ColumnPlan, ColumnReading, ColumnValues, NumberForm, Texts};

use crate::tables::{column, options, random};

const ROWS: u64 = 60_000;

fn profile(block_rows: u64) -> Profile {
    let plan = |name: &str, reading| ColumnPlan {
        name: name.to_owned(),
        reading,
        missing: Vec::new(),
        merge_spellings: false,
    };
    let plans = [plan("fee", ColumnReading::Number(NumberForm::default())), plan("city", ColumnReading::Category)];
    let mut profiler = Profiler::new(&plans.iter().collect::<Vec<_>>(), Options { sample_rows: 5_000, ..options() });
    for begin in (0..ROWS).step_by(block_rows as usize) {
        let rows = || begin..(begin + block_rows).min(ROWS);
        let mut cities = Texts::default();
        rows().for_each(|row| cities.push(Some(&format!("city {}", row % 40))));
        let fees = rows().map(|row| random(row, 1)).collect();
        let columns = vec![ColumnValues::Number(fees), ColumnValues::Text(cities)];
        profiler.add(&Block { lines: rows().map(|row| row + 2).collect(), columns }).expect("the block fits");
    }
    profiler.finish(None).expect("it can be described")
}

#[test]
fn counts_are_of_all_rows_and_quantiles_within_the_stated_error() {
    let profile = profile(8_192);
    assert_eq!((profile.rows, profile.sample_rows), (ROWS, 5_000));
    let fee = column(&profile, "fee");
    assert_eq!(fee.present, ROWS);
    assert!((fee.distinct.count as f64 / ROWS as f64 - 1.0).abs() <= fee.distinct.error);
    let fee = fee.number.as_ref().expect("it is a number");
    for quantile in &fee.quantiles {
        assert!((quantile.value - quantile.share).abs() < 1.5 * fee.quantile_error, "{quantile:?}");
    }
    let city = column(&profile, "city").values.as_ref().expect("it has words");
    assert_eq!((city.top.len(), city.top[0].rows), (30, ROWS / 40));
}

#[test]
fn the_size_of_blocks_changes_nothing_but_rounding() {
    let (one, other) = (profile(8_192), profile(1_000));
    assert_eq!(one.findings, other.findings);
    let quantiles = |profile: &Profile| column(profile, "fee").number.as_ref().map(|fee| fee.quantiles.clone());
    assert_eq!(quantiles(&one), quantiles(&other));
}
