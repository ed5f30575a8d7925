//! Numbers in national forms, with units, and those that are doubtful.

use plumb_tables::{ColumnReading, Level, NoteCode, NumberForm};

use super::{cells, read, read_separated};
use crate::memory::{Value, Whole};

#[track_caller]
fn check(whole: &Whole, name: &str, expected: &[f64]) {
    let expected: Vec<Value> = expected.iter().map(|value| Value::Number(*value)).collect();
    assert_eq!(&whole.values(name)[..expected.len()], expected, "{}", whole.said());
}

#[test]
fn each_form_is_found_out_and_said() {
    for (given, expected) in [
        ("34.488,10 €|5,5 €|1.234.567,00 €", [34488.1, 5.5, 1234567.0]),
        ("$1,234.56|($987.65)|$0.50", [1234.56, -987.65, 0.5]),
        ("12.5%|0%|100%", [12.5, 0.0, 100.0]),
        ("1'234.5|2’000|3", [1234.5, 2000.0, 3.0]),
        ("1 234,5|2 000|3", [1234.5, 2000.0, 3.0]),
        ("12,34,567.8|1,00,000|5", [1234567.8, 100000.0, 5.0]),
        ("14+|3|20+", [14.0, 3.0, 20.0]),
        ("1.2M|10k|500", [1_200_000.0, 10_000.0, 500.0]),
        ("5 kg|7.5 kg|8 kg", [5.0, 7.5, 8.0]),
        ("5-|\u{2212}7|8", [-5.0, -7.0, 8.0]),
    ] {
        let whole = read(&[("amount", given)]);
        check(&whole, "amount", &expected);
        assert!(whole.note("amount", NoteCode::NumberForm).is_some(), "{given}: {}", whole.said());
    }
}

#[test]
fn plain_numbers_need_no_saying() {
    let whole = read(&[("amount", "1.5|-2|1000000|1e3")]);
    check(&whole, "amount", &[1.5, -2.0, 1e6]);
    let whole = read(&[("amount", "1.5|-2|1000000")]);
    assert!(whole.report.notes.is_empty(), "{}", whole.said());
}

#[test]
fn thousands_are_told_from_fractions_by_the_other_columns() {
    let whole = read(&[("staff", "1.200|15|2.500"), ("amount", "1,5|2,25|3,0")]);
    check(&whole, "staff", &[1200.0, 15.0, 2500.0]);
    let whole = read(&[("share", "1.200|1.150|2.500"), ("amount", "1.5|2.25|3.0")]);
    check(&whole, "share", &[1.2, 1.15, 2.5]);
    let whole = read(&[("staff", "1,200|15|2,500"), ("amount", "1.5|2.25|3.0")]);
    check(&whole, "staff", &[1200.0, 15.0, 2500.0]);
}

#[test]
fn what_nothing_decides_is_a_warning_with_the_way_out() {
    let whole = read_separated(&[("staff", "1.200|15|2.500")], ';');
    check(&whole, "staff", &[1200.0, 15.0, 2500.0]);
    let note = whole.note("staff", NoteCode::NumberAmbiguous).expect("it is said");
    assert_eq!(note.level, Level::Warning);
    assert!(note.way_out.contains("decimal = \".\""), "{}", note.way_out);
    let whole = read(&[("staff", "1.200|15|2.500")]);
    check(&whole, "staff", &[1.2, 15.0, 2.5]);
    assert!(whole.note("staff", NoteCode::NumberAmbiguous).is_some());
}

#[test]
fn several_currencies_are_no_numbers_and_that_is_said() {
    let whole = read(&[("amount", "$5|€7|$9|€2")]);
    assert_eq!(whole.reading("amount"), &ColumnReading::Category);
    let note = whole.note("amount", NoteCode::NumberAmbiguous).expect("it is said");
    assert!(note.what.contains("several units"), "{}", note.what);
    let whole = read(&[("amount", "5 €|7 EUR|9 Euro|2")]);
    check(&whole, "amount", &[5.0, 7.0, 9.0, 2.0]);
}

#[test]
fn shares_with_and_without_a_sign_are_no_numbers() {
    let whole = read(&[("rate", "12.5%|0.125|5%|0.05")]);
    assert_eq!(whole.reading("rate"), &ColumnReading::Category);
    assert!(whole.note("rate", NoteCode::NumberAmbiguous).is_some());
}

#[test]
fn a_few_cells_that_are_none_set_their_rows_aside_with_their_lines() {
    let given = cells(200, |row| if row == 120 { "abc".to_owned() } else { format!("{row}.5") });
    let whole = read(&[("amount", &given)]);
    assert_eq!((whole.report.rows_read, whole.report.rows_lost), (199, 1));
    assert_eq!(whole.report.set_aside[0].to_string(), "line 122: `amount`: `abc` is no number");
    let note = whole.note("amount", NoteCode::CellUnreadable).expect("it is said");
    assert_eq!((note.level, note.count), (Level::Warning, 1));
    assert!(whole.report.check_lost(0.4).is_err());
    assert!(whole.report.check_lost(0.5).is_ok());
}

#[test]
fn many_cells_that_are_none_make_it_words_and_that_is_said() {
    let given = cells(200, |row| if row % 10 == 3 { "abc".to_owned() } else { format!("{}", row % 7) });
    let whole = read(&[("amount", &given)]);
    assert_eq!(whole.reading("amount"), &ColumnReading::Category);
    let note = whole.note("amount", NoteCode::NumberAmbiguous).expect("it is said");
    assert!(note.what.contains("`abc` in line 5"), "{}", note.what);
    assert_eq!(whole.report.rows_lost, 0);
}

#[test]
fn whole_numbers_take_the_decimal_sign_of_the_file() {
    let whole = read(&[("staff", "1|2|3"), ("amount", "1,5|2,5|3")]);
    assert_eq!(
        whole.reading("staff"),
        &ColumnReading::Number(NumberForm { decimal: Some(','), ..NumberForm::default() })
    );
}
