//! JSON and JSON Lines.

use super::*;
use crate::plan::FileFormat;

#[test]
fn an_array_of_objects_is_a_table() {
    let text =
        "[\n {\"id\": 90071992547409920001, \"a\": {\"b\": \"x\"}},\n {\"id\": 2, \"late\": [1], \"a\": null}\n]\n";
    let read = check(text, "id|a_b|late|a", &["90071992547409920001|x||", "2||[1]|"]);
    assert_eq!((read.lines, read.plan.format), (vec![2, 3], Some(FileFormat::Json)));
}

#[test]
fn the_only_array_in_an_object_is_the_table_and_said() {
    let text =
        "{\"total\": 2, \"results\": [{\"id\": \"1\"}, {\"id\": \"2\"}], \"paging\": {\"next\": {\"after\": \"3\"}}}";
    check(text, "id", &["1", "2"]).says(
        Level::Warning,
        NoteCode::LinesAbove,
        "`results`; beside it are `total`, `paging`",
    );
    refuses(b"{\"a\": [{\"x\": 1}], \"b\": [{\"y\": 1}]}", &FilePlan::default(), &["several arrays", "`a`, `b`"]);
    refuses(b"{\n\"a\": 1\n}", &FilePlan::default(), &["without an array of objects"]);
    refuses(b"[{\"a\": 1}, {\"a\"", &FilePlan::default(), &["is not JSON", "line 1"]);
}

#[test]
fn lines_are_objects_and_what_is_none_is_set_aside() {
    let text = "\u{FEFF}{\"id\": 1, \"n\": \"x\"}\n\n{\"id\": 2, \"n\"\n[{\"id\": 3}, {\"id\": 4}]\r\n5\n{\"id\": 6, \"id\": 7}";
    let read = check(text, "id|n", &["1|x", "3|", "4|", "7|"]);
    read.sets_aside(&[(3, true, "is not JSON"), (5, true, "found `5`")]);
    read.says(Level::Warning, NoteCode::ColumnName, "1 fields have a name");
    assert_eq!((read.lines, read.plan.format), (vec![1, 4, 4, 6], Some(FileFormat::Jsonl)));
    check("{\"id\": 1}", "id", &["1"]);
}

#[test]
fn a_plan_maps_fields_by_name() {
    let plan = read(b"{\"a\": 1, \"b\": 2}\n{\"a\": 3}\n").expect("it is read").plan;
    let read = read_by(b"{\"b\": 5, \"c\": 6, \"a\": 4}\n", &plan).expect("it is read");
    assert_eq!((read.names.join("|").as_str(), read.rows[0].join("|").as_str()), ("a|b", "4|5"));
    read.says(Level::Warning, NoteCode::ColumnIgnored, "`c`");
    refuses(b"{\"a\": 1}\n{\"a\": 2}\n", &plan, &["no column `b`"]);
}

#[test]
fn a_table_whose_names_are_in_brackets_is_no_json() {
    check("[id],[name]\n1,Ann\n2,Bob\n", "[id]|[name]", &["1|Ann", "2|Bob"]);
}
