//! Plans that fix how a file is read.

use super::*;
use crate::plan::{Compression, FileFormat, HeaderPlan};

fn plan() -> FilePlan {
    read(b"id;name;sum\n1;Ann;1,5\n2;Bob;2,5\nTotal;;4\n").expect("it is read").plan
}

#[test]
fn a_plan_is_complete() {
    let expected = FilePlan {
        format: Some(FileFormat::Csv),
        compression: Some(Compression::None),
        encoding: Some("utf-8".to_owned()),
        separator: Some(';'),
        quote: Some('"'),
        escape: None,
        sheet: None,
        header: Some(HeaderPlan {
            lines_above: 0,
            names: ["id", "name", "sum"].map(str::to_owned).to_vec(),
            absent: false,
        }),
        footer_lines: Some(1),
    };
    assert_eq!(plan(), expected);
}

#[test]
fn columns_are_found_by_their_names() {
    let read = read_by(b"sum;new;id;name\n1,5;x;1;Ann\nTotal\n", &plan()).expect("it is read");
    assert_eq!(read.names, ["id", "name", "sum"]);
    assert_eq!(read.rows, [["1", "Ann", "1,5"]]);
    read.says(Level::Warning, NoteCode::ColumnIgnored, "`new` is not in the plan").says(
        Level::Info,
        NoteCode::ColumnName,
        "another order",
    );
}

#[test]
fn a_name_that_is_missing_is_an_error() {
    refuses(b"id;Name;sum\n1;Ann;1,5\nTotal\n", &plan(), &["line 1", "`name`", "`Name`"]);
    refuses(b"id,name,sum\n1,Ann,2\nTotal\n", &plan(), &["`id`", "`id,name,sum`"]);
}

#[test]
fn last_lines_that_look_like_rows_are_an_error() {
    refuses(b"id;name;sum\n1;Ann;1,5\n2;Bob;2,5\n", &plan(), &["line 3", "footer_lines"]);
}

#[test]
fn the_header_is_found_where_more_titles_stand_above_it() {
    let read = read_by(b"Leads\n\nid;name;sum\n1;Ann;1,5\nTotal\n", &plan()).expect("it is read");
    assert_eq!((read.rows.len(), read.plan.header.expect("it is read").lines_above), (1, 2));
}

#[test]
fn names_can_be_given_to_a_file_without() {
    let header = HeaderPlan { lines_above: 0, names: vec!["id".to_owned(), "name".to_owned()], absent: true };
    let plan = FilePlan { header: Some(header), ..FilePlan::default() };
    let read = read_by(b"1,Ann\n2,Bob\n", &plan).expect("it is read");
    assert_eq!((read.names.join("|").as_str(), read.rows.len()), ("id|name", 2));
    refuses(b"1,Ann,5\n2,Bob,6\n", &plan, &["3 cells"]);
    refuses(b"id,name\n1,Ann\n", &plan, &["absent = true"]);
}

#[test]
fn a_compression_that_the_file_has_not_is_an_error() {
    let plan = FilePlan { compression: Some(Compression::Gzip), ..FilePlan::default() };
    refuses(b"a,b\n1,2\n", &plan, &["compression"]);
}
