//! Small tables for tests.

use plumb_profile::{ColumnProfile, Options, Profile, Profiler, SAMPLE_ROWS, TargetChoice};
use plumb_tables::{Block, ColumnPlan, ColumnReading, ColumnValues, DateOrder, NumberForm, Texts};

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// A column with its values.
pub(crate) struct Given {
    plan: ColumnPlan,
    values: ColumnValues,
}

fn given(name: &str, reading: ColumnReading, values: ColumnValues) -> Given {
    Given { plan: ColumnPlan { name: name.to_owned(), reading, missing: Vec::new(), merge_spellings: false }, values }
}

pub(crate) fn numbers(name: &str, values: impl IntoIterator<Item = f64>) -> Given {
    let values = ColumnValues::Number(values.into_iter().collect());
    given(name, ColumnReading::Number(NumberForm::default()), values)
}

pub(crate) fn flags(name: &str, values: impl IntoIterator<Item = Option<bool>>) -> Given {
    let flag = |value: Option<bool>| value.map_or(f32::NAN, |value| f32::from(u8::from(value)));
    let reading = ColumnReading::Flag { yes: vec!["won".to_owned()], no: vec!["lost".to_owned()] };
    given(name, reading, ColumnValues::Flag(values.into_iter().map(flag).collect()))
}

/// Days since 1970.
pub(crate) fn days(name: &str, values: impl IntoIterator<Item = Option<i64>>) -> Given {
    let values = values.into_iter().map(|day| day.map_or(i64::MIN, |day| day * DAY)).collect();
    let reading = ColumnReading::Timestamp { order: DateOrder::YearMonthDay, days_only: true };
    given(name, reading, ColumnValues::Timestamp(values))
}

pub(crate) fn words<T: AsRef<str>>(name: &str, values: impl IntoIterator<Item = Option<T>>) -> Given {
    texts(name, ColumnReading::Category, values)
}

pub(crate) fn identifiers<T: AsRef<str>>(name: &str, values: impl IntoIterator<Item = Option<T>>) -> Given {
    texts(name, ColumnReading::Identifier, values)
}

pub(crate) fn texts<T: AsRef<str>>(
    name: &str,
    reading: ColumnReading,
    values: impl IntoIterator<Item = Option<T>>,
) -> Given {
    let mut texts = Texts::default();
    values.into_iter().for_each(|text| texts.push(text.as_ref().map(AsRef::as_ref)));
    given(name, reading, ColumnValues::Text(texts))
}

pub(crate) fn options() -> Options {
    Options { sample_rows: SAMPLE_ROWS, seed: 1, now: None, time: None, target: None }
}

pub(crate) fn with_target(column: &str, positives: &[&str]) -> Options {
    let positives = positives.iter().map(|positive| (*positive).to_owned()).collect();
    Options { target: Some(TargetChoice { column: column.to_owned(), positives }), ..options() }
}

/// Returns a profiler that has seen these columns in one block, whose first row is in line 2.
pub(crate) fn profiler(columns: Vec<Given>, options: Options) -> Profiler {
    let plans: Vec<&ColumnPlan> = columns.iter().map(|column| &column.plan).collect();
    let mut profiler = Profiler::new(&plans, options);
    let rows = match columns.first().map(|column| &column.values) {
        Some(ColumnValues::Number(values)) => values.len(),
        Some(ColumnValues::Flag(values)) => values.len(),
        Some(ColumnValues::Timestamp(values)) => values.len(),
        Some(ColumnValues::Text(values)) => values.len(),
        None => 0,
    };
    let lines = (2..rows as u64 + 2).collect();
    let block = Block { lines, columns: columns.into_iter().map(|column| column.values).collect() };
    profiler.add(&block).expect("the block fits");
    profiler
}

pub(crate) fn profile(columns: Vec<Given>, options: Options) -> Profile {
    profiler(columns, options).finish(None).expect("it can be described")
}

pub(crate) fn column<'a>(profile: &'a Profile, name: &str) -> &'a ColumnProfile {
    profile.column(name).expect("the column is there")
}

/// What is random and always the same, from 0 to 1.
pub(crate) fn random(row: u64, stream: u64) -> f64 {
    let mut state = (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream.wrapping_mul(0xd6e8_feb8_6659_fd93);
    for _ in 0..3 {
        state = (state ^ (state >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    (state >> 11) as f64 / (1_u64 << 53) as f64
}
