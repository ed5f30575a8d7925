//! Dates in national orders.

use plumb_tables::{ColumnReading, DateOrder, Level, NoteCode};

use super::{cells, read};
use crate::memory::Value;

const MARCH_1: i64 = 1_772_323_200;

#[track_caller]
fn order(cells: &str) -> DateOrder {
    let whole = read(&[("day", cells)]);
    match whole.reading("day") {
        ColumnReading::Timestamp { order, .. } => *order,
        other => panic!("{cells}: {other:?}\n{}", whole.said()),
    }
}

#[test]
fn one_day_beyond_the_twelfth_decides_the_column() {
    assert_eq!(order("1/3/2026|2/4/2026|13/5/2026"), DateOrder::DayMonthYear);
    assert_eq!(order("1/3/2026|2/4/2026|5/13/2026"), DateOrder::MonthDayYear);
    assert_eq!(order("01.03.2026|02.03.2026"), DateOrder::DayMonthYear);
    assert_eq!(order("2026-03-01 10:00|2026-03-02"), DateOrder::YearMonthDay);
    assert_eq!(order("Mar 1, 2026|Mar 2, 2026"), DateOrder::MonthDayYear);
    assert_eq!(order("1. März 2026|2. Mai 2026"), DateOrder::DayMonthYear);
}

#[test]
fn contradictory_orders_are_text_and_that_is_said() {
    let whole = read(&[("day", "13/5/2026|5/13/2026|1/3/2026")]);
    assert!(!matches!(whole.reading("day"), ColumnReading::Timestamp { .. }));
    assert_eq!(whole.note("day", NoteCode::DateAmbiguous).expect("it is said").level, Level::Warning);
}

#[test]
fn other_columns_decide_what_is_open() {
    let whole = read(&[("created", "1/3/2026|2/4/2026"), ("closed", "3/13/2026|4/14/2026")]);
    assert_eq!(whole.reading("created"), &ColumnReading::Timestamp { order: DateOrder::MonthDayYear, days_only: true });
    assert!(whole.note("created", NoteCode::DateAmbiguous).is_none());
}

#[test]
fn what_nothing_decides_is_a_warning() {
    let whole = read(&[("created", "1/3/2026|2/4/2026")]);
    assert_eq!(whole.values("created")[0], Value::At(MARCH_1));
    assert!(whole.note("created", NoteCode::DateAmbiguous).is_some_and(|note| note.way_out.contains("month_day_year")));
    let whole = read(&[("created", "3/1/2026|4/2/2026"), ("amount", "$5|$6")]);
    assert_eq!(whole.values("created")[0], Value::At(MARCH_1));
    assert!(whole.note("created", NoteCode::DateAmbiguous).is_some());
}

#[test]
fn numbers_are_dates_only_under_a_name_that_says_so() {
    let serials = "46082|46083.5|45000";
    let whole = read(&[("Create Date", serials), ("amount", serials)]);
    assert_eq!(whole.values("Create Date")[0], Value::At(MARCH_1));
    assert_eq!(whole.values("amount")[0], Value::Number(46082.0));
    assert!(whole.note("Create Date", NoteCode::DateOrder).is_some());
    let whole = read(&[("created_at", "1772323200|1772323260")]);
    assert_eq!(whole.values("created_at"), [Value::At(MARCH_1), Value::At(MARCH_1 + 60)]);
    let whole = read(&[("created_at", "1772323200000|1772323260000"), ("date", "20260301|20260302")]);
    assert_eq!(whole.values("created_at")[1], Value::At(MARCH_1 + 60));
    assert_eq!(whole.values("date")[0], Value::At(MARCH_1));
    let whole = read(&[("start date", "2019|2020|2021")]);
    assert_eq!(whole.values("start date")[0], Value::Number(2019.0));
}

#[test]
fn years_of_two_digits_and_times_without_zone_are_said() {
    let whole = read(&[("created", "13.03.26 10:00|14.03.26 11:00")]);
    let said: Vec<&str> = whole.report.notes.iter().map(|note| note.what.as_str()).collect();
    assert!(
        said.iter().any(|what| what.contains("two digits")) && said.iter().any(|what| what.contains("UTC")),
        "{said:?}"
    );
}

#[test]
fn infinity_and_zero_dates_are_missing_and_first_days_are_warned_of() {
    let given = cells(100, |row| match row % 10 {
        0 => "infinity".to_owned(),
        1 => "0000-00-00".to_owned(),
        2 => "1900-01-01".to_owned(),
        _ => format!("2026-03-{:02}", 1 + row % 28),
    });
    let whole = read(&[("valid_until", &given)]);
    assert_eq!(whole.values("valid_until").iter().filter(|value| **value == Value::Missing).count(), 20);
    assert_eq!(whole.note("valid_until", NoteCode::Missing).map(|note| note.count), Some(20));
    assert_eq!(whole.note("valid_until", NoteCode::MissingDoubtful).map(|note| note.count), Some(10));
}

#[test]
fn milliseconds_under_another_name_stay_numbers_with_a_warning() {
    let whole = read(&[("last contacted", "1772323200000|1772323260000")]);
    assert_eq!(whole.values("last contacted")[0], Value::Number(1_772_323_200_000.0));
    assert!(whole.note("last contacted", NoteCode::DateAmbiguous).is_some_and(|note| note.what.contains("2026-03-01")));
}
