//! A file of keys with the hash of each key's newest row, in the order of the keys, in blocks that are checked when they are
//! read.
//!
//! ```text
//! block, block, …                     256 entries each, the last one fewer: key and hash, 8 bytes each
//! index                               of each block: its first key, 8 bytes, and its CRC-32, 4 bytes
//! entries, live, CRC-32 of the index and of these two, magic         8, 8, 4 and 8 bytes
//! ```
//!
//! All numbers are little-endian. The file can be made again from the raw rows.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Entries of a block.
const BLOCK_ENTRIES: usize = 256;

/// Bytes of an entry.
const ENTRY_BYTES: usize = 16;

/// Bytes of a block's place in the index.
const INDEX_BYTES: usize = 12;

/// Bytes at the end.
const END_BYTES: usize = 28;

/// What the file ends with.
const MAGIC: &[u8; 8] = b"PLUMBK01";

/// An opened file.
pub(super) struct KeyFile {
    path: PathBuf,
    file: File,
    entries: u64,
    live: u64,
    index: Index,
}

/// The first key and the checksum of each block.
type Index = Vec<(i64, u32)>;

impl KeyFile {
    /// Opens a file, of which the blocks are checked later.
    pub(super) fn open(path: &Path) -> Result<KeyFile, Error> {
        let failed = Error::file("read", path);
        let file = File::open(path).map_err(Error::file("open", path))?;
        match read_index(&file) {
            Ok((entries, live, index)) => Ok(KeyFile { path: path.to_owned(), file, entries, live, index }),
            Err(error) => Err(failed(error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns how many keys it has.
    pub(super) fn len(&self) -> u64 {
        self.entries
    }

    /// Returns how many rows of the table were there when it was written.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    /// Returns the hash of a key.
    pub(super) fn find(&self, key: i64) -> Result<Option<i64>, Error> {
        let block = self.index.partition_point(|(first, _)| *first <= key);
        let Some(block) = block.checked_sub(1) else { return Ok(None) };
        let entries = self.block(block)?;
        let place = entries.chunks_exact(ENTRY_BYTES).collect::<Vec<_>>();
        Ok(place.binary_search_by_key(&key, |entry| entry_of(entry).0).ok().map(|at| entry_of(place[at]).1))
    }

    /// Returns all entries, in order.
    pub(super) fn entries(&self) -> Result<impl Iterator<Item = Result<(i64, i64), Error>> + '_, Error> {
        let blocks = (0..self.index.len()).map(|block| self.block(block));
        Ok(blocks.flat_map(|block| {
            let (entries, error) = match block {
                Ok(block) => (block, None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            let entries = (0..entries.len() / ENTRY_BYTES)
                .map(move |entry| Ok(entry_of(&entries[entry * ENTRY_BYTES..][..ENTRY_BYTES])));
            entries.chain(error)
        }))
    }

    fn block(&self, block: usize) -> Result<Vec<u8>, Error> {
        let begin = (block * BLOCK_ENTRIES) as u64;
        let count = (self.entries - begin).min(BLOCK_ENTRIES as u64) as usize;
        let mut bytes = vec![0; count * ENTRY_BYTES];
        let failed = Error::file("read", &self.path);
        if let Err(error) = self.file.read_exact_at(&mut bytes, begin * ENTRY_BYTES as u64) {
            return Err(failed(error));
        }
        if crc32fast::hash(&bytes) != self.index[block].1 {
            let (found, expected) = (format!("block {block} has another checksum"), "what was written".to_owned());
            let way_out = "remove the file: the next ingestion makes it again from the raw rows";
            return Err(Error::Damaged { path: self.path.clone(), found, expected, way_out });
        }
        Ok(bytes)
    }
}

fn read_index(file: &File) -> std::io::Result<(u64, u64, Index)> {
    let broken = || std::io::Error::other("it is not as it was written");
    let bytes = file.metadata()?.len();
    let end_at = bytes.checked_sub(END_BYTES as u64).ok_or_else(broken)?;
    let mut end = [0; END_BYTES];
    file.read_exact_at(&mut end, end_at)?;
    let (entries, live) = (number(&end[..8]) as u64, number(&end[8..16]) as u64);
    let blocks = entries.div_ceil(BLOCK_ENTRIES as u64);
    let index_at = entries.checked_mul(ENTRY_BYTES as u64).ok_or_else(broken)?;
    if end[20..] != *MAGIC || index_at.checked_add(blocks * INDEX_BYTES as u64) != Some(end_at) {
        return Err(broken());
    }
    let mut index = vec![0; blocks as usize * INDEX_BYTES];
    file.read_exact_at(&mut index, index_at)?;
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&index);
    checksum.update(&end[..16]);
    if checksum.finalize().to_le_bytes() != end[16..20] {
        return Err(broken());
    }
    let place = |place: &[u8]| (number(&place[..8]), number(&place[8..]) as u32);
    Ok((entries, live, index.chunks_exact(INDEX_BYTES).map(place).collect()))
}

/// Returns a number of at most eight bytes.
fn number(mut bytes: &[u8]) -> i64 {
    let mut all = [0; 8];
    let count = bytes.len();
    // A slice is read whole.
    bytes.read_exact(&mut all[..count]).map_or(0, |()| i64::from_le_bytes(all))
}

fn entry_of(entry: &[u8]) -> (i64, i64) {
    (number(&entry[..8]), number(&entry[8..16]))
}

/// Writes a file of entries that are in order, each key once. It is on the disk when this returns.
pub(super) fn write(
    path: &Path,
    live: u64,
    entries: impl Iterator<Item = Result<(i64, i64), Error>>,
) -> Result<(), Error> {
    let file = File::options().write(true).create_new(true).open(path).map_err(Error::file("create", path))?;
    let mut to = BufWriter::with_capacity(1 << 16, file);
    let (mut count, mut index, mut block) = (0_u64, Vec::new(), Vec::with_capacity(BLOCK_ENTRIES * ENTRY_BYTES));
    let mut first = 0;
    let failed = || Error::file("write", path);
    let mut end_block = |block: &mut Vec<u8>, first: i64| {
        index.extend_from_slice(&first.to_le_bytes());
        index.extend_from_slice(&crc32fast::hash(block).to_le_bytes());
        let written = to.write_all(block);
        block.clear();
        written.map_err(failed())
    };
    for entry in entries {
        let (key, hash) = entry?;
        if block.is_empty() {
            first = key;
        }
        block.extend_from_slice(&key.to_le_bytes());
        block.extend_from_slice(&hash.to_le_bytes());
        count += 1;
        if block.len() == BLOCK_ENTRIES * ENTRY_BYTES {
            end_block(&mut block, first)?;
        }
    }
    if !block.is_empty() {
        end_block(&mut block, first)?;
    }
    let mut end = Vec::with_capacity(END_BYTES);
    end.extend_from_slice(&count.to_le_bytes());
    end.extend_from_slice(&live.to_le_bytes());
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&index);
    checksum.update(&end);
    end.extend_from_slice(&checksum.finalize().to_le_bytes());
    end.extend_from_slice(MAGIC);
    let written = to.write_all(&index).and_then(|()| to.write_all(&end)).and_then(|()| to.flush());
    written.and_then(|()| to.get_ref().sync_all()).map_err(failed())
}

/// Unites two files; of a key that both have, the newer one counts.
pub(super) fn merge(path: &Path, older: &KeyFile, newer: &KeyFile) -> Result<(), Error> {
    let (mut older, mut newer_entries) = (older.entries()?.peekable(), newer.entries()?.peekable());
    let merged = std::iter::from_fn(|| match (older.peek(), newer_entries.peek()) {
        (Some(Ok((old, _))), Some(Ok((new, _)))) if old < new => older.next(),
        (Some(Ok((old, _))), Some(Ok((new, _)))) => {
            if old == new {
                older.next();
            }
            newer_entries.next()
        }
        (Some(Err(_)) | Some(Ok(_)), None) | (Some(Err(_)), Some(_)) => older.next(),
        (_, Some(_)) => newer_entries.next(),
        (None, None) => None,
    });
    write(path, newer.live(), merged)
}
