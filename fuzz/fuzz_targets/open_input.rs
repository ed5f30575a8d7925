//! Any file of rows: records with a cell for each name, or an error that says what is wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_tables::{FilePlan, Input, Record, RecordSource, open_input};

/// Returns the rows, or nothing if the file is refused on the way.
fn rows(source: &dyn RecordSource) -> Option<Vec<(u64, Record)>> {
    let mut records = source.open().ok()?;
    let (mut record, mut rows) = (Record::new(), Vec::new());
    while let Some(line) = records.next(&mut record).ok()? {
        assert_eq!(record.len(), records.names().len());
        rows.push((line, record.clone()));
    }
    for aside in records.take_set_aside() {
        assert!(aside.line > 0 && !aside.reason.is_empty(), "{aside:?}");
    }
    Some(rows)
}

fuzz_target!(|bytes: &[u8]| {
    let input = Input::of_bytes("input", bytes).expect("a temporary file");
    match open_input(input, &FilePlan::default()) {
        Ok(source) => drop(rows(source.as_ref())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
