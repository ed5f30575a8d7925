//! The ZIP archive that a workbook is: which kind, and whether it unpacks to what can be read.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use crate::records::limits::{
    PACKAGE_PARTS_MAX, SHARED_TEXT_BYTES_MAX, SHEET_CELLS_MAX, UNPACKED_BYTES_FREE, UNPACKED_RATIO,
};

/// The kinds of workbooks in ZIP archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PackageKind {
    /// XLSX and XLSM.
    Xlsx,
    Xlsb,
    Ods,
}

/// Columns that a sheet of ODS may have.
const ODS_COLUMNS_MAX: u64 = 16_384;

/// Returns the kind of a package, once all of its parts are unpacked within limits; or what is wrong with it.
pub(super) fn check_package(bytes: &[u8]) -> Result<PackageKind, String> {
    let damaged = |error: &dyn std::fmt::Display| format!("cannot be unpacked ({error}): copy or download it again");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if archive.len() > PACKAGE_PARTS_MAX {
        return Err(format!("has {} parts: expected at most {PACKAGE_PARTS_MAX}", archive.len()));
    }
    let mut names = Vec::new();
    for index in 0..archive.len() {
        let part = archive.by_index_data(index).map_err(|error| damaged(&error))?;
        if part.encrypted() {
            return Err("has a password: save it without one".to_owned());
        }
        names.push(String::from_utf8_lossy(part.name_raw()).replace('\\', "/"));
    }
    let kind = kind_of(&names)?;
    let mut left = UNPACKED_BYTES_FREE.max((bytes.len() as u64).saturating_mul(UNPACKED_RATIO));
    for (index, name) in names.iter().enumerate() {
        let part = archive.by_index(index).map_err(|error| damaged(&error))?;
        let name = name.as_str();
        // Shared texts are held in memory, a sheet is not.
        let most = if name.ends_with("sharedStrings.xml") { left.min(SHARED_TEXT_BYTES_MAX) } else { left };
        let mut part = part.take(most + 1);
        let length = if kind == PackageKind::Ods && name == "content.xml" {
            let mut cells = RepeatedCells::default();
            let length = cells.read(&mut part).map_err(|error| damaged(&error))?;
            cells.check()?;
            length
        } else {
            std::io::copy(&mut part, &mut std::io::sink()).map_err(|error| damaged(&error))?
        };
        left = left.checked_sub(length).filter(|_| length <= most).ok_or_else(|| {
            format!(
                "unpacks to more than can be read (in `{name}`): expected {UNPACKED_BYTES_FREE} bytes, or {UNPACKED_RATIO} times \
                 the file, at most; save the sheet as CSV"
            )
        })?;
    }
    Ok(kind)
}

fn kind_of(names: &[String]) -> Result<PackageKind, String> {
    let has = |name: &str| names.iter().any(|other| other.eq_ignore_ascii_case(name));
    let has_folder = |folder: &str| names.iter().any(|name| name.starts_with(folder));
    if has("xl/workbook.bin") {
        Ok(PackageKind::Xlsb)
    } else if has_folder("xl/") || has("[Content_Types].xml") && names.iter().any(|name| name.ends_with("workbook.xml"))
    {
        Ok(PackageKind::Xlsx)
    } else if has_folder("word/") {
        Err("is a Word document: copy its table into a spreadsheet, and save that as XLSX or CSV".to_owned())
    } else if has_folder("ppt/") {
        Err("is a presentation: expected a table as XLSX or CSV".to_owned())
    } else if has("content.xml") && has("mimetype") {
        Ok(PackageKind::Ods)
    } else if has("Index.zip") || has_folder("Index/") {
        Err("is a document of Apple's Numbers or Pages: export it as XLSX or CSV".to_owned())
    } else {
        let shown: Vec<String> = names.iter().take(3).map(|name| format!("`{name}`")).collect();
        Err(format!("is a ZIP archive with {}: unpack it, and name the file in it", shown.join(", ")))
    }
}

/// Counts the cells of an ODS sheet, in which one cell may stand for many.
#[derive(Default)]
struct RepeatedCells {
    cells: u64,
    /// Empty cells count only before one that is not.
    empty: u64,
    /// The beginning of a tag that the last piece has cut.
    held: Vec<u8>,
}

impl RepeatedCells {
    fn read(&mut self, part: &mut impl Read) -> std::io::Result<u64> {
        let (mut buffer, mut length) = (vec![0; 64 << 10], 0);
        loop {
            let count = part.read(&mut buffer)?;
            if count == 0 {
                return Ok(length);
            }
            length += count as u64;
            self.held.extend_from_slice(&buffer[..count]);
            let end = self.held.iter().rposition(|byte| *byte == b'<').unwrap_or(self.held.len());
            let piece: Vec<u8> = self.held.drain(..end).collect();
            piece.split(|byte| *byte == b'<').for_each(|tag| self.add(tag));
        }
    }

    fn add(&mut self, tag: &[u8]) {
        if tag.starts_with(b"table:table-row") {
            self.empty = 0;
        }
        if !tag.starts_with(b"table:table-cell") && !tag.starts_with(b"table:covered-table-cell") {
            return;
        }
        let tag = String::from_utf8_lossy(tag);
        let tag = tag.split('>').next().unwrap_or_default();
        let repeats = tag
            .split_once("number-columns-repeated=")
            .and_then(|(_, value)| value.get(1..)?.split(['"', '\'']).next()?.parse().ok())
            .unwrap_or(1_u64)
            .min(ODS_COLUMNS_MAX);
        if tag.ends_with('/') {
            self.empty = (self.empty + repeats).min(ODS_COLUMNS_MAX);
        } else {
            self.cells += std::mem::take(&mut self.empty) + repeats;
        }
    }

    fn check(&self) -> Result<(), String> {
        let cells = self.cells;
        if cells > SHEET_CELLS_MAX {
            return Err(format!(
                "has {cells} cells: expected at most {SHEET_CELLS_MAX} in an ODS or XLS file; save the sheet as CSV"
            ));
        }
        Ok(())
    }
}
