//! Identifiers and codes, which are never numbers.

use plumb_tables::{ColumnReading, Level, NoteCode};

use super::{cells, read};
use crate::memory::Value;

#[track_caller]
fn check(name: &str, given: &str, expected: &ColumnReading) {
    let whole = read(&[(name, given)]);
    assert_eq!(whole.reading(name), expected, "{name}\n{}", whole.said());
}

#[test]
fn names_and_forms_say_that_numbers_are_identifiers() {
    check("Lead ID", &cells(50, |row| (1_000 + row).to_string()), &ColumnReading::Identifier);
    check("Kundennr", &cells(50, |row| format!("{row:05}")), &ColumnReading::Identifier);
    check("anything", &cells(50, |row| format!("{row:05}")), &ColumnReading::Identifier);
    check("mail", &cells(50, |row| format!("a{row}@example.com")), &ColumnReading::Identifier);
    check("ref", &cells(50, |row| format!("6f9619ff-8b86-d011-b42d-00c04fc9{row:04}")), &ColumnReading::Identifier);
}

#[test]
fn numbers_beyond_what_a_double_holds_stay_texts() {
    let whole = read(&[("ref", "90071992547409920001|90071992547409920002")]);
    assert_eq!(whole.values("ref")[0], Value::Text("90071992547409920001".into()));
    assert_eq!(whole.note("ref", NoteCode::Precision).map(|note| note.level), Some(Level::Warning));
}

#[test]
fn codes_with_few_values_are_categories_and_said() {
    let given = cells(100, |row| (100 + row % 5).to_string());
    for name in ["region code", "SIC", "campaign_id", "cost centre"] {
        check(name, &given, &ColumnReading::Category);
        assert!(read(&[(name, &given)]).note(name, NoteCode::NumericCode).is_some());
    }
    assert!(matches!(read(&[("visits", &given)]).reading("visits"), ColumnReading::Number(_)));
}

#[test]
fn rounded_identifiers_are_warned_of_with_the_rows_that_share_one() {
    let whole = read(&[("Record ID", &cells(40, |row| format!("5.1234{}E+11", row % 4)))]);
    let note = whole.note("Record ID", NoteCode::IdentifierRounded).expect("it is said");
    assert!(note.what.contains("`5.12340E+11`") && note.what.contains("40 rows have 4 different ids"), "{}", note.what);
    assert_eq!(whole.reading("Record ID"), &ColumnReading::Identifier);
    let whole = read(&[("Record ID", &cells(40, |row| format!("4123456789012{row:02}0000")))]);
    assert!(whole.note("Record ID", NoteCode::IdentifierRounded).is_some(), "{}", whole.said());
    let whole = read(&[("Record ID", &cells(40, |row| format!("412345678901{:06}", row * 7919 + 1)))]);
    assert!(whole.note("Record ID", NoteCode::IdentifierRounded).is_none(), "{}", whole.said());
}

#[test]
fn postal_codes_that_lost_their_zeros_and_ids_of_two_lengths_are_said() {
    let whole = read(&[("PLZ", &cells(60, |row| (1_067 + row * 700).to_string()))]);
    assert_eq!(whole.reading("PLZ"), &ColumnReading::Identifier);
    assert!(whole.note("PLZ", NoteCode::IdentifierRounded).is_some_and(|note| note.what.contains("zeros")));
    let ids = cells(60, |row| format!("00Q5g00000Ab{row:03}{}", if row % 2 == 0 { "EAB" } else { "" }));
    let whole = read(&[("Lead", &ids)]);
    assert_eq!(whole.reading("Lead"), &ColumnReading::Identifier);
    assert!(whole.report.notes.iter().any(|note| note.what.contains("15 characters")), "{}", whole.said());
}

#[test]
fn identifiers_that_became_fractions_stay_identifiers() {
    let whole = read(&[("Lead ID", &cells(40, |row| format!("{}.0", 1_001 + row)))]);
    assert_eq!(whole.reading("Lead ID"), &ColumnReading::Identifier);
    assert!(whole.note("Lead ID", NoteCode::NumericCode).is_some_and(|note| note.what.contains("`.0`")));
}
