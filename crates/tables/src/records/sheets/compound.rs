//! Microsoft's compound file: an old workbook, an encrypted one, or a document.

/// Refuses what is no workbook, or has a password; by the names of its streams.
pub(super) fn check_compound(bytes: &[u8]) -> Result<(), String> {
    let has = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(name.len()).any(|window| window == name)
    };
    if has("EncryptedPackage") {
        return Err("has a password: open it in a spreadsheet, and save it without one".to_owned());
    }
    if has("Workbook") || has("Book") {
        return Ok(());
    }
    if has("WordDocument") {
        return Err(
            "is a Word document (.doc): copy its table into a spreadsheet, and save that as XLSX or CSV".to_owned()
        );
    }
    if has("PowerPoint Document") {
        return Err("is a presentation (.ppt): expected a table as XLSX or CSV".to_owned());
    }
    Err("is a document of an old Windows program, and no workbook: export its table as XLSX or CSV".to_owned())
}
