//! What was read and what was set aside: all that the report of reading says.

use maud::{Markup, html};
use plumb_profile::wording::count;
use plumb_tables::{Level, Note, ReadingReport};

use crate::lifecycle::profile::outcome::ProfileOutcome;

pub(super) fn reading(outcome: &ProfileOutcome) -> Markup {
    html! {
        @if let Some(report) = &outcome.reading { (of_report(report)) }
        @if let Some(against) = &outcome.against {
            h3 { "Compared with " (against.title) }
            (of_report(&against.reading))
        }
    }
}

fn of_report(report: &ReadingReport) -> Markup {
    let of = |level: Level| report.notes.iter().filter(move |note| note.level == level);
    let listed = report.set_aside.len() as u64;
    html! {
        p {
            (count(report.rows_read)) " rows were read from " code { (report.file) } ", "
            @if report.rows_set_aside == 0 { "and no record was set aside." } @else { (count(report.rows_set_aside)) " records were set aside." }
        }
        ul.notes { @for note in of(Level::Warning) { li.warning { (note_text(note)) } } }
        ul.notes { @for note in of(Level::Info) { li { (note_text(note)) } } }
        @if !report.set_aside.is_empty() {
            details open[report.set_aside.len() <= 20] {
                summary { "Records set aside" }
                @if listed < report.rows_set_aside { p.muted { "The first " (count(listed)) " of " (count(report.rows_set_aside)) "." } }
                div.scroll tabindex="0" { table {
                    thead { tr { th { "Line" } th { "Column" } th { "Lost" } th { "Why" } } }
                    tbody { @for record in &report.set_aside { tr {
                        td { (record.line) }
                        td { @if let Some(column) = &record.column { code { (column) } } }
                        td { (if record.is_row { "yes" } else { "no: it is no row" }) }
                        td { (ticked(&record.reason)) }
                    } } }
                } }
            }
        }
    }
}

fn note_text(note: &Note) -> Markup {
    html! {
        @if let Some(column) = &note.column { code { (column) } ": " }
        (ticked(&note.what))
        @if !note.way_out.is_empty() { span.muted { "; " (ticked(&note.way_out)) } }
    }
}

/// Returns a message with its `values` set apart.
pub(super) fn ticked(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
