//! CSV files in, tables or errors out.

use std::fs;

use plumb_lead::Table;

use super::*;

fn read(bytes: impl AsRef<[u8]>) -> Result<CsvTable, Error> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("leads.csv");
    fs::write(&path, bytes).expect("written");
    read_csv(&path)
}

/// Writes a table as a header with kinds and then its rows, `-` for a missing value.
fn shown(table: &Table) -> String {
    let header = table.columns().iter().map(|column| format!("{}:{}", column.name, column.values.kind()));
    let mut lines = vec![header.collect::<Vec<_>>().join(" ")];
    for row in 0..table.rows() {
        let cells = table.columns().iter().map(|column| column.values.text(row).unwrap_or("-".to_owned()));
        lines.push(cells.collect::<Vec<_>>().join(" "));
    }
    lines.join("\n")
}

#[track_caller]
fn check(text: &str, delimiter: char, expected: &str) {
    let read = read(text).expect("a readable file");
    assert_eq!((read.delimiter, shown(&read.table).as_str(), read.rejected), (delimiter, expected, vec![]));
}

#[track_caller]
fn check_error(bytes: impl AsRef<[u8]>, expected: &str) {
    let error = read(bytes).expect_err("an unreadable file").to_string();
    assert!(error.contains(expected), "`{error}` does not contain `{expected}`");
}

#[test]
fn each_delimiter_is_detected() {
    for delimiter in [',', ';', '\t', '|'] {
        let text = "age|job|y\n56|clerk|no\n57|nurse|yes\n".replace('|', &delimiter.to_string());
        check(&text, delimiter, "age:number job:category y:flag\n56 clerk false\n57 nurse true");
    }
}

#[test]
fn commas_in_quotes_or_decimals_are_not_delimiters() {
    check("a;b;c\n1,5;\"x, y\";z\n2,5;\"u, v\";z\n", ';', "a:category b:category c:category\n1,5 x, y z\n2,5 u, v z");
    check("'a','b'\n'1','it, too'\n", ',', "a:number b:category\n1 it, too");
    check("a,b\n1,'tis\n2,o'clock\n", ',', "a:number b:category\n1 'tis\n2 o'clock");
    check("\"a\";\"b\"\n1;\"say \"\"hi\"\"\"\n", ';', "a:number b:category\n1 say \"hi\"");
}

#[test]
fn byte_order_mark_crlf_and_a_single_column_are_read() {
    check("\u{feff}a,b\r\n1,x\r\n2,y", ',', "a:number b:category\n1 x\n2 y");
    check("a\n1\n2\n", ',', "a:number\n1\n2");
}

#[test]
fn missing_values_are_recognised() {
    check(
        "n,f,w\n,no,x\nNA,,N/A\nnull,yes,NULL\nNaN,Unknown,?\n2.5,no,y\n",
        ',',
        "n:number f:flag w:category\n- false x\n- - -\n- true -\n- - -\n2.5 false y",
    );
    check("a,b\n,1\n,2\n", ',', "a:number b:number\n- 1\n- 2");
}

#[test]
fn flags_and_numbers_are_recognised() {
    check(
        "a,b,c,d\n0,TRUE,Yes,1\n1,FALSE,no,2\n",
        ',',
        "a:number b:flag c:flag d:number\n0 true true 1\n1 false false 2",
    );
    check("a,b,c\n-1.5e3,yes,inf\n+.5,true,1\n", ',', "a:number b:category c:category\n-1500 yes inf\n0.5 true 1");
    check("a;b\n1,000;1e39\n2,000;1\n", ';', "a:category b:category\n1,000 1e39\n2,000 1");
}

#[test]
fn a_malformed_row_is_rejected_with_its_line_and_reason() {
    let read = read(b"a,b\r\n1,x\r\n\r\n2\r\n3,\xFF\r\n4,y\r\n5,y,z\r\n").expect("two rows are good");
    assert_eq!(shown(&read.table), "a:number b:category\n1 x\n4 y");
    let rejected: Vec<String> = read.rejected.iter().map(RejectedRow::to_string).collect();
    assert_eq!(
        rejected,
        ["line 4: expected 2 fields, found 1", "line 5: `b`: not valid UTF-8", "line 7: expected 2 fields, found 3",]
    );
}

#[test]
fn an_unclosed_quote_is_rejected_with_the_lines_it_spans() {
    let read = read("a,b\n1,x\n\"2,y\n3,z\n4,u\n").expect("one row is good");
    let expected = "line 3: expected 2 fields, found 1; a quote that is opened here goes on for 3 more lines";
    assert_eq!(read.rejected.iter().map(RejectedRow::to_string).collect::<Vec<_>>(), [expected]);
}

#[test]
fn a_wrong_header_is_an_error() {
    check_error("a,b,a,c,b,a\n1,2,3,4,5,6\n", "`a` (3 times), `b` (2 times) must occur once");
    check_error("a,,b,\n1,2,3,4\n", "column 2, 4 has no name");
    check_error("56,clerk\n57,nurse\n", "`56` is a number");
    check_error("", "there is none");
    check_error(b"a,\xFF\n1,2\n", "not valid UTF-8");
}

#[test]
fn lines_are_counted_with_any_line_ending() {
    for end in ["\n", "\r\n", "\r"] {
        let read = read(["a,b", "1,2", "3", "4,5", "", "6"].join(end)).expect("two rows");
        let lines: Vec<u64> = read.rejected.iter().map(|row| row.line).collect();
        assert_eq!(lines, [3, 6], "{end:?}");
    }
}

#[test]
fn a_file_without_rows_or_without_text_is_an_error() {
    check_error("a,b\n", "leads.csv` has no rows under its header");
    check_error("a,b\n1\n", "line 2: expected 2 fields, found 1");
    check_error(b"\xFF\xFEa\0", "is in UTF-16");
    check_error(b"PAR1\0\0", "is not text");
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert!(matches!(read_csv(folder.path()), Err(Error::NotAFile(_))));
    assert!(matches!(read_csv(&folder.path().join("no.csv")), Err(Error::Missing(_))));
}
