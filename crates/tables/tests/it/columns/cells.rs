//! Single cells by a known form.

use plumb_tables::{DateOrder, NumberForm, parse_flag_cell, parse_number_cell, parse_timestamp_cell};

fn form(decimal: char) -> NumberForm {
    NumberForm { decimal: Some(decimal), ..NumberForm::default() }
}

/// Checks a cell with a decimal point and with a decimal comma.
#[track_caller]
fn check_number(cell: &str, point: Option<f64>, comma: Option<f64>) {
    let found = (parse_number_cell(cell, &form('.')), parse_number_cell(cell, &form(',')));
    assert_eq!(found, (point, comma), "{cell}");
}

#[test]
fn groups_and_fractions_depend_on_the_form() {
    check_number("1,234.56", Some(1234.56), None);
    check_number("1.234,56", None, Some(1234.56));
    check_number("1.234", Some(1.234), Some(1234.0));
    check_number("1,5", None, Some(1.5));
    check_number("12 345 678", Some(12_345_678.0), Some(12_345_678.0));
    check_number("1'234.5", Some(1234.5), None);
    check_number("12,34,567.5", Some(1_234_567.5), None);
    check_number(" 42 ", Some(42.0), Some(42.0));
    check_number("1.5e3", Some(1500.0), None);
    check_number(".5", Some(0.5), None);
    check_number("007", Some(7.0), Some(7.0));
}

#[test]
fn signs_currencies_and_percents_are_read() {
    check_number("$1,234.00", Some(1234.0), None);
    check_number("-$5", Some(-5.0), Some(-5.0));
    check_number("$-5", Some(-5.0), Some(-5.0));
    check_number("($987.65)", Some(-987.65), None);
    check_number("1.234,50 €", None, Some(1234.5));
    check_number("EUR 7", Some(7.0), Some(7.0));
    check_number("7 UAH", Some(7.0), Some(7.0));
    check_number("12.5%", Some(12.5), None);
    check_number("12,5 %", None, Some(12.5));
    check_number("−3", Some(-3.0), Some(-3.0));
    check_number("250-", Some(-250.0), Some(-250.0));
}

#[test]
fn what_could_be_another_number_is_none() {
    for cell in [
        "5k", "2 Mio", "14+", "few", "1,2,3", "1.2.3", "--5", "(-5)", "$", "%", "1e999", "inf", "NaN", "5 kg", "1 2",
        "",
    ] {
        check_number(cell, None, None);
    }
}

#[test]
fn a_form_allows_what_could_be_another_number() {
    let all = NumberForm { plus: true, scale: true, units: vec!["kg".to_owned()], ..form('.') };
    let found = ["14+", "5k", "1.2 Mio", "5 kg", "5 g"].map(|cell| parse_number_cell(cell, &all));
    assert_eq!(found, [Some(14.0), Some(5_000.0), Some(1_200_000.0), Some(5.0), None]);
}

#[track_caller]
fn check_time(cell: &str, order: DateOrder, expected: Option<(i64, bool)>) {
    let found = parse_timestamp_cell(cell, order).map(|time| (time.micros / 1_000, time.has_offset));
    assert_eq!(found, expected, "{cell} {order:?}");
}

const MARCH_1: i64 = 1_772_323_200_000;
const HOUR: i64 = 3_600_000;

#[test]
fn national_orders_are_read_as_named() {
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    check_time("01.03.2026", DayMonthYear, Some((MARCH_1, false)));
    check_time("03/01/2026", MonthDayYear, Some((MARCH_1, false)));
    check_time("3/1/26 5:30 PM", MonthDayYear, Some((MARCH_1 + 17 * HOUR + HOUR / 2, false)));
    check_time("1/3/2026 17:30:15", DayMonthYear, Some((MARCH_1 + 17 * HOUR + HOUR / 2 + 15_000, false)));
    check_time("01-03-2026T17:30", DayMonthYear, Some((MARCH_1 + 17 * HOUR + HOUR / 2, false)));
    check_time("01.03.2026 08:00 +02:00", DayMonthYear, Some((MARCH_1 + 6 * HOUR, true)));
    check_time("01.03.2026 08:00Z", DayMonthYear, Some((MARCH_1 + 8 * HOUR, true)));
    for order in [YearMonthDay, DayMonthYear, MonthDayYear] {
        check_time("1. März 2026", order, Some((MARCH_1, false)));
        check_time("Mar 1, 2026", order, Some((MARCH_1, false)));
        check_time("2026-03-01 08:00:00", order, Some((MARCH_1 + 8 * HOUR, false)));
        check_time("20260301", order, Some((MARCH_1, false)));
    }
}

#[test]
fn what_is_no_date_of_the_form_is_none() {
    for cell in
        ["31.12.2026", "13/13/2026", "1/2", "tomorrow", "1/2/3", "12/31/2026 25:00", "46022", "1/2/2026 noon", ""]
    {
        check_time(cell, DateOrder::MonthDayYear, None);
    }
    check_time("-5", DateOrder::SpreadsheetSerial, None);
    check_time("1772323200000", DateOrder::UnixSeconds, None);
    check_time("01.03.2026", DateOrder::UnixMillis, None);
}

#[test]
fn numbers_count_from_their_day() {
    check_time("46082.5", DateOrder::SpreadsheetSerial, Some((MARCH_1 + 12 * HOUR, false)));
    check_time("46082,25", DateOrder::SpreadsheetSerial, Some((MARCH_1 + 6 * HOUR, false)));
    check_time("46082.041666666664", DateOrder::SpreadsheetSerial, Some((MARCH_1 + HOUR, false)));
    check_time("1772323200", DateOrder::UnixSeconds, Some((MARCH_1, true)));
    check_time("1.7723232e9", DateOrder::UnixSeconds, Some((MARCH_1, true)));
    check_time("1772323200500", DateOrder::UnixMillis, Some((MARCH_1 + 500, true)));
}

#[test]
fn words_of_yes_and_no_are_read() {
    let found = ["Yes", "NEIN", "SÍ", "TRUE", " 0 ", "maybe", "2"].map(parse_flag_cell);
    assert_eq!(found, [Some(true), Some(false), Some(true), Some(true), Some(false), None, None]);
}
