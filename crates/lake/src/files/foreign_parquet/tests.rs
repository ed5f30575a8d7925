//! Descriptions that announce more than is there, put together byte by byte.

use std::path::Path;

use super::open;

/// Returns the error of a file with this description, in Thrift's compact protocol.
fn error_of(description: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    let length = u32::try_from(description.len()).expect("it is short").to_le_bytes();
    std::fs::write(&path, [b"PAR1", description, &length, b"PAR1"].concat()).expect("it can be written");
    error_at(&path)
}

fn error_at(path: &Path) -> String {
    open(path).err().expect("it is no file to read")
}

/// The beginning of a description: version 1, and a list of columns that has only the table itself.
const BEGINNING: [u8; 11] = [0x15, 2, 0x19, 0x1c, 0x48, 4, b'r', b'o', b'o', b't', 0];

/// A list of structures, of 2^31 - 1 members.
const ENDLESS: [u8; 6] = [0xfc, 0xff, 0xff, 0xff, 0xff, 7];

#[test]
fn an_announced_length_is_not_believed() {
    // The reader would reserve 400 GB for this list of row groups.
    let error = error_of(&[&BEGINNING[..], &[0x16, 0, 0x19], &ENDLESS].concat());
    assert!(error.contains("it announces a list of 2147483647 members and has 0 bytes more"), "{error}");
    let many = [&BEGINNING[..], &[0x16, 0, 0x19, 0xfc, 0x80, 0x80, 2], &[0; 32_768]].concat();
    let error = error_of(&many);
    assert!(error.contains("it announces 32768 row groups: expected at most 32767"), "{error}");
    let error = error_of(&[&[0x15, 2, 0x19][..], &ENDLESS].concat());
    assert!(error.contains("it announces a list of 2147483647 members"), "{error}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("rows.parquet");
    std::fs::write(&path, b"PAR1\xff\xff\xff\x0fPAR1").expect("it can be written");
    assert!(error_at(&path).contains("its description has 268435455 bytes: expected at most 134217728"));
    std::fs::write(&path, b"PAR1").expect("it can be written");
    assert_eq!(error_at(&path), "it is too short");
}

#[test]
fn deep_nesting_is_refused_before_anything_calls_itself_for_each_level() {
    // Each column has one within it.
    let column = [0x48, 1, b'a', 0x15, 2, 0];
    let deep = [&[0x15, 2, 0x19, 0xfc, 0xa0, 0x8d, 6][..], &column.repeat(100_000), &[0x16, 0]].concat();
    let error = error_of(&deep);
    assert!(error.contains("its columns are nested in more than 32 levels"), "{error}");
    // A value in a value in a value.
    let error = error_of(&[0x1c].repeat(100_000));
    assert!(error.contains("its description has more than 32 levels"), "{error}");
    let error = error_of(&[&[0x1b, 1, 0xcc][..], &[0x1b, 1, 0xcc].repeat(10_000)].concat());
    assert!(error.contains("its description has"), "{error}");
}
