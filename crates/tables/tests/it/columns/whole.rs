//! A whole table in memory, and single cells.

use plumb_lead::Values;
use plumb_tables::{NoteCode, ReadingPlan, read_table};

use crate::memory::Memory;

fn table(columns: &[(&str, &[&str])]) -> Box<Memory> {
    let columns: Vec<(&str, Vec<String>)> =
        columns.iter().map(|(name, cells)| (*name, cells.iter().map(|cell| (*cell).to_owned()).collect())).collect();
    Box::new(Memory::new(&columns, ','))
}

#[test]
fn a_whole_table_has_its_moments_beside_it() {
    let source = table(&[
        ("amount", &["$1,000", "$2,500.5", ""]),
        ("source", &["Web", "Ads", "Web"]),
        ("won", &["yes", "no", "yes"]),
        ("created", &["2026-03-01", "2026-03-02", ""]),
        ("column 5", &["", "", ""]),
    ]);
    let whole = read_table(source, &ReadingPlan::default(), 1.0).expect("a table");
    let names: Vec<&str> = whole.table.columns().iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["amount", "source", "won"]);
    assert!(matches!(&whole.table.columns()[0].values, Values::Number(values) if values[1] == 2_500.5));
    assert_eq!(
        whole.timestamps,
        [("created".to_owned(), vec![1_772_323_200_000_000, 1_772_409_600_000_000, i64::MIN])]
    );
    assert_eq!((whole.columns.len(), whole.lines), (5, vec![2, 3, 4]));
}

#[test]
fn numbers_too_large_for_a_model_are_missing_and_said() {
    let whole = read_table(table(&[("amount", &["1e300", "5", "7"])]), &ReadingPlan::default(), 1.0).expect("a table");
    assert!(matches!(&whole.table.columns()[0].values, Values::Number(values) if values[0].is_nan()));
    assert!(whole.report.notes.iter().any(|note| note.code == NoteCode::Precision && note.count == 1));
}

#[test]
fn too_many_rows_lost_are_refused_with_the_first_of_them() {
    let mut cells = vec!["5"; 150];
    cells[70] = "five";
    let error = read_table(table(&[("amount", &cells)]), &ReadingPlan::default(), 0.5).expect_err("refused");
    for part in ["1 of 150 rows", "line 72", "`five` is no number", "0.5 %"] {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    assert!(read_table(table(&[("amount", &cells)]), &ReadingPlan::default(), 1.0).is_ok());
}
