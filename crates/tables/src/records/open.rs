//! From a file to its records: what its bytes are, and who reads them.

use super::bytes::{Kind, Opener, kind_of, refuse_binary};
use super::input::Input;
use super::layout::lay_out;
use super::separated::detect_separated;
use super::source::RecordSource;
use super::text::{Detected, detect_encoding};
use crate::error::Error;
use crate::plan::{Compression, FileFormat, FilePlan};
use crate::report::{Level, Note, NoteCode};

/// Finds out how a file is read, as far as `plan` leaves it open, and returns its records.
/// A Parquet file is refused here: the caller recognises it by its first bytes, `PAR1`.
pub fn open_input(input: Input, plan: &FilePlan) -> Result<Box<dyn RecordSource>, Error> {
    let opener = Opener::new(input, plan.compression)?;
    let first = opener.first()?;
    let refused =
        |problem: &str| Err(Error::Unreadable { name: opener.name().to_owned(), problem: problem.to_owned() });
    if first.is_empty() {
        return refused("is empty: expected a table of rows");
    }
    refuse_binary(&first, opener.name())?;
    let mut plan = FilePlan { compression: Some(opener.compression), ..plan.clone() };
    let mut notes: Vec<Note> = compressed(opener.compression).into_iter().collect();
    match kind_of(&first) {
        Kind::Zip | Kind::Compound => {
            return refused("is a workbook or archive, which is not read yet: save its sheet as CSV");
        }
        Kind::Html => {
            return refused(
                "is a page of HTML, whatever its name says: open it in a spreadsheet and save it as XLSX or CSV",
            );
        }
        Kind::Xml => return refused("is XML: open it in a spreadsheet and save it as XLSX or CSV"),
        Kind::Text => {}
    }
    let detected = detect_encoding(&opener, &first, plan.encoding.as_deref())?;
    notes.extend(encoded(&detected));
    plan.encoding = Some(detected.encoding.name().to_lowercase());
    let (table, found) = detect_separated(opener, &detected, &plan);
    notes.extend(found);
    plan.format = Some(FileFormat::Csv);
    plan.separator = Some(table.dialect.separator);
    plan.quote = Some(table.dialect.quote);
    plan.escape = table.dialect.escape;
    lay_out(Box::new(table), plan, notes)
}

fn compressed(compression: Compression) -> Option<Note> {
    let name = match compression {
        Compression::None => return None,
        Compression::Gzip => "gzip",
        Compression::Zstd => "Zstandard",
    };
    let what = format!("the file is compressed by {name}, and is read unpacked");
    Some(Note { level: Level::Info, code: NoteCode::Compression, column: None, count: 1, what, way_out: String::new() })
}

fn encoded(detected: &Detected) -> Vec<Note> {
    let name = detected.encoding.name();
    let note = |level, count, what: String, way_out: &str| Note {
        level,
        code: NoteCode::Encoding,
        column: None,
        count,
        what,
        way_out: way_out.to_owned(),
    };
    let mut notes = Vec::new();
    if name != "UTF-8" {
        let level = if detected.is_certain { Level::Info } else { Level::Warning };
        let doubt = if detected.is_doubtful { ", with signs within words, so probably wrong" } else { "" };
        let what = format!("the file is read as {name}, {}{doubt}", detected.why);
        notes.push(note(
            level,
            1,
            what,
            "look at names with accents; set `encoding` in the plan, or save the file in UTF-8",
        ));
    }
    if detected.invalid > 0 {
        let count = detected.invalid;
        let what = format!("{count} places are not valid UTF-8, and are read as `\u{FFFD}`");
        notes.push(note(Level::Warning, count, what, "save the file in UTF-8 again where it comes from"));
    }
    notes
}
