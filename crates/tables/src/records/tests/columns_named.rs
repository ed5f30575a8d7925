//! Names of columns, and files without.

use super::*;

#[test]
fn a_column_without_a_name_is_called_by_its_place() {
    check(",source,won\n0,Web,1\n1,Ads,0\n", "column 1|source|won", &["0|Web|1", "1|Ads|0"]).says(
        Level::Info,
        NoteCode::ColumnName,
        "`column 1`",
    );
    check("a,b,\n1,x,\n2,y,\n", "a|b|column 3", &["1|x|", "2|y|"]);
}

#[test]
fn names_are_trimmed_told_apart_and_put_on_one_line() {
    check(
        "Won, Won ,\"Annual\nRevenue\",won\n1,1,5,0\n0,0,6,1\n",
        "Won|Won.2|Annual Revenue|won.3",
        &["1|1|5|0", "0|0|6|1"],
    )
    .says(Level::Warning, NoteCode::ColumnName, "`Won.2`")
    .says(Level::Warning, NoteCode::ColumnName, "differs from `Won` by case only")
    .says(Level::Info, NoteCode::ColumnName, "Annual⏎Revenue");
}

#[test]
fn a_file_without_names_is_read_from_its_first_line() {
    let read =
        check("1,x,2026-01-05\n2,y,2026-01-06\n", "column 1|column 2|column 3", &["1|x|2026-01-05", "2|y|2026-01-06"]);
    read.says(Level::Warning, NoteCode::ColumnName, "line 1 looks like a row");
    assert!(read.plan.header.expect("it is read").absent);
}

#[test]
fn names_of_groups_stand_above_the_names() {
    check("Contact,,Deal,\nName,City,Amount,Stage\nAnn,Rome,1,won\n", "Name|City|Amount|Stage", &["Ann|Rome|1|won"])
        .says(Level::Warning, NoteCode::LinesAbove, "Contact | Deal");
}

#[test]
fn cells_beyond_the_names_are_columns_if_rows_fill_them() {
    check("a,b\n5,x,p\n7,y,q\n9,z,r\n", "a|b|column 3", &["5|x|p", "7|y|q", "9|z|r"]).says(
        Level::Warning,
        NoteCode::ColumnName,
        "rows have 3 cells, and the header 2 names",
    );
    check("city,won\n1,Rome,0\n2,Paris,1\n3,Rome,1\n", "column 1|city|won", &["1|Rome|0", "2|Paris|1", "3|Rome|1"]);
}

#[test]
fn a_name_without_an_end_is_refused() {
    refuses(format!("{},b\n1,2\n", "x".repeat(600)).as_bytes(), &FilePlan::default(), &["600 bytes", "512"]);
}
