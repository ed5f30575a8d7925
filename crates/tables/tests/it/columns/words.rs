//! Flags, categories, texts, and columns that are left out.

use plumb_tables::{ColumnReading, Level, NoteCode};

use super::{cells, read};
use crate::memory::Value;

#[test]
fn flags_in_other_words_are_said() {
    let whole = read(&[("won", "Ja|Nein|JA|")]);
    assert_eq!(whole.values("won"), [Value::Flag(true), Value::Flag(false), Value::Flag(true), Value::Missing]);
    assert!(whole.note("won", NoteCode::FlagWords).is_some());
    let whole = read(&[("won", "TRUE|false|True")]);
    assert!(whole.report.notes.is_empty(), "{}", whole.said());
    let whole = read(&[("won", "yes|no|n/a|-")]);
    assert_eq!(whole.values("won")[3], Value::Missing);
    assert_eq!(whole.note("won", NoteCode::Missing).map(|note| note.count), Some(2));
}

#[test]
fn ticks_are_yes_and_empty_cells_no() {
    let whole = read(&[("newsletter", "x|||X")]);
    assert_eq!(
        whole.values("newsletter"),
        [Value::Flag(true), Value::Flag(false), Value::Flag(false), Value::Flag(true)]
    );
    assert!(whole.note("newsletter", NoteCode::FlagWords).is_some());
}

#[test]
fn ones_and_zeros_stay_numbers() {
    let whole = read(&[("won", "1|0|1")]);
    assert_eq!(whole.values("won")[0], Value::Number(1.0));
}

#[test]
fn spellings_are_said_and_not_merged() {
    let whole = read(&[("status", "Converted|converted|LOST|converted |Open|Open|Open|LOST|LOST|LOST")]);
    let note = whole.note("status", NoteCode::Spelling).expect("it is said");
    assert_eq!((note.level, note.count), (Level::Warning, 3));
    assert_eq!(whole.values("status")[0], Value::Text("Converted".into()));
    assert_eq!(whole.values("status")[3], Value::Text("converted".into()));
}

#[test]
fn words_nearly_all_different_are_texts_and_never_silent() {
    let whole = read(&[("company", &cells(100, |row| format!("Company {row}"))), ("stage", "a|b|c|d|e|f|a|b|c|d")]);
    assert_eq!(whole.reading("company"), &ColumnReading::Text);
    assert_eq!(whole.note("company", NoteCode::NearlyUnique).map(|note| note.level), Some(Level::Warning));
    assert_eq!(whole.reading("stage"), &ColumnReading::Category);
    let many = read(&[("company", &cells(20_000, |row| format!("Company {row}")))]);
    assert_eq!(many.reading("company"), &ColumnReading::Text);
}

#[test]
fn running_numbers_without_a_name_and_empty_columns_are_left_out_and_said() {
    let count = cells(50, |row| row.to_string());
    let whole = read(&[("column 1", &count), ("Unnamed: 0", &count), ("staff", &count), ("notes", "|")]);
    for name in ["column 1", "Unnamed: 0", "notes"] {
        assert!(matches!(whole.reading(name), ColumnReading::Ignored { .. }), "{name}");
        assert!(whole.note(name, NoteCode::ColumnIgnored).is_some(), "{name}");
    }
    assert!(matches!(whole.reading("staff"), ColumnReading::Number(_)));
}

#[test]
fn words_that_begin_with_numbers_stay_words_without_a_warning() {
    let whole = read(&[("index", "01.High|02.Medium|03.Low|01.High"), ("floor", "1st|2nd|3rd|1st")]);
    for name in ["index", "floor"] {
        assert_eq!(whole.reading(name), &ColumnReading::Category, "{name}");
    }
    assert!(whole.note("index", NoteCode::NumberAmbiguous).is_none(), "{}", whole.said());
}

#[test]
fn a_column_of_nothing_but_missing_is_left_out() {
    let whole = read(&[("profile", "Select|Select||NULL"), ("n", "1|2|3|4")]);
    assert!(matches!(whole.reading("profile"), ColumnReading::Ignored { .. }), "{}", whole.said());
}
