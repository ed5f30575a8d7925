//! A header that a plan fixes: each of its names has to be in the file.

use std::collections::{HashMap, HashSet};

use super::names::plain;
use crate::error::Error;
use crate::plan::HeaderPlan;
use crate::records::raw::Place;
use crate::records::source::Record;
use crate::report::{Level, Note, NoteCode};

/// Records among which the names of a plan are looked for, if they are not where it says.
const ABOVE_MAX: usize = 40;

/// Returns the position of a plan's header, or of the first row if there is none: where the plan says, or, if more or fewer
/// titles stand above it now, where its names are.
pub(super) fn fixed_position(head: &[(Place, Record)], fixed: &HeaderPlan) -> usize {
    let told = head.iter().take_while(|(place, _)| place.line <= fixed.lines_above).count();
    let wanted: HashSet<&str> = fixed.names.iter().map(String::as_str).filter(|name| !is_given(name)).collect();
    let names_all = |(_, record): &(Place, Record)| {
        let names: HashSet<String> = record.iter().map(plain).collect();
        !wanted.is_empty() && wanted.iter().all(|name| names.contains(*name))
    };
    if fixed.absent || head.get(told).is_some_and(names_all) {
        return told;
    }
    head.iter().take(ABOVE_MAX).position(names_all).unwrap_or(told)
}

/// Returns whether a name may have been given by this program: by place, or to tell it from another.
fn is_given(name: &str) -> bool {
    let is_number = |text: &str| text.parse::<usize>().is_ok();
    is_by_place(name) || name.rsplit_once('.').is_some_and(|(_, number)| is_number(number))
}

fn is_by_place(name: &str) -> bool {
    name.strip_prefix("column ").is_some_and(|number| number.parse::<usize>().is_ok())
}

/// Returns the cell of each name of a plan, and what is said of names that are not in it.
/// `found` are the names of the file, `line` is where they are.
pub(crate) fn places_of(
    fixed: &[String],
    found: &[String],
    file: &str,
    place: &str,
) -> Result<(Vec<usize>, Vec<Note>), Error> {
    let at: HashMap<&str, usize> = found.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let missing: Vec<&String> =
        fixed.iter().filter(|name| !at.contains_key(name.as_str()) && !is_by_place(name)).collect();
    let additional: Vec<&String> = found.iter().filter(|name| !fixed.contains(name)).collect();
    if !missing.is_empty() {
        return Err(Error::Plan {
            name: file.to_owned(),
            place: place.to_owned(),
            problem: format!(
                "no column {}, which the plan names{}: mend the file, or the plan's `names`, or leave `header` out \
                 there and it is found out",
                listed(&missing),
                if additional.is_empty() {
                    String::new()
                } else {
                    format!(" (the file has {} instead)", listed(&additional))
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
