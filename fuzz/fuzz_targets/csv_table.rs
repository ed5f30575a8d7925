//! A CSV file of anybody: a table with as many cells in each column as there are rows, or why it is none.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, unreachable_pub, unused_imports, reason = "files of any length are read row by row elsewhere")]
#[path = "../../crates/lake/src/files/csv_table/mod.rs"]
mod csv_table;

/// A file of this process alone, in memory where there is such a folder: a disk would take nearly all of the time.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Some(PathBuf::from("/dev/shm")).filter(|memory| memory.is_dir());
    let folder = memory.unwrap_or_else(std::env::temp_dir);
    let file = tempfile::Builder::new().prefix("plumb-fuzz").tempfile_in(folder).expect("a file");
    file.into_temp_path().keep().expect("a file")
});

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).expect("it can be written");
    match csv_table::read_csv(&FILE) {
        Ok(read) => {
            assert!(read.table.rows() > 0, "a table without rows");
            for rejected in &read.rejected {
                assert!(rejected.line > 0 && !rejected.reason.is_empty(), "{rejected:?}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
