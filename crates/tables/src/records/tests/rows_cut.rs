//! Rows: separators, quotes, line breaks, and what stands around and between them.

use super::*;

#[test]
fn a_line_of_instruction_is_no_header() {
    check("sep=;\r\na;b\r\n1,5;x\r\n", "a|b", &["1,5|x"])
        .says(Level::Info, NoteCode::Separator, "the first line")
        .sets_aside(&[]);
}

#[test]
fn text_formulas_are_texts_and_counted() {
    check("id;n\n=\"00001\";1\n=\"00002\";2\n", "id|n", &["00001|1", "00002|2"]).says(
        Level::Info,
        NoteCode::Separator,
        "2 cells are formulas of a text, such as `=\"00001\"`",
    );
}

#[test]
fn lines_are_counted_through_breaks_within_quotes_and_empty_lines() {
    let read = check("a,b\r\n\r\n1,\"x\r\ny\"\r\n\r\n2,z\r\n", "a|b", &["1|x\r\ny", "2|z"]);
    assert_eq!(read.lines, [3, 6]);
    assert_eq!(check("a,b\r1,x\r\r2,y\r", "a|b", &["1|x", "2|y"]).lines, [2, 4]);
}

#[test]
fn a_quote_that_is_never_closed_costs_its_line_alone() {
    check("a,b\n1,x\n2,\"y\n3,z\n4,w\n", "a|b", &["1|x", "3|z", "4|w"]).sets_aside(&[(3, true, "never closed: `\"y`")]);
    check("a,b\n1,\"x,\n2,\"y\"\n3,z\n", "a|b", &["2|y", "3|z"]).sets_aside(&[(2, true, "never closed")]);
}

#[test]
fn a_cell_with_lines_in_it_that_look_like_rows_is_said() {
    let text = "a,b,c\n1,\"x,5\n2,y,6\n3,z\",7\n4,w,8\n";
    check(text, "a|b|c", &["1|x,5\n2,y,6\n3,z|7", "4|w|8"]).says(
        Level::Warning,
        NoteCode::Separator,
        "the first in line 2",
    );
}

#[test]
fn quotes_that_are_not_doubled_are_said() {
    check("a,b\n1,\"the \"best\" one\"\n2,x\n", "a|b", &["1|the \"best\" one", "2|x"]).says(
        Level::Warning,
        NoteCode::Separator,
        "the first in line 2",
    );
}

#[test]
fn lines_around_the_table_are_set_aside_and_said() {
    let text = "Leads of Q3\nfor sales\n\nid,name,won\n1,Ann,1\n2,Bob,0\n\n\"All leads\"\n\"Copyright (c) 2026\"\nConfidential, do not copy\n";
    let read = check(text, "id|name|won", &["1|Ann|1", "2|Bob|0"]);
    read.sets_aside(&[
        (1, false, "above the table: `Leads of Q3`"),
        (2, false, "for sales"),
        (8, false, "below the table: `All leads`"),
        (9, false, "Copyright"),
        (10, false, "Confidential"),
    ]);
    read.says(Level::Info, NoteCode::LinesAbove, "`Leads of Q3`").says(
        Level::Info,
        NoteCode::Footer,
        "3 records at the end",
    );
    assert_eq!((read.plan.footer_lines, read.plan.header.expect("it is read").lines_above), (Some(3), 3));
}

#[test]
fn lines_that_a_spreadsheet_filled_are_titles_and_totals_too() {
    let text = "Leads;;;\n;;;\nid;name;city;sum\n1;Ann;Rome;5\n2;Bob;Paris;6\n;;;\nTotal;;;11\n";
    check(text, "id|name|city|sum", &["1|Ann|Rome|5", "2|Bob|Paris|6"])
        .sets_aside(&[(1, false, "Leads"), (7, false, "Total | 11")]);
}

#[test]
fn a_row_of_wrong_length_in_the_midst_is_a_row_that_is_lost() {
    let text = "a,b,c\n1,x,5\n2,y\n3,z,6,7\n4,w,8\n\n5,v,9\n";
    check(text, "a|b|c", &["1|x|5", "4|w|8", "5|v|9"])
        .sets_aside(&[(3, true, "expected 3 cells, found 2"), (4, true, "`7` is too many")]);
}

#[test]
fn a_row_that_is_cut_at_the_end_is_a_row_that_is_lost() {
    check("a,b,c\n1,x,5\n2,y,6\n3,z", "a|b|c", &["1|x|5", "2|y|6"]).sets_aside(&[(4, true, "found 2")]);
}

#[test]
fn rows_without_their_last_cells_are_rows_where_a_program_leaves_out_empty_ones() {
    let text = "a,b,c\n1,x,5\n2,y\n3\n4,w,8\n5,v\n6,u,9\n";
    check(text, "a|b|c", &["1|x|5", "2|y|", "3||", "4|w|8", "5|v|", "6|u|9"])
        .says(Level::Warning, NoteCode::RowLength, "3 rows have fewer than 3 cells, the first in line 3")
        .sets_aside(&[]);
    let text = "a,b,c\n1,x,5\n2,y\n3,z,\n4,w,8\n5,v\n6,u,9\n";
    assert_eq!(
        read(text.as_bytes()).expect("it is read").rows.len(),
        4,
        "a row has its empty last cell: the others are cut"
    );
}

#[test]
fn cells_too_many_are_left_out_where_they_are_empty() {
    check("a,b\n1,x,\n2,y,\n3,z\n", "a|b", &["1|x", "2|y", "3|z"]).says(
        Level::Info,
        NoteCode::RowLength,
        "2 rows have more than 2 cells",
    );
}

#[test]
fn a_header_in_the_midst_is_set_aside_and_said() {
    check("a,b\n1,x\na,b\n2,y\n", "a|b", &["1|x", "2|y"])
        .says(Level::Warning, NoteCode::RowLength, "name the columns once more, the first in line 3")
        .sets_aside(&[(3, false, "once more")]);
}

#[test]
fn a_total_that_may_be_a_row_is_warned_of() {
    let read = check("a,b,c\nx,y,5\nTotal,z,6\n", "a|b|c", &["x|y|5", "Total|z|6"]);
    read.says(Level::Warning, NoteCode::Footer, "line 3");
}

#[test]
fn the_separator_is_seen_where_the_beginning_tells_little() {
    let mut text = "note;amount\n".to_owned();
    (0..50_000).for_each(|row| text.push_str(&format!("a note, number {row};{},{}\n", row % 7, row % 10)));
    let read = read(text.as_bytes()).expect("it is read");
    assert_eq!((read.names.join("|").as_str(), read.rows.len()), ("note|amount", 50_000));
}
