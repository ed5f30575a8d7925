//! A ZIP file: its list of parts, and the text of one. What a part says of itself is never believed before it is
//! checked, because the file comes from outside.

use std::collections::HashMap;
use std::io::Read;

use anyhow::{Context, Result, bail, ensure};
use flate2::Crc;
use flate2::read::DeflateDecoder;

/// More text is no table of rules; without a limit a small file could fill the memory.
const TEXT_MAX: u64 = 64 << 20;

const END_SIGNATURE: &[u8] = b"PK\x05\x06";
const ENTRY_SIGNATURE: &[u8] = b"PK\x01\x02";
const PART_SIGNATURE: &[u8] = b"PK\x03\x04";

/// The lengths of the three records without their variable ends.
const END_LENGTH: usize = 22;
const ENTRY_LENGTH: usize = 46;
const PART_LENGTH: usize = 30;

/// An opened archive.
pub(super) struct Archive<'a> {
    bytes: &'a [u8],
    parts: HashMap<String, Entry>,
}

/// Where a part is.
struct Entry {
    is_deflated: bool,
    checksum: u32,
    packed: usize,
    offset: usize,
}

impl<'a> Archive<'a> {
    /// Reads the list of parts, which is at the end.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Archive<'a>> {
        let end = bytes.windows(END_SIGNATURE.len()).rposition(|window| window == END_SIGNATURE);
        let end = end.context("it is no ZIP file, as every .xlsx is, or it is cut short")?;
        let (count, mut at) = (number(bytes, end + 10, 2)?, number(bytes, end + 16, 4)?);
        ensure!(bytes.len() >= end + END_LENGTH, "the list of its parts is cut short");
        let mut parts = HashMap::new();
        for _ in 0..count {
            ensure!(bytes.get(at..at.saturating_add(4)) == Some(ENTRY_SIGNATURE), "the list of its parts is damaged");
            let name_length = number(bytes, at + 28, 2)?;
            let rest = number(bytes, at + 30, 2)? + number(bytes, at + 32, 2)?;
            let name = bytes.get(at + ENTRY_LENGTH..at + ENTRY_LENGTH + name_length);
            let name = String::from_utf8_lossy(name.context("the list of its parts is cut short")?).replace('\\', "/");
            ensure!(number(bytes, at + 8, 2)? & 1 == 0, "part `{name}` has a password: save the file without one");
            let is_deflated = match number(bytes, at + 10, 2)? {
                0 => false,
                8 => true,
                other => bail!("part `{name}` is packed by method {other}: expected 0 or 8"),
            };
            let entry = Entry {
                is_deflated,
                checksum: number(bytes, at + 16, 4)? as u32,
                packed: number(bytes, at + 20, 4)?,
                offset: number(bytes, at + 42, 4)?,
            };
            parts.insert(name, entry);
            at += ENTRY_LENGTH + name_length + rest;
        }
        Ok(Archive { bytes, parts })
    }

    /// Returns the text of a part; `None` if there is none of this name.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        let Some(entry) = self.parts.get(name) else { return Ok(None) };
        self.unpacked(entry).with_context(|| format!("part `{name}`")).map(Some)
    }

    fn unpacked(&self, entry: &Entry) -> Result<String> {
        let at = entry.offset;
        ensure!(self.bytes.get(at..at.saturating_add(4)) == Some(PART_SIGNATURE), "it is not where the list says");
        let from = at + PART_LENGTH + number(self.bytes, at + 26, 2)? + number(self.bytes, at + 28, 2)?;
        let packed = self.bytes.get(from..from.saturating_add(entry.packed)).context("it is cut short")?;
        let mut bytes = Vec::new();
        let read = if entry.is_deflated {
            DeflateDecoder::new(packed).take(TEXT_MAX + 1).read_to_end(&mut bytes)
        } else {
            packed.take(TEXT_MAX + 1).read_to_end(&mut bytes)
        };
        read.context("it cannot be unpacked")?;
        ensure!(bytes.len() as u64 <= TEXT_MAX, "it has more than {TEXT_MAX} bytes: too many for a table of rules");
        let mut checksum = Crc::new();
        checksum.update(&bytes);
        ensure!(checksum.sum() == entry.checksum, "its checksum is another: the file is damaged");
        String::from_utf8(bytes).context("it is not UTF-8")
    }
}

/// Returns an unsigned number of so many bytes, the lowest first.
fn number(bytes: &[u8], at: usize, length: usize) -> Result<usize> {
    let bytes = bytes.get(at..at.saturating_add(length)).context("the file is cut short")?;
    Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
}
