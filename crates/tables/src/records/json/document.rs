//! A JSON document with an array of objects in it.

use std::ops::Range;

use super::scan::{check, elements, members, skip_blanks, unquoted};
use crate::report::{Level, Note, NoteCode};

/// The objects of a document, each with its line.
pub(super) struct Document {
    pub(super) objects: Vec<(u64, Range<usize>)>,
    pub(super) note: Option<Note>,
}

/// Finds the array of objects: the document itself, or the only one in it.
pub(super) fn find_objects(text: &str) -> Result<Document, String> {
    check(text).map_err(|error| {
        format!("is not JSON ({error}): expected an array of objects, an object with one in it, or an object a line")
    })?;
    let begin = skip_blanks(text, 0);
    let (array, note) = match text.as_bytes().get(begin) {
        Some(b'[') => (begin, None),
        Some(b'{') => {
            let (array, note) = only_array(text, begin)?;
            (array, Some(note))
        }
        _ => return Err("is JSON without an array of objects".to_owned()),
    };
    let (mut line, mut counted, mut objects) = (1, 0, Vec::new());
    for element in elements(text, array) {
        line += text[counted..element.start].matches('\n').count() as u64;
        counted = element.start;
        objects.push((line, element));
    }
    Ok(Document { objects, note })
}

/// Returns whether an object has an array of objects in it; the text is valid JSON.
pub(super) fn has_array(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_array = |at: usize| bytes.get(at) == Some(&b'[') && bytes.get(skip_blanks(text, at + 1)) == Some(&b'{');
    let begin = skip_blanks(text, 0);
    is_array(begin) || members(text, begin).iter().any(|(_, value)| is_array(value.start))
}

/// Returns the only array of objects in an object, and says which it is and what else is there.
fn only_array(text: &str, begin: usize) -> Result<(usize, Note), String> {
    let (mut arrays, mut others) = (Vec::new(), Vec::new());
    for (key, value) in members(text, begin) {
        let key = unquoted(&text[key])?;
        let bytes = text.as_bytes();
        let is_array = bytes.get(value.start) == Some(&b'[');
        if is_array && bytes.get(skip_blanks(text, value.start + 1)) == Some(&b'{') {
            arrays.push((key, value.start));
        } else {
            let is_next = key.to_lowercase().contains("next") || text[value].contains("\"next\"");
            others.push((key, is_next));
        }
    }
    let listed = |names: Vec<&str>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let [(name, at)] = arrays.as_slice() else {
        return Err(match arrays.len() {
            0 => "is JSON without an array of objects: expected rows in one".to_owned(),
            _ => format!(
                "has several arrays of objects, {}: expected one; write the one that is wanted into a file of its own",
                listed(arrays.iter().map(|(name, _)| name.as_str()).collect())
            ),
        });
    };
    let has_more = others.iter().any(|(_, is_next)| *is_next);
    let mut what = format!("rows are the objects in `{name}`");
    if !others.is_empty() {
        what.push_str(&format!(
            "; beside it are {}, which are not read",
            listed(others.iter().map(|(name, _)| name.as_str()).collect())
        ));
    }
    if has_more {
        what.push_str("; it is one page of several");
    }
    let note = Note {
        level: if has_more { Level::Warning } else { Level::Info },
        code: NoteCode::LinesAbove,
        column: None,
        count: others.len() as u64,
        what,
        way_out: if has_more { "join the pages first".to_owned() } else { String::new() },
    };
    Ok((*at, note))
}
