use super::*;

/// Checks the moments of a cell, in seconds since 1970, by year, day and month first.
#[track_caller]
fn check(cell: &str, expected: [Option<i64>; 3]) {
    let date = scan(cell);
    let orders = [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear];
    let found = orders.map(|order| date.and_then(|date| date.micros(order)).map(|micros| micros / 1_000_000));
    assert_eq!(found, expected, "{cell}");
}

const MARCH_1: i64 = 1_772_323_200;
const JANUARY_3: i64 = 1_767_398_400;

#[test]
fn iso_dates_and_times_are_read() {
    for cell in [
        "2026-03-01",
        "2026/03/01",
        "2026-3-1",
        "2026-03-01T00:00:00Z",
        "2026-03-01 02:00+02:00",
        "2026-03-01 00:00:00.000",
        "2026-03-01 00:00:00 UTC",
        "2026-02-28T22:00:00-0200",
    ] {
        check(cell, [Some(MARCH_1), None, None]);
    }
}

#[test]
fn the_order_of_day_and_month_is_left_open_where_it_is() {
    check("1/3/2026", [None, Some(MARCH_1), Some(JANUARY_3)]);
    check("01-03-26 00:00", [None, Some(MARCH_1), Some(JANUARY_3)]);
    check("1.3.2026", [None, Some(MARCH_1), None]);
    check("31/12/2026", [None, Some(1_798_675_200), None]);
    check("12/31/2026", [None, None, Some(1_798_675_200)]);
}

#[test]
fn months_may_be_words_in_several_languages() {
    for cell in [
        "1 Mar 2026",
        "1. März 2026",
        "Mar 1, 2026",
        "March 1st, 2026",
        "1 de marzo de 2026",
        "Sun, 1 Mar 2026 00:00:00 +0000",
        "1 mars 2026",
        "01-Mar-26",
    ] {
        check(cell, [Some(MARCH_1), Some(MARCH_1), Some(MARCH_1)]);
    }
}

#[test]
fn twelve_hours_are_read() {
    // The 3rd of January with the day first, and the 1st of March with the month first.
    check("3/1/2026, 12:30 AM", [None, Some(JANUARY_3 + 1_800), Some(MARCH_1 + 1_800)]);
    check("1/3/2026 1:00 pm", [None, Some(MARCH_1 + 46_800), Some(JANUARY_3 + 46_800)]);
}

#[test]
fn what_is_no_day_is_no_date() {
    for cell in [
        "2026-02-30",
        "30.2.2026",
        "13/13/2026",
        "2026-03-01T25:00",
        "1.2.3",
        "12:30",
        "2026-03",
        "May 2026",
        "1/3-2026",
        "0000-00-00",
        "2026-03-01 noon",
        "1 Mar",
    ] {
        check(cell, [None; 3]);
    }
}

#[test]
fn numbers_count_from_their_day() {
    assert_eq!(counted_micros(46_082.5, DateOrder::SpreadsheetSerial), Some((MARCH_1 + 43_200) * 1_000_000));
    assert_eq!(counted_micros(MARCH_1 as f64, DateOrder::UnixSeconds), Some(MARCH_1 * 1_000_000));
    assert_eq!(counted_micros(1e300, DateOrder::UnixMillis), None);
    assert_eq!(compact("20260301"), Some(MARCH_1 * 1_000_000));
    assert_eq!(compact("20261301"), None);
}
