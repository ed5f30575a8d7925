//! Files of blocks that are in order, of which a few are read. Each block has a hash of its own, so that nothing else need
//! be read to know that it is as it was written.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::files::file_hash::{FileHash, HashedFile};
use crate::ground::kept_folder::KeptFolder;

/// What to do if a file is damaged: the ingestion does it by itself.
const DERIVE_AGAIN: &str = "run `plumb ingest --full`, which makes it again";

/// Bytes of an entry of the index.
const ENTRY_BYTES: usize = 16 + 8 + 4 + 16;

/// A file of blocks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct BlockFile {
    pub(super) file: FileHash,
    /// Where its index begins.
    index_at: u64,
    /// The hash of its index.
    index_sha256: String,
    /// Its rows or entries.
    pub(super) rows: u64,
}

/// A block: the first thing in it, where it is, and the first half of its SHA-256.
struct Block {
    first: u128,
    at: u64,
    bytes: u32,
    hash: [u8; 16],
}

/// A file that is being written.
pub(super) struct BlockWriter {
    folder: KeptFolder,
    aside: PathBuf,
    file: BufWriter<HashedFile>,
    at: u64,
    blocks: Vec<Block>,
}

/// A file that is read.
pub(super) struct BlockReader {
    path: PathBuf,
    file: File,
    blocks: Vec<Block>,
}

impl BlockWriter {
    /// Begins a file, given a name that no other has that is being written.
    pub(super) fn new(folder: &KeptFolder, name: &str) -> Result<BlockWriter, Error> {
        let aside = folder.path().join(format!(".{name}.tmp"));
        match std::fs::remove_file(&aside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file("remove", &aside)(error));
            }
            _ => {}
        }
        let file = BufWriter::new(HashedFile::create(&aside)?);
        Ok(BlockWriter { folder: folder.clone(), aside, file, at: 0, blocks: Vec::new() })
    }

    /// Adds a block, whose first thing comes after all things of the blocks before, or is equal to the last of them.
    pub(super) fn add(&mut self, first: u128, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(Error::file("write", &self.aside))?;
        self.blocks.push(Block { first, at: self.at, bytes: bytes.len() as u32, hash: half_hash(bytes) });
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// Writes the index and names the file, whose content is on the disk when this returns.
    pub(super) fn finish(mut self, rows: u64) -> Result<BlockFile, Error> {
        let index: Vec<u8> = self.blocks.iter().flat_map(Block::entry).collect();
        self.file.write_all(&index).map_err(Error::file("write", &self.aside))?;
        let file = self.file.into_inner().map_err(|error| Error::file("write", &self.aside)(error.into_error()))?;
        let hash = file.finish(&self.aside)?;
        let path = self.folder.path_of(&hash);
        std::fs::rename(&self.aside, &path).map_err(Error::file("name", &path))?;
        Ok(BlockFile { file: hash, index_at: self.at, index_sha256: FileHash::of_bytes(&index).sha256, rows })
    }
}

impl Block {
    fn entry(&self) -> Vec<u8> {
        let numbers = [&self.first.to_le_bytes()[..], &self.at.to_le_bytes(), &self.bytes.to_le_bytes(), &self.hash];
        numbers.concat()
    }

    fn of_entry(entry: &[u8]) -> Block {
        let mut hash = [0; 16];
        hash.copy_from_slice(&entry[28..]);
        Block {
            first: number(&entry[..16]),
            at: number(&entry[16..24]) as u64,
            bytes: number(&entry[24..28]) as u32,
            hash,
        }
    }
}

impl BlockReader {
    /// Opens a file and reads its index.
    pub(super) fn open(folder: &KeptFolder, blocks: &BlockFile) -> Result<BlockReader, Error> {
        let path = folder.path_of(&blocks.file);
        let damaged = |found: String| damaged(&path, found);
        let mut file = File::open(&path).map_err(|error| damaged(error.to_string()))?;
        let bytes = file.metadata().map_err(Error::file("read", &path))?.len();
        if bytes != blocks.file.bytes || blocks.index_at > bytes {
            return Err(damaged(format!("it has {bytes} bytes")));
        }
        let mut index = Vec::new();
        let read = file.seek(SeekFrom::Start(blocks.index_at)).and_then(|_| file.read_to_end(&mut index));
        read.map_err(Error::file("read", &path))?;
        if FileHash::of_bytes(&index).sha256 != blocks.index_sha256 {
            return Err(damaged("its index has been changed".to_owned()));
        }
        let blocks = index.chunks_exact(ENTRY_BYTES).map(Block::of_entry).collect();
        Ok(BlockReader { path, file, blocks })
    }

    /// Returns how many blocks there are.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Returns the blocks that can have some of these things, which are in order.
    pub(super) fn blocks_with(&self, things: &[u128]) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for thing in things {
            // The block before the first that begins with it may end with it.
            let begin = self.blocks.partition_point(|block| block.first < *thing).saturating_sub(1);
            let begin = found.last().map_or(begin, |last| begin.max(last + 1));
            let blocks = self.blocks[begin.min(self.blocks.len())..].iter().enumerate();
            found.extend(blocks.take_while(|(_, block)| block.first <= *thing).map(|(index, _)| begin + index));
        }
        found
    }

    /// Reads a block.
    pub(super) fn read(&mut self, block: usize) -> Result<Vec<u8>, Error> {
        let Block { at, bytes, hash, .. } = &self.blocks[block];
        let mut content = vec![0; *bytes as usize];
        let read = self.file.seek(SeekFrom::Start(*at)).and_then(|_| self.file.read_exact(&mut content));
        read.map_err(Error::file("read", &self.path))?;
        if half_hash(&content) != *hash {
            return Err(damaged(&self.path, format!("the {bytes} bytes from {at} on have been changed")));
        }
        Ok(content)
    }
}

/// Returns the number whose bytes these are, the lowest first.
pub(super) fn number(bytes: &[u8]) -> u128 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

fn half_hash(bytes: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(bytes)[..16]);
    half
}

fn damaged(path: &std::path::Path, found: String) -> Error {
    let expected = "the blocks that were written".to_owned();
    Error::Damaged { path: path.to_owned(), found, expected, way_out: DERIVE_AGAIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_that_can_have_a_thing_are_found_and_a_changed_one_is_not_read() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let folder = KeptFolder::open(data.path()).expect("made");
        let mut writer = BlockWriter::new(&folder, "test").expect("created");
        for (first, content) in [(5, "five"), (9, "nine"), (9, "again"), (20, "twenty")] {
            writer.add(first, content.as_bytes()).expect("written");
        }
        let file = writer.finish(4).expect("on the disk");
        let mut reader = BlockReader::open(&folder, &file).expect("as it was written");
        let cases: [(&[u128], &[usize]); 6] =
            [(&[1], &[]), (&[5], &[0]), (&[7], &[0]), (&[9], &[0, 1, 2]), (&[9, 10, 30], &[0, 1, 2, 3]), (&[], &[])];
        for (things, blocks) in cases {
            assert_eq!(reader.blocks_with(things), blocks, "{things:?}");
        }
        assert_eq!((reader.len(), reader.read(2).expect("readable")), (4, b"again".to_vec()));
        let path = folder.path_of(&file.file);
        let mut bytes = std::fs::read(&path).expect("readable");
        bytes[5] ^= 1;
        std::fs::write(&path, &bytes).expect("writable");
        let mut reader = BlockReader::open(&folder, &file).expect("its index is as it was written");
        assert!(reader.read(0).is_ok() && reader.read(1).expect_err("a bit").to_string().contains("have been changed"));
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, &bytes).expect("writable");
        assert!(BlockReader::open(&folder, &file).is_err());
    }
}
