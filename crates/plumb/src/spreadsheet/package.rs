//! The ZIP file that a workbook is, and the text of its parts.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use anyhow::{Context, Result, ensure};
use zip::ZipArchive;

use super::limits::{BYTES_MAX, PART_BYTES_MAX, PARTS_MAX};

/// An opened workbook file.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// The place of each part in the archive.
    parts: HashMap<String, usize>,
    /// Bytes of text that may still be read.
    bytes_left: u64,
}

impl<'a> Package<'a> {
    /// Reads the list of parts, which is at the end.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Package<'a>> {
        let archive =
            ZipArchive::new(Cursor::new(bytes)).context("it is no ZIP file, as every .xlsx is, or it is cut short")?;
        let mut parts = HashMap::new();
        ensure!(archive.len() <= PARTS_MAX, "it has {} parts: expected at most {PARTS_MAX}", archive.len());
        for index in 0..archive.len() {
            let part = archive.by_index_data(index).context("the list of its parts is damaged")?;
            let name = String::from_utf8_lossy(part.name_raw()).replace('\\', "/");
            ensure!(!part.encrypted(), "part `{name}` has a password: save the file without one");
            parts.insert(name, index);
        }
        Ok(Package { archive, parts, bytes_left: BYTES_MAX })
    }

    /// Returns the text of a part; `None` if there is none of this name.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>> {
        let Some(index) = self.parts.get(name).copied() else { return Ok(None) };
        self.unpacked(index).with_context(|| format!("part `{name}`")).map(Some)
    }

    fn unpacked(&mut self, index: usize) -> Result<String> {
        let bytes_max = self.bytes_left.min(PART_BYTES_MAX);
        let mut bytes = Vec::new();
        // What the archive says of a part's length is not believed; its checksum is compared at the end.
        let part = self.archive.by_index(index).context("it cannot be unpacked")?;
        part.take(bytes_max + 1).read_to_end(&mut bytes).context("it cannot be unpacked")?;
        ensure!(
            bytes.len() as u64 <= bytes_max,
            "it unpacks to more than {bytes_max} bytes, too many for a table of rules: copy the rules alone into a new \
             workbook, or save them as .csv"
        );
        self.bytes_left -= bytes.len() as u64;
        String::from_utf8(bytes).context("it is not UTF-8")
    }
}
