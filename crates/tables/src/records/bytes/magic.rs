//! What a file is, by its first bytes and not by its name.

use crate::error::Error;

/// How many first bytes tell what a file is.
pub(super) const MAGIC_BYTES: usize = 4 << 10;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A ZIP archive: a workbook in XLSX, XLSM, XLSB or ODS, or other things.
    Zip,
    /// Microsoft's compound file: a workbook in XLS, an encrypted one, or a document.
    Compound,
    /// HTML, whatever its name says.
    Html,
    /// XML, such as a workbook of Excel 2003.
    Xml,
    /// Anything else, which is taken for text until it proves to be none.
    Text,
}

/// First bytes of things that are no tables of text, what they are, and what to do.
const REFUSED: &[(&[u8], &str, &str)] = &[
    (b"%PDF", "a PDF document", "export the table behind it as CSV or XLSX"),
    (b"\x89PNG", "a picture (PNG)", "export the table as CSV or XLSX"),
    (b"\xFF\xD8\xFF", "a picture (JPEG)", "export the table as CSV or XLSX"),
    (b"GIF8", "a picture (GIF)", "export the table as CSV or XLSX"),
    (b"II*\0", "a picture (TIFF)", "export the table as CSV or XLSX"),
    (b"MM\0*", "a picture (TIFF)", "export the table as CSV or XLSX"),
    (b"{\\rtf", "a text document (RTF)", "copy its table into a spreadsheet and save that as CSV or XLSX"),
    (b"BZh", "compressed by bzip2", "unpack it: `bunzip2 FILE`"),
    (b"\xFD7zXZ\0", "compressed by xz", "unpack it: `unxz FILE`"),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"\x04\x22\x4D\x18", "compressed by LZ4", "unpack it: `unlz4 FILE`"),
    (
        b"SQLite format 3\0",
        "a SQLite database",
        "name it as a source in plumb.toml, or export one of its tables as CSV",
    ),
    (b"PAR1", "a Parquet file", "a Parquet file is read where its name is given, and not in an archive"),
    (b"Obj\x01", "an Avro file", "convert it to Parquet or CSV"),
    (b"ORC", "an ORC file", "convert it to Parquet or CSV"),
    (b"ARROW1", "a Feather file (Arrow)", "convert it to Parquet or CSV"),
    (b"\x89HDF", "an HDF5 file", "convert it to Parquet or CSV"),
    (b"$FL2", "a file of SPSS", "export it as CSV"),
    (b"<stata_dta>", "a file of Stata", "export it as CSV"),
    (b"\0\x01\0\0Standard", "a database of Access", "export one of its tables as CSV or XLSX"),
    (b"\x80\x04\x95", "a Python pickle", "save the frame by `to_parquet` or `to_csv(index=False)`"),
    (b"\x80\x05\x95", "a Python pickle", "save the frame by `to_parquet` or `to_csv(index=False)`"),
    (b"\x1f\x8b", "compressed twice", "unpack it once: `gunzip FILE`"),
    (b"\x28\xB5\x2F\xFD", "compressed twice", "unpack it once: `unzstd FILE`"),
    (b"\xFF\xFE\0\0", "text in UTF-32", "save it as CSV in UTF-8"),
    (b"\0\0\xFE\xFF", "text in UTF-32", "save it as CSV in UTF-8"),
];

/// Returns what the unpacked bytes begin like.
pub(crate) fn kind_of(first: &[u8]) -> Kind {
    if first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06") {
        return Kind::Zip;
    }
    if first.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return Kind::Compound;
    }
    let text = String::from_utf8_lossy(first.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(first)).to_ascii_lowercase();
    // Text in UTF-16 has a zero byte behind each of its characters.
    let text = text.replace(['\0', '\u{FFFD}'], "");
    let begins = |words: &[&str]| words.iter().any(|word| text.trim_start().starts_with(word));
    if begins(&["<!doctype html", "<html", "<table", "<meta", "<head", "<style", "<body", "<div", "<center"]) {
        return Kind::Html;
    }
    if begins(&["<?xml"]) {
        return if text.contains("<html") { Kind::Html } else { Kind::Xml };
    }
    if begins(&["<!--"]) && (text.contains("<html") || text.contains("<table")) { Kind::Html } else { Kind::Text }
}

/// Refuses what is known to be no table, by name and with the way out.
pub(crate) fn refuse_binary(first: &[u8], name: &str) -> Result<(), Error> {
    let refused = |what: &str, way_out: &str| {
        let problem = format!("is {what}: expected a table as CSV, XLSX, XLS, ODS, JSON or JSON Lines; {way_out}");
        Err(Error::Unreadable { name: name.to_owned(), problem })
    };
    if let Some((_, what, way_out)) = REFUSED.iter().find(|(magic, ..)| first.starts_with(magic)) {
        return refused(what, way_out);
    }
    if first.get(257..262) == Some(b"ustar") {
        return refused("a tar archive", "unpack it: `tar -xf FILE`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: &[u8], expected: Kind) {
        assert_eq!(kind_of(first), expected);
    }

    #[test]
    fn html_is_recognised_under_any_name() {
        check(b"\xEF\xBB\xBF\r\n<html xmlns:x=\"excel\">", Kind::Html);
        check(b"<table border=1><tr>", Kind::Html);
        check(b"<?xml version=\"1.0\"?><!DOCTYPE html><html>", Kind::Html);
    }

    #[test]
    fn xml_is_no_html() {
        check(b"<?xml version=\"1.0\"?><Workbook>", Kind::Xml);
    }

    #[test]
    fn a_comparison_is_text() {
        check(b"<5,>5\n1,2\n", Kind::Text);
    }

    #[test]
    fn a_picture_is_refused_by_name() {
        let error = refuse_binary(b"\x89PNG\r\n\x1a\n", "x.csv").expect_err("it is refused").to_string();
        assert!(error.contains("PNG") && error.contains("XLSX"), "{error}");
    }
}
