//! Hashes of rows and of their keys: the first 64 bits of the SHA-256 of names and values. They are kept with the rows, so
//! that they must never change.

use std::io::Write;

use plumb_connectors::{Cell, CellKind};
use sha2::{Digest, Sha256};

/// The hash of a row that was deleted. No row has it, but for one in 2^64.
pub(super) const DELETED: i64 = i64::MIN;

/// Hashes the rows of a table.
pub(super) struct RowHasher {
    /// The columns, in the order of their names.
    columns: Vec<(String, usize)>,
    /// Those of the key; `None` if there is no key, or not all of its columns.
    key: Option<Vec<(String, usize)>>,
    /// What is hashed.
    text: Vec<u8>,
}

impl RowHasher {
    /// Prepares for rows whose cells are in the order of these columns.
    pub(super) fn new(columns: &[(String, CellKind)], key: &[String]) -> RowHasher {
        let position = |name: &String| Some((name.clone(), columns.iter().position(|(known, _)| known == name)?));
        let mut key: Option<Vec<(String, usize)>> = key.iter().map(position).collect();
        let mut columns: Vec<_> = columns.iter().map(|(name, _)| name.clone()).zip(0..).collect();
        columns.sort();
        key.iter_mut().for_each(|key| key.sort());
        RowHasher { columns, key: key.filter(|key| !key.is_empty()), text: Vec::new() }
    }

    /// Returns the hash of a row, which may lack the last cells.
    pub(super) fn row(&mut self, cells: &[Cell]) -> i64 {
        self.text.clear();
        for (name, position) in &self.columns {
            add(&mut self.text, name, cells.get(*position).unwrap_or(&Cell::Null));
        }
        head_of(&self.text)
    }

    /// Returns the hash of a row's key; `None` if there is none, or a part of it is missing.
    pub(super) fn key(&mut self, cells: &[Cell]) -> Option<i64> {
        self.text.clear();
        for (name, position) in self.key.as_ref()? {
            add(&mut self.text, name, cells.get(*position).filter(|cell| **cell != Cell::Null)?);
        }
        Some(head_of(&self.text))
    }
}

/// Returns the hash of names with values, in any order.
pub(super) fn hash_row<'a>(named: impl IntoIterator<Item = (&'a str, &'a Cell)>) -> i64 {
    let mut named: Vec<(&str, &Cell)> = named.into_iter().collect();
    named.sort_by_key(|(name, _)| *name);
    let mut text = Vec::new();
    named.into_iter().for_each(|(name, cell)| add(&mut text, name, cell));
    head_of(&text)
}

/// Adds a name and its value, each after its length. A missing value adds nothing, so that a column that came later changes
/// no older row's hash.
fn add(text: &mut Vec<u8>, name: &str, cell: &Cell) {
    if *cell == Cell::Null {
        return;
    }
    text.extend_from_slice(&(name.len() as u64).to_le_bytes());
    text.extend_from_slice(name.as_bytes());
    let length_at = text.len();
    text.extend_from_slice(&[0; 8]);
    let written = match cell {
        Cell::Null => Ok(()),
        Cell::Text(value) => {
            text.push(b't');
            text.extend_from_slice(value.as_bytes());
            Ok(())
        }
        Cell::Integer(value) => write!(text, "i{value}"),
        Cell::Real(value) => write!(text, "r{}", value.to_bits()),
        Cell::Flag(value) => write!(text, "f{value}"),
        Cell::Timestamp(value) => write!(text, "m{value}"),
    };
    written.expect("memory takes all that is written");
    let length = (text.len() - length_at - 8) as u64;
    text[length_at..length_at + 8].copy_from_slice(&length.to_le_bytes());
}

fn head_of(text: &[u8]) -> i64 {
    let mut head = [0; 8];
    head.copy_from_slice(&Sha256::digest(text)[..8]);
    i64::from_le_bytes(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_that_are_kept_with_rows() {
        let columns = [("b", CellKind::Text), ("a", CellKind::Integer), ("c", CellKind::Real)];
        let columns = columns.map(|(name, kind)| (name.to_owned(), kind));
        let cells = [Cell::Text("x".into()), Cell::Integer(-7), Cell::Null];
        let mut hasher = RowHasher::new(&columns, &["a".to_owned()]);
        let mut expected = Vec::new();
        for text in ["a", "i-7", "b", "tx"] {
            expected.extend_from_slice(&(text.len() as u64).to_le_bytes());
            expected.extend_from_slice(text.as_bytes());
        }
        assert_eq!(hasher.row(&cells), head_of(&expected));
        assert_eq!(hasher.row(&cells[..2]), head_of(&expected), "a missing cell is as none");
        assert_eq!(hasher.key(&cells), Some(hash_row([("a", &cells[1])])));
        assert_eq!(hasher.key(&cells[..1]), None);
        assert_eq!(RowHasher::new(&columns, &["z".to_owned()]).key(&cells), None, "a key that no column has");
        assert_eq!(RowHasher::new(&columns, &[]).key(&cells), None);
    }
}
