//! Opens a file: what its bytes are, and the reader for it.

use encoding_rs::{Encoding, UTF_8};

use super::bytes::{Kind, Opener, kind_of, refuse_binary};
use super::input::Input;
use super::json::{looks_like_json, open_json};
use super::layout::{Letters, lay_out};
use super::separated::detect_separated;
use super::sheets::read_workbook;
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
    if first.is_empty() {
        let problem = "is empty: expected a line that names the columns, and a line for each row".to_owned();
        return Err(Error::Unreadable { name: opener.name().to_owned(), problem });
    }
    refuse_binary(&first, opener.name())?;
    let refused =
        |problem: &str| Err(Error::Unreadable { name: opener.name().to_owned(), problem: problem.to_owned() });
    match kind_of(&first) {
        kind @ (Kind::Zip | Kind::Compound) => open_sheet(&opener, kind == Kind::Zip, plan),
        Kind::Html => {
            refused("is an HTML page, whatever its name says: open it in a spreadsheet and save it as XLSX or CSV")
        }
        Kind::Xml => {
            refused("is XML, perhaps a workbook of Excel 2003: open it in a spreadsheet and save it as XLSX or CSV")
        }
        Kind::Text => open_separated(opener, &first, plan),
    }
}

fn open_sheet(opener: &Opener, is_package: bool, plan: &FilePlan) -> Result<Box<dyn RecordSource>, Error> {
    let workbook = read_workbook(opener, is_package, plan.sheet.as_deref())?;
    let plan = FilePlan {
        format: Some(FileFormat::Sheet),
        compression: Some(opener.compression),
        sheet: Some(workbook.sheet),
        ..plan.clone()
    };
    let mut source = lay_out(Box::new(workbook.rows), plan)?;
    let mut notes: Vec<Note> = compression_note(opener.compression).into_iter().collect();
    notes.extend(workbook.notes);
    source.say_first(notes);
    Ok(Box::new(source))
}

fn open_separated(opener: Opener, first: &[u8], plan: &FilePlan) -> Result<Box<dyn RecordSource>, Error> {
    let detected = detect_encoding(&opener, first, plan.encoding.as_deref())?;
    let (beginning, _) = detected.encoding.decode_with_bom_removal(first);
    let is_json = match plan.format {
        None => looks_like_json(&beginning),
        Some(format) => matches!(format, FileFormat::Json | FileFormat::Jsonl),
    };
    if is_json {
        let plan = FilePlan { compression: Some(opener.compression), ..plan.clone() };
        let mut notes: Vec<Note> = compression_note(opener.compression).into_iter().collect();
        notes.extend(encoding_notes(&detected, &Letters::default()));
        return open_json(opener, detected.encoding, plan, notes);
    }
    let compression = opener.compression;
    let (table, dialect_notes) = detect_separated(opener, &detected, plan);
    let plan = FilePlan {
        format: Some(FileFormat::Csv),
        compression: Some(compression),
        encoding: Some(detected.encoding.name().to_lowercase()),
        separator: Some(table.dialect.separator),
        quote: Some(table.dialect.quote),
        escape: table.dialect.escape,
        ..plan.clone()
    };
    let mut source = lay_out(Box::new(table), plan)?;
    let mut notes: Vec<Note> = compression_note(compression).into_iter().collect();
    notes.extend(encoding_notes(&detected, &source.letters));
    notes.extend(dialect_notes);
    source.say_first(notes);
    Ok(Box::new(source))
}

fn compression_note(compression: Compression) -> Option<Note> {
    let name = match compression {
        Compression::None => return None,
        Compression::Gzip => "gzip",
        Compression::Zstd => "Zstandard",
    };
    let what = format!("the file is compressed by {name}, and is unpacked while it is read");
    Some(Note { level: Level::Info, code: NoteCode::Compression, column: None, count: 1, what, way_out: String::new() })
}

/// Says in which encoding the file is read, and which cells have characters that no text has.
fn encoding_notes(detected: &Detected, letters: &Letters) -> Vec<Note> {
    let name = encoding_name(detected.encoding);
    let (cells, example) = &letters.beyond_ascii;
    let mut what = format!("the text is read as {name}, {}", detected.why);
    if *cells > 0 {
        what.push_str(&format!("; {cells} cells have letters beyond ASCII, such as `{example}`"));
    }
    if detected.is_doubtful {
        what.push_str(
            "; words have signs within them then, as if it were of another encoding, such as a code page of DOS",
        );
    }
    let is_sure = detected.is_certain && detected.invalid == 0;
    let level = if is_sure || *cells == 0 { Level::Info } else { Level::Warning };
    let way_out =
        if is_sure { "" } else { "if such words are wrong, set `encoding` in the plan, or save the file in UTF-8" };
    let note = |level, count, what, way_out: &str| Note {
        level,
        code: NoteCode::Encoding,
        column: None,
        count,
        what,
        way_out: way_out.to_owned(),
    };
    // UTF-8 without a fault is what everybody expects.
    let is_plain = detected.encoding == UTF_8 && is_sure;
    let mut notes: Vec<Note> = (!is_plain).then(|| note(level, *cells, what, way_out)).into_iter().collect();
    let (damaged, line, word) = &letters.damaged;
    if *damaged > 0 {
        let what = format!(
            "{damaged} cells have characters that stand for letters which were lost, the first in line {line}: `{word}`"
        );
        notes.push(note(Level::Warning, *damaged, what, "export the file once more, in UTF-8"));
    }
    notes
}

fn encoding_name(encoding: &'static Encoding) -> &'static str {
    if encoding == UTF_8 { "UTF-8" } else { encoding.name() }
}
