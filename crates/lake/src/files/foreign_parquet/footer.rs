//! The footer of a Parquet file: the description of its columns, row groups and pages.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use super::limits::{DEPTH_MAX, FOOTER_BYTES_MAX, ROW_GROUPS_MAX};
use super::thrift::{LIST, STRUCT, Thrift};

/// The length of the footer and the signature, at the end of a file.
const TAIL_BYTES: u64 = 8;

/// The fields of a file's description.
const SCHEMA: i16 = 2;
const ROW_GROUPS: i16 = 4;

/// The field of a column's description with the number of columns within it.
const CHILDREN: i16 = 5;

/// Checks what the footer of a file of so many bytes announces, without believing any of it.
pub(super) fn check(file: &mut File, bytes: u64) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("it cannot be read: {error}");
    let tail_at = bytes.checked_sub(TAIL_BYTES).ok_or("it is too short")?;
    let mut tail = [0; TAIL_BYTES as usize];
    file.seek(SeekFrom::Start(tail_at)).map_err(cannot)?;
    file.read_exact(&mut tail).map_err(cannot)?;
    let [length @ .., p, a, r, kind] = tail;
    // The last letter is another in a file that is encrypted, which the reader refuses by name.
    if [p, a, r] != *b"PAR" || !b"1E".contains(&kind) {
        return Err("it does not end as one does: it is cut short, or something else".to_owned());
    }
    let length = u64::from(u32::from_le_bytes(length));
    if length > FOOTER_BYTES_MAX {
        return Err(format!("its description has {length} bytes: expected at most {FOOTER_BYTES_MAX}"));
    }
    let at = tail_at.checked_sub(length).ok_or("its description is longer than the file")?;
    file.seek(SeekFrom::Start(at)).map_err(cannot)?;
    check_description(Thrift::new(BufReader::new(file), length))
}

fn check_description<R: Read>(mut description: Thrift<R>) -> Result<(), String> {
    let mut last = 0;
    while let Some(field) = description.field(&mut last)? {
        match (field.id, field.kind) {
            (SCHEMA, LIST) => check_columns(&mut description)?,
            (ROW_GROUPS, LIST) => {
                let (length, kind) = description.list()?;
                if length > ROW_GROUPS_MAX {
                    return Err(format!("it announces {length} row groups: expected at most {ROW_GROUPS_MAX}"));
                }
                (0..length).try_for_each(|_| description.skip(kind, 1))?;
            }
            _ => description.skip(field.kind, 1)?,
        }
    }
    Ok(())
}

/// Checks how deep columns are nested: the list has each before those within it, with their number.
fn check_columns<R: Read>(description: &mut Thrift<R>) -> Result<(), String> {
    let (length, kind) = description.list()?;
    if kind != STRUCT {
        return Err("its list of columns is none".to_owned());
    }
    // How many columns are still to come within each column that is open.
    let mut open: Vec<i64> = Vec::new();
    for _ in 0..length {
        while open.last() == Some(&0) {
            open.pop();
        }
        if let Some(left) = open.last_mut() {
            *left -= 1;
        }
        let children = children(description)?;
        if children > 0 {
            open.push(children);
        }
        if open.len() > DEPTH_MAX {
            return Err(format!("its columns are nested in more than {DEPTH_MAX} levels"));
        }
    }
    Ok(())
}

/// Reads a column's description, and returns the number of columns within it.
fn children<R: Read>(description: &mut Thrift<R>) -> Result<i64, String> {
    let (mut last, mut children) = (0, 0);
    while let Some(field) = description.field(&mut last)? {
        if field.id == CHILDREN {
            children = description.integer()?;
        } else {
            description.skip(field.kind, 1)?;
        }
    }
    Ok(children)
}
