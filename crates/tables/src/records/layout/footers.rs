//! What stands below a table: totals, the date of an export, rows that a database client counted.

use super::looks::{Look, is_footer_text, is_total, look};
use super::shape::{Fit, Shape};
use crate::records::raw::Place;
use crate::records::source::Record;

/// The most records below a table.
pub(super) const FOOTERS_MAX: usize = 60;

/// The last records of a file, and what they are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// How many of the last records are no rows.
    pub(super) footers: usize,
    /// The line of a last record that is read as a row and may be a total.
    pub(super) doubtful_total: Option<u64>,
}

/// Decides how many of the last records are no rows. That needs evidence: a blank line above, a word for a total or for the
/// like, or a single sentence where rows have three cells and more. `may_be_short` tells that rows lack their last cells.
pub(super) fn find_footers(last: &[(Place, Record)], shape: &Shape, may_be_short: bool) -> Tail {
    let is_row = |(_, record): &(Place, Record)| is_row(record, shape) && !is_total_row(record, last, shape);
    let begin = last.iter().rposition(is_row).map_or(0, |row| row + 1);
    let evidence = |(place, record): &(Place, Record)| is_footer(place, record, shape, may_be_short);
    let footers = last[begin..].iter().position(evidence).map_or(0, |first| last.len() - begin - first);
    let doubtful_total = last[..last.len() - footers]
        .last()
        .filter(|(_, record)| first_cell(record).is_some_and(is_total))
        .map(|(place, _)| place.line);
    Tail { footers, doubtful_total }
}

fn first_cell(record: &Record) -> Option<&str> {
    record.iter().map(str::trim).find(|cell| !cell.is_empty())
}

fn filled(record: &Record) -> usize {
    record.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// Returns whether a record has the cells of a row.
fn is_row(record: &Record, shape: &Shape) -> bool {
    let is_whole = matches!(shape.fit(record), Fit::Whole | Fit::LongEmpty);
    is_whole && (filled(record) > 1 || shape.named <= 2)
}

/// Returns whether a whole record is surely a total: its first word says so, everything else in it is numbers, and a column
/// is empty that rows fill.
fn is_total_row(record: &Record, last: &[(Place, Record)], shape: &Shape) -> bool {
    if !first_cell(record).is_some_and(is_total) {
        return false;
    }
    let others: Vec<&str> = record.iter().map(str::trim).filter(|cell| !cell.is_empty()).skip(1).collect();
    let rows: Vec<&Record> = last
        .iter()
        .map(|(_, record)| record)
        .filter(|record| is_row(record, shape) && !first_cell(record).is_some_and(is_total))
        .collect();
    let fills = |at: usize| {
        let count = rows.iter().filter(|row| row.get(at).is_some_and(|cell| !cell.trim().is_empty())).count();
        !rows.is_empty() && count * 10 >= rows.len() * 9
    };
    let lacks = record.iter().enumerate().any(|(at, cell)| cell.trim().is_empty() && fills(at));
    others.iter().all(|cell| look(cell) == Look::Number) && lacks
}

/// Returns whether a record that is no row begins what stands below the table.
fn is_footer(place: &Place, record: &Record, shape: &Shape, may_be_short: bool) -> bool {
    let Some(first) = first_cell(record) else { return false };
    let is_only = filled(record) == 1;
    if is_footer_text(first) {
        return true;
    }
    if place.after_blank {
        return shape.named > 1 && (is_only || !may_be_short);
    }
    let is_sentence = first.split_whitespace().count() > 2 && look(first) == Look::Word;
    is_only && shape.named > 2 && is_sentence && !may_be_short
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { width: 3, named: 3, accepts_short: false };

    #[track_caller]
    fn check(lines: &[&str], footers: usize) {
        check_tail(lines, Tail { footers, doubtful_total: None });
    }

    #[track_caller]
    fn check_tail(lines: &[&str], expected: Tail) {
        let (mut last, mut after_blank) = (Vec::new(), false);
        for (line, text) in (1..).zip(lines) {
            if !text.is_empty() {
                let record = Record::from(text.split(',').collect::<Vec<_>>());
                last.push((Place { line, after_blank, wrong: None }, record));
            }
            after_blank = text.is_empty();
        }
        assert_eq!(find_footers(&last, &SHAPE, false), expected);
    }

    #[test]
    fn lines_below_a_blank_one_are_footers() {
        check(&["a,b,1", "c,d,2", "", "Leads of Q3", "by me, today"], 2);
    }

    #[test]
    fn rows_below_a_blank_line_are_rows() {
        check(&["a,b,1", "", "c,d,2"], 0);
    }

    #[test]
    fn a_line_that_is_cut_is_a_row() {
        check(&["a,b,1", "c,d"], 0);
        check(&["a,b,1", "c"], 0);
    }

    #[test]
    fn words_of_footers_need_no_blank_line() {
        check(&["a,b,1", "(600 rows affected)"], 1);
        check(&["a,b,1", "Total,3", "Copyright me"], 2);
    }

    #[test]
    fn a_broken_row_above_a_footer_is_a_row() {
        check(&["a,b,1", "c,d", "(600 rows affected)"], 1);
    }

    #[test]
    fn a_total_of_full_length_is_a_footer_where_keys_are_empty() {
        check(&["a,b,1", "c,d,2", "Total,,3"], 1);
    }

    #[test]
    fn a_total_that_may_be_a_row_is_said() {
        check_tail(&["a,b,1", "Total,d,2"], Tail { footers: 0, doubtful_total: Some(2) });
    }
}
