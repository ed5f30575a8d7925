//! Finds the line that names the columns.

use std::collections::{BTreeMap, HashSet};

use super::looks::{Look, look};
use super::shape::last_filled;
use crate::records::raw::Place;
use crate::records::source::Record;

/// Records at the beginning that are looked at.
pub(super) const HEAD_RECORDS: usize = 300;

/// Records among which the header is looked for.
const ABOVE_MAX: usize = 40;

/// Where the table begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The record of the names, or the first row if no line names the columns.
    pub(super) index: usize,
    /// Whether there is no line of names.
    pub(super) is_absent: bool,
}

/// Finds the header among the first records, which are not all blank.
pub(super) fn find_header(head: &[(Place, Record)]) -> Found {
    let width = body_width(head);
    let begin = first_of_width(head, width);
    // Names that are fewer than the cells: of a frame's row numbers, or of last columns that nobody named.
    let begin = match begin.checked_sub(1) {
        Some(before) if is_data(&head[begin].1) && may_name(&head[before].1, width) => before,
        _ => begin,
    };
    // Notes in several cells, with a blank line between them and the names.
    let is_note = |at: usize| {
        let next = head.get(at + 1);
        filled(&head[at].1) < extent(head, width)
            && next.is_some_and(|(place, record)| place.after_blank && filled(record) > filled(&head[at].1))
    };
    let begin = (begin..head.len().min(ABOVE_MAX)).find(|at| !is_note(*at)).unwrap_or(begin);
    let is_absent = !names_columns(&head[begin].1, &head[begin + 1..]);
    Found { index: begin, is_absent }
}

/// Returns the cells that most records have. Lines of one cell do not count beside others: a short table may have more of
/// them around it than rows.
pub(super) fn body_width(head: &[(Place, Record)]) -> usize {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    head.iter().for_each(|(_, record)| *counts.entry(record.len()).or_default() += 1);
    if counts.len() > 1 {
        counts.remove(&1);
    }
    counts.into_iter().max_by_key(|(width, count)| (*count, *width)).map_or(1, |(width, _)| width)
}

/// Returns the last cell, from 1, that has something in it in any of the records.
pub(super) fn extent(records: &[(Place, Record)], width: usize) -> usize {
    records.iter().filter(|(_, record)| record.len() == width).map(|(_, record)| last_filled(record)).max().unwrap_or(0)
}

fn filled(record: &Record) -> usize {
    record.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// Returns the first record that has nearly as many cells with something in them as the table has columns. Titles have one or
/// two, also where a spreadsheet has filled their lines with empty cells; lines above groups of columns about half.
fn first_of_width(head: &[(Place, Record)], width: usize) -> usize {
    let near = &head[..head.len().min(ABOVE_MAX)];
    let used = extent(head, width).max(1);
    let is_full = |(_, record): &&(Place, Record)| record.len() >= width.min(used) && filled(record) * 5 >= used * 3;
    let full = near.iter().position(|each| is_full(&each));
    full.or_else(|| near.iter().position(|(_, record)| record.len() >= width && filled(record) > 0)).unwrap_or(0)
}

fn is_data(record: &Record) -> bool {
    record.iter().any(|cell| matches!(look(cell), Look::Number | Look::Date | Look::Email))
}

/// Returns whether a record could name columns, though it has fewer cells.
fn may_name(record: &Record, width: usize) -> bool {
    let names: Vec<&str> = record.iter().map(str::trim).filter(|cell| !cell.is_empty()).collect();
    let distinct: HashSet<&&str> = names.iter().collect();
    !is_data(record) && distinct.len() == names.len() && record.len() * 2 >= width && (record.len() >= 2 || width == 2)
}

/// Returns whether a record names the columns of the records below it.
fn names_columns(first: &Record, body: &[(Place, Record)]) -> bool {
    let (mut alike, mut other) = (Vec::new(), 0);
    for (at, cell) in first.iter().enumerate() {
        match (common_look(body, at), look(cell)) {
            (Some(common), own) if common == own => alike.push(cell.trim()),
            (Some(_), Look::Word) => other += 1,
            _ => {}
        }
    }
    if body.is_empty() {
        return !first.iter().any(|cell| matches!(look(cell), Look::Date | Look::Email));
    }
    if !alike.is_empty() {
        return other > 0 && !first.iter().any(|cell| look(cell) == Look::Email) || counts_up(&alike);
    }
    other > 0 || !recurs(first, body)
}

/// Returns what nearly all cells of a column look like, unless that is words.
fn common_look(body: &[(Place, Record)], at: usize) -> Option<Look> {
    let looks = body.iter().filter_map(|(_, record)| record.get(at)).map(look).filter(|look| *look != Look::Empty);
    let (mut counts, mut all) = ([0; 3], 0);
    for look in looks {
        all += 1;
        match look {
            Look::Number => counts[0] += 1,
            Look::Date => counts[1] += 1,
            Look::Email => counts[2] += 1,
            _ => {}
        }
    }
    let found = counts.iter().position(|count| all > 0 && count * 10 >= all * 8)?;
    Some([Look::Number, Look::Date, Look::Email][found])
}

/// Returns whether names are years or numbers in a row, as a pivot table has them.
fn counts_up(names: &[&str]) -> bool {
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    numbers.is_some_and(|numbers| {
        let are_years = numbers.iter().all(|number| (1900..2100).contains(number));
        numbers.len() >= if are_years { 2 } else { 3 }
            && numbers.windows(2).all(|two| two[1] == two[0].saturating_add(1))
    })
}

/// Returns whether the words of a record are those of rows: most of them occur again in their column.
fn recurs(first: &Record, body: &[(Place, Record)]) -> bool {
    let others: Vec<&Record> = body.iter().map(|(_, record)| record).filter(|record| *record != first).collect();
    let cells = || first.iter().enumerate().filter(|(_, cell)| !cell.trim().is_empty());
    let again = cells().filter(|(at, cell)| others.iter().any(|record| record.get(*at) == Some(*cell))).count();
    again > 0 && again * 2 >= cells().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &[&str], index: usize, is_absent: bool) {
        let record = |line: &&str| (Place::default(), Record::from(line.split(',').collect::<Vec<_>>()));
        let head: Vec<(Place, Record)> = lines.iter().map(record).collect();
        assert_eq!(find_header(&head), Found { index, is_absent });
    }

    #[test]
    fn the_first_line_names_the_columns() {
        check(&["a,b", "1,x", "2,y"], 0, false);
        check(&["name,city", "Ann,Rome", "Bob,Paris"], 0, false);
    }

    #[test]
    fn titles_stand_above() {
        check(&["Leads of Q3", "for sales", "a,b,c", "1,x,3", "2,y,3"], 2, false);
        check(&["Leads of Q3,,", ",,", "a,b,c", "1,x,3", "2,y,3"], 2, false);
    }

    #[test]
    fn groups_of_columns_stand_above() {
        check(&["Contact,,Deal,", "Name,City,Amount,Stage", "Ann,Rome,1,won", "Bob,Paris,2,lost"], 1, false);
    }

    #[test]
    fn a_first_column_without_a_name_is_no_title() {
        check(&[",source,won", "0,Web,1", "1,Ads,0"], 0, false);
        check(&[",x", "0,5", "1,6"], 0, false);
    }

    #[test]
    fn values_are_no_names() {
        check(&["1,x,2026-01-01", "2,y,2026-01-02", "3,z,2026-01-03"], 0, true);
        check(&["a@x.org,Web", "b@x.org,Ads", "c@x.org,Web"], 0, true);
        check(&["Web,yes", "Ads,no", "Web,no", "Ads,yes"], 0, true);
    }

    #[test]
    fn years_are_names() {
        check(&["2019,2020,2021", "5,6,7", "8,9,10"], 0, false);
        check(&["Region,2019,2020", "North,6,7", "South,9,10"], 0, false);
    }

    #[test]
    fn names_may_be_fewer_than_cells() {
        check(&["a,b", "1,x,5", "2,y,6", "3,z,7"], 0, false);
    }
}
