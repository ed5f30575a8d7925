//! A header that a plan fixes: each of its names has to be in the file.

use std::collections::HashMap;

use crate::error::Error;
use crate::report::{Level, Note, NoteCode};

/// Returns the cell of each name of a plan, and what is said of names that are not in it.
/// `found` are the names of the file, `line` is where they are.
pub(super) fn places_of(
    fixed: &[String],
    found: &[String],
    file: &str,
    place: &str,
) -> Result<(Vec<usize>, Vec<Note>), Error> {
    let at: HashMap<&str, usize> = found.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let is_by_place = |name: &str| name.strip_prefix("column ").is_some_and(|number| number.parse::<usize>().is_ok());
    let missing: Vec<&String> =
        fixed.iter().filter(|name| !at.contains_key(name.as_str()) && !is_by_place(name)).collect();
    let additional: Vec<&String> = found.iter().filter(|name| !fixed.contains(name)).collect();
    if !missing.is_empty() {
        return Err(Error::Plan {
            name: file.to_owned(),
            place: place.to_owned(),
            problem: format!(
                "the plan has {}, which the file does not name{}: mend the file, or the plan's `names`, or leave `header` out \
                 there and it is found out",
                listed(&missing),
                if additional.is_empty() {
                    String::new()
                } else {
                    format!(" (it names {} instead)", listed(&additional))
                }
            ),
        });
    }
    // A column without a name that the file does not have is beyond its cells, and empty.
    let places = fixed.iter().map(|name| at.get(name.as_str()).copied().unwrap_or(usize::MAX)).collect();
    Ok((places, notes(fixed, found, &additional, &at)))
}

fn notes(fixed: &[String], found: &[String], additional: &[&String], at: &HashMap<&str, usize>) -> Vec<Note> {
    let note = |level, code, column, count, what, way_out: &str| Note {
        level,
        code,
        column,
        count,
        what,
        way_out: way_out.to_owned(),
    };
    let mut notes: Vec<Note> = additional
        .iter()
        .map(|name| {
            let what = format!("column `{name}` is not in the plan, and is left out");
            let way_out = "add it to the plan's `names`, or leave `header` out there and it is found out";
            note(Level::Warning, NoteCode::ColumnIgnored, Some((*name).clone()), 1, what, way_out)
        })
        .collect();
    for name in fixed.iter().filter(|name| !at.contains_key(name.as_str())) {
        let what = format!("the file has no {name}, which the plan calls by its place: it is taken as empty");
        notes.push(note(Level::Warning, NoteCode::ColumnName, Some(name.clone()), 1, what, ""));
    }
    let order = |names: &[String], others: &[String]| -> Vec<String> {
        names.iter().filter(|name| others.contains(name)).cloned().collect()
    };
    if order(fixed, found) != order(found, fixed) {
        let what = "the columns are in another order than in the plan: they are found by their names".to_owned();
        notes.push(note(Level::Info, NoteCode::ColumnName, None, found.len() as u64, what, ""));
    }
    notes
}

/// Returns names in backticks, the first ten.
fn listed(names: &[&String]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let rest = names.len().saturating_sub(SHOWN);
    if rest > 0 { format!("{} and {rest} more", shown.join(", ")) } else { shown.join(", ") }
}
