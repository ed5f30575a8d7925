//! Spellings of missing, and values that only may mean it.

use plumb_tables::{Level, NoteCode};

use super::{cells, read};
use crate::memory::Value;

#[test]
fn spellings_among_numbers_are_missing_and_counted() {
    let whole = read(&[("amount", "5|NA|#N/A|-|unknown|7|(not set)||None|?")]);
    let missing = whole.values("amount").iter().filter(|value| **value == Value::Missing).count();
    assert_eq!(missing, 8);
    assert_eq!(whole.note("amount", NoteCode::Missing).map(|note| note.count), Some(7));
    assert_eq!(whole.report.rows_lost, 0);
}

#[test]
fn what_may_be_a_value_among_words_stays_one_and_is_said() {
    let whole = read(&[("region", "NA|EU|APAC|EU|NA|LATAM|EU|NA"), ("plan", "None|Basic|None|Pro|Basic|Pro|None|Pro")]);
    assert_eq!(whole.values("region")[0], Value::Text("NA".into()));
    assert_eq!(whole.values("plan")[0], Value::Text("None".into()));
    for (name, count) in [("region", 3), ("plan", 3)] {
        assert_eq!(whole.note(name, NoteCode::MissingDoubtful).map(|note| note.count), Some(count), "{name}");
        assert!(whole.note(name, NoteCode::Missing).is_none(), "{name}");
    }
}

#[test]
fn the_unmistakable_ones_are_missing_among_words_too() {
    let whole = read(&[("source", "Web|Select|(not set)|Ads|Web|NULL|-|Ads")]);
    assert_eq!(whole.values("source").iter().filter(|value| **value == Value::Missing).count(), 4);
    assert_eq!(whole.note("source", NoteCode::Missing).map(|note| note.count), Some(4));
}

#[test]
fn numbers_that_may_stand_for_missing_are_warned_of_and_stay() {
    let whole =
        read(&[("age", &cells(60, |row| if row % 20 == 0 { "-999".to_owned() } else { (20 + row).to_string() }))]);
    assert_eq!(whole.values("age")[0], Value::Number(-999.0));
    let note = whole.note("age", NoteCode::MissingDoubtful).expect("it is said");
    assert_eq!((note.level, note.count), (Level::Warning, 3));
    assert!(note.way_out.contains("missing = [\"-999\"]"), "{}", note.way_out);
}
