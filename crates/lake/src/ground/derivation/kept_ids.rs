//! The ids of events and the keys that have them, kept in the order of the ids' hashes.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::block_file::{BlockFile, BlockReader, BlockWriter, number};
use crate::error::Error;
use crate::ground::kept_folder::KeptFolder;

/// Files by the first bits of an id's hash: one of them at a time is in memory.
const FILES: usize = 64;

/// Entries of a block: few bytes are read for one id.
const BLOCK_ENTRIES: usize = 256;

/// Bytes of an entry.
const ENTRY_BYTES: usize = 16 + 8;

/// The hash of an id, and that of the key of a row that has it.
pub(super) type IdEntry = (u128, u64);

/// Ids that are collected.
pub(super) struct IdsAside {
    files: Vec<(PathBuf, BufWriter<File>)>,
}

impl IdsAside {
    /// Begins to collect ids in a folder, in files that begin with `name`.
    pub(super) fn new(folder: &Path, name: &str) -> Result<IdsAside, Error> {
        let create = |number| {
            let path = folder.join(format!("{name}-{number}.kept-ids"));
            let file = File::create(&path).map_err(Error::file("create", &path))?;
            Ok((path, BufWriter::with_capacity(32 << 10, file)))
        };
        Ok(IdsAside { files: (0..FILES).map(create).collect::<Result<_, Error>>()? })
    }

    /// Adds the id of a row.
    pub(super) fn add(&mut self, (id, key): IdEntry) -> Result<(), Error> {
        let (path, file) = &mut self.files[(id >> 122) as usize];
        file.write_all(&bytes_of((id, key))).map_err(Error::file("write", path))
    }

    /// Keeps the ids, in order.
    pub(super) fn finish(self, folder: &KeptFolder, name: &str) -> Result<BlockFile, Error> {
        let mut blocks = IdBlocks::new(folder, name)?;
        for (path, mut file) in self.files {
            file.flush().map_err(Error::file("write", &path))?;
            drop(file);
            let mut entries = entries_of(&std::fs::read(&path).map_err(Error::file("read", &path))?);
            std::fs::remove_file(&path).map_err(Error::file("remove", &path))?;
            entries.sort_unstable();
            entries.dedup();
            blocks.add(entries)?;
        }
        blocks.finish()
    }
}

/// Ids in order that are being written.
struct IdBlocks {
    writer: BlockWriter,
    pending: Vec<IdEntry>,
    entries: u64,
}

impl IdBlocks {
    fn new(folder: &KeptFolder, name: &str) -> Result<IdBlocks, Error> {
        Ok(IdBlocks { writer: BlockWriter::new(folder, name)?, pending: Vec::new(), entries: 0 })
    }

    fn add(&mut self, entries: impl IntoIterator<Item = IdEntry>) -> Result<(), Error> {
        for entry in entries {
            self.pending.push(entry);
            if self.pending.len() == BLOCK_ENTRIES {
                self.write()?;
            }
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), Error> {
        let Some((first, _)) = self.pending.first() else { return Ok(()) };
        let bytes: Vec<u8> = self.pending.iter().flat_map(|entry| bytes_of(*entry)).collect();
        self.writer.add(*first, &bytes)?;
        self.entries += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<BlockFile, Error> {
        self.write()?;
        self.writer.finish(self.entries)
    }
}

/// Finds the keys that have some ids, in several files. `ids` are in order.
pub(super) fn keys_of_ids(
    folder: &KeptFolder,
    files: &[&BlockFile],
    ids: &[u128],
) -> Result<HashMap<u128, Vec<u64>>, Error> {
    let mut keys: HashMap<u128, Vec<u64>> = HashMap::new();
    for file in files {
        let mut reader = BlockReader::open(folder, file)?;
        for block in reader.blocks_with(ids) {
            let entries = entries_of(&reader.read(block)?);
            let wanted = entries.into_iter().filter(|(id, _)| ids.binary_search(id).is_ok());
            wanted.for_each(|(id, key)| keys.entry(id).or_default().push(key));
        }
    }
    for keys in keys.values_mut() {
        keys.sort_unstable();
        keys.dedup();
    }
    Ok(keys)
}

/// Keeps ids alone.
pub(super) fn keep(folder: &KeptFolder, ids: &HashSet<u128>) -> Result<BlockFile, Error> {
    let mut ids: Vec<u128> = ids.iter().copied().collect();
    ids.sort_unstable();
    let mut blocks = IdBlocks::new(folder, "shared-ids")?;
    blocks.add(ids.into_iter().map(|id| (id, 0)))?;
    blocks.finish()
}

/// Reads all ids of a file.
pub(super) fn all_ids(folder: &KeptFolder, file: &BlockFile) -> Result<HashSet<u128>, Error> {
    let mut reader = BlockReader::open(folder, file)?;
    let mut ids = HashSet::new();
    for block in 0..reader.len() {
        ids.extend(entries_of(&reader.read(block)?).into_iter().map(|(id, _)| id));
    }
    Ok(ids)
}

/// Unites two files.
pub(super) fn merge(folder: &KeptFolder, name: &str, one: &BlockFile, other: &BlockFile) -> Result<BlockFile, Error> {
    let mut blocks = IdBlocks::new(folder, name)?;
    let mut one = Entries::new(BlockReader::open(folder, one)?);
    let mut other = Entries::new(BlockReader::open(folder, other)?);
    while let Some(next) = one.peek()?.into_iter().chain(other.peek()?).min() {
        blocks.add([next])?;
        one.skip(next)?;
        other.skip(next)?;
    }
    blocks.finish()
}

/// The entries of a file, one after the other.
struct Entries {
    reader: BlockReader,
    block: usize,
    entries: Vec<IdEntry>,
    next: usize,
}

impl Entries {
    fn new(reader: BlockReader) -> Entries {
        Entries { reader, block: 0, entries: Vec::new(), next: 0 }
    }

    fn peek(&mut self) -> Result<Option<IdEntry>, Error> {
        while self.next == self.entries.len() {
            if self.block == self.reader.len() {
                return Ok(None);
            }
            self.entries = entries_of(&self.reader.read(self.block)?);
            (self.block, self.next) = (self.block + 1, 0);
        }
        Ok(Some(self.entries[self.next]))
    }

    /// Goes on if the next entry is this one.
    fn skip(&mut self, entry: IdEntry) -> Result<(), Error> {
        if self.peek()? == Some(entry) {
            self.next += 1;
        }
        Ok(())
    }
}

fn bytes_of((id, key): IdEntry) -> [u8; ENTRY_BYTES] {
    let mut entry = [0; ENTRY_BYTES];
    entry[..16].copy_from_slice(&id.to_le_bytes());
    entry[16..].copy_from_slice(&key.to_le_bytes());
    entry
}

fn entries_of(bytes: &[u8]) -> Vec<IdEntry> {
    bytes.chunks_exact(ENTRY_BYTES).map(|entry| (number(&entry[..16]), number(&entry[16..]) as u64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_an_id_are_found_in_all_files_and_in_one() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let folder = KeptFolder::open(data.path()).expect("made");
        let id = |number: u128| ((number % 1_000) << 118) | (number % 1_000);
        let keep = |numbers: std::ops::Range<u128>, name: &str| {
            let mut ids = IdsAside::new(data.path(), name).expect("created");
            numbers.for_each(|number| ids.add((id(number), (number % 7) as u64)).expect("written"));
            ids.finish(&folder, name).expect("kept")
        };
        let (one, other) = (keep(0..3_000, "one"), keep(2_900..3_100, "other"));
        let mut wanted = vec![id(5), id(950), id(99_999)];
        wanted.sort_unstable();
        let united = merge(&folder, "both", &one, &other).expect("merged");
        for files in [&[&one, &other][..], &[&united][..]] {
            let found = keys_of_ids(&folder, files, &wanted).expect("readable");
            assert_eq!(found[&id(5)], [2, 3, 4, 5], "{} files", files.len());
            assert_eq!((&found[&id(950)], &found[&id(999)]), (&vec![3, 4, 5], &vec![3, 4, 5]));
        }
        assert!(united.rows < one.rows + other.rows);
    }
}
