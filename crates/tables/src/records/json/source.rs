//! Objects as records: a first pass collects the names of all fields, also of those that come late.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use encoding_rs::Encoding;

use super::document::{find_objects, has_array};
use super::flatten::flatten;
use super::objects::{Objects, Origin};
use super::scan::check;
use crate::error::Error;
use crate::plan::{FileFormat, FilePlan, HeaderPlan};
use crate::records::bytes::Opener;
use crate::records::layout::{places_of, tell_apart};
use crate::records::limits::{COLUMNS_MAX, DOCUMENT_BYTES_MAX, SET_ASIDE_MAX};
use crate::records::source::{Record, RecordSource, Records};
use crate::report::{Level, Note, NoteCode, SetAside};

/// Objects as records.
struct JsonSource {
    name: String,
    origin: Origin,
    names: Arc<[String]>,
    /// The column of each field; fields that a plan does not name have none.
    columns: Arc<HashMap<String, usize>>,
    plan: FilePlan,
    notes: Vec<Note>,
}

/// Returns whether a text begins as JSON with rows in it does.
pub(crate) fn looks_like_json(first: &str) -> bool {
    let mut letters = first.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{FEFF}');
    matches!((letters.next(), letters.next()), (Some('{'), Some('"' | '}')) | (Some('['), Some('{')))
}

/// Opens a file that looks like JSON.
pub(crate) fn open_json(
    opener: Opener,
    encoding: &'static Encoding,
    mut plan: FilePlan,
    mut notes: Vec<Note>,
) -> Result<Box<dyn RecordSource>, Error> {
    let name = opener.name().to_owned();
    let unreadable = |problem: String| Error::Unreadable { name: name.clone(), problem };
    let opener = Arc::new(opener);
    let lines = Origin::Lines(Arc::clone(&opener), encoding, plan.encoding.is_some());
    let is_lines = match plan.format {
        Some(FileFormat::Jsonl) => true,
        Some(FileFormat::Json) => false,
        _ => is_object_a_line(&opener, encoding)?,
    };
    let origin = if is_lines {
        lines
    } else {
        let text = read_document(&opener, encoding)?;
        let document = find_objects(&text).map_err(unreadable)?;
        notes.extend(document.note);
        Origin::Document(text.into(), document.objects.into())
    };
    plan.format = Some(if is_lines { FileFormat::Jsonl } else { FileFormat::Json });
    plan.encoding = Some(encoding.name().to_lowercase());
    let (fields, repeated, rows) = collect(&origin, &name)?;
    if rows == 0 {
        return Err(unreadable("has no objects: expected one for each row".to_owned()));
    }
    let (found, said) = tell_apart(fields.iter().map(String::as_str), &name, "its objects")?;
    let fixed = plan.header.as_ref().map(|header| header.names.clone()).filter(|names| !names.is_empty());
    let (names, places) = match fixed {
        Some(fixed) => {
            let (places, said) = places_of(&fixed, &found, &name, "its objects")?;
            notes.extend(said);
            (fixed, places)
        }
        None => {
            notes.extend(said);
            let places = (0..found.len()).collect();
            (found, places)
        }
    };
    let place_of = |field: usize| places.iter().position(|place| *place == field);
    let columns = fields.into_iter().enumerate().filter_map(|(at, field)| Some((field, place_of(at)?))).collect();
    notes.extend(repeated_note(repeated));
    plan.header = Some(HeaderPlan { lines_above: 0, names: names.clone(), absent: false });
    plan.footer_lines = Some(0);
    Ok(Box::new(JsonSource { name, origin, names: names.into(), columns: Arc::new(columns), plan, notes }))
}

/// Returns whether the first line with something in it is a JSON value and others follow, or it is an object that has no rows
/// in it.
fn is_object_a_line(opener: &Opener, encoding: &'static Encoding) -> Result<bool, Error> {
    let mut bytes = Vec::new();
    let most = crate::records::limits::RECORD_BYTES_MAX as u64;
    opener.open()?.take(most).read_to_end(&mut bytes).map_err(|source| opener.failed(source))?;
    let (text, _) = encoding.decode_with_bom_removal(&bytes);
    let text = text.trim_start();
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    Ok(check(line).is_ok() && (!rest.trim().is_empty() || !has_array(line)))
}

fn read_document(opener: &Opener, encoding: &'static Encoding) -> Result<String, Error> {
    let mut bytes = Vec::new();
    opener.open()?.take(DOCUMENT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|source| opener.failed(source))?;
    if bytes.len() as u64 > DOCUMENT_BYTES_MAX {
        let problem = format!(
            "is a JSON document of more than {DOCUMENT_BYTES_MAX} bytes, which is read whole: write it as JSON Lines, an object a \
             line, for example by `jq -c '.[]'`"
        );
        return Err(Error::Unreadable { name: opener.name().to_owned(), problem });
    }
    Ok(encoding.decode_with_bom_removal(&bytes).0.into_owned())
}

/// Returns the names of all fields in the order in which they come, fields that repeat a name, and objects that can be read.
fn collect(origin: &Origin, file: &str) -> Result<(Vec<String>, u64, u64), Error> {
    let (mut fields, mut known) = (Vec::new(), std::collections::HashSet::new());
    let (mut repeated, mut rows) = (0, 0);
    let mut objects = origin.open()?;
    while let Some((_, object)) = objects.next()? {
        let Ok(found) = object.and_then(|object| flatten(&object)) else { continue };
        rows += 1;
        repeated += found.repeated;
        for (field, _) in found.fields {
            if known.insert(field.clone()) {
                fields.push(field);
            }
        }
        if fields.len() > COLUMNS_MAX {
            let problem = format!("has more than {COLUMNS_MAX} fields: are values used as names of fields?");
            return Err(Error::Unreadable { name: file.to_owned(), problem });
        }
    }
    Ok((fields, repeated, rows))
}

fn repeated_note(count: u64) -> Option<Note> {
    (count > 0).then(|| Note {
        level: Level::Warning,
        code: NoteCode::ColumnName,
        column: None,
        count,
        what: format!("{count} fields have a name that their object has before: the last one counts"),
        way_out: "give each field a name of its own".to_owned(),
    })
}

impl RecordSource for JsonSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn open(&self) -> Result<Box<dyn Records + Send>, Error> {
        Ok(Box::new(JsonRecords {
            file: self.name.clone(),
            objects: self.origin.open()?,
            names: Arc::clone(&self.names),
            columns: Arc::clone(&self.columns),
            cells: vec![String::new(); self.names.len()],
            set_aside: Vec::new(),
            set_aside_count: 0,
        }))
    }

    fn plan(&self) -> &FilePlan {
        &self.plan
    }

    fn notes(&self) -> &[Note] {
        &self.notes
    }
}

/// Objects that are being read.
struct JsonRecords {
    file: String,
    objects: Objects,
    names: Arc<[String]>,
    columns: Arc<HashMap<String, usize>>,
    cells: Vec<String>,
    set_aside: Vec<SetAside>,
    set_aside_count: u64,
}

impl Records for JsonRecords {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn next(&mut self, record: &mut Record) -> Result<Option<u64>, Error> {
        while let Some((line, object)) = self.objects.next()? {
            match object.and_then(|object| flatten(&object)) {
                Ok(fields) => {
                    self.cells.iter_mut().for_each(String::clear);
                    for (field, value) in fields.fields {
                        if let Some(column) = self.columns.get(&field) {
                            self.cells[*column] = value;
                        }
                    }
                    record.clear();
                    self.cells.iter().for_each(|cell| record.push_field(cell));
                    return Ok(Some(line));
                }
                Err(reason) => {
                    self.set_aside_count += 1;
                    if self.set_aside_count > SET_ASIDE_MAX {
                        let problem = format!(
                            "has more than {SET_ASIDE_MAX} lines that are no objects, such as line {line}: {reason}"
                        );
                        return Err(Error::Unreadable { name: self.file.clone(), problem });
                    }
                    self.set_aside.push(SetAside { line, column: None, reason, is_row: true });
                }
            }
        }
        Ok(None)
    }

    fn take_set_aside(&mut self) -> Vec<SetAside> {
        std::mem::take(&mut self.set_aside)
    }

    fn progress(&self) -> (u64, u64) {
        self.objects.progress()
    }
}
