//! Workbooks.

use std::io::Write;

use super::*;

/// A workbook of XLSX with sheets of XML rows, and whether each is hidden.
fn workbook(sheets: &[(&str, bool, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut add = |name: &str, text: String| {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("it is read");
        archive.write_all(text.as_bytes()).expect("it is read");
    };
    let all = |one: fn(usize, &(&str, bool, &str)) -> String| -> String {
        sheets.iter().enumerate().map(|(at, sheet)| one(at + 1, sheet)).collect()
    };
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    add(
        "[Content_Types].xml",
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned(),
    );
    let office = "<Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/>";
    add("_rels/.rels", format!("<Relationships xmlns=\"{package}\">{office}</Relationships>"));
    let names = all(|number, (name, is_hidden, _)| {
        let state = if *is_hidden { "state=\"hidden\" " } else { "" };
        format!("<sheet name=\"{name}\" sheetId=\"{number}\" {state}r:id=\"r{number}\"/>")
    });
    add(
        "xl/workbook.xml",
        format!("<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>{names}</sheets></workbook>"),
    );
    let targets = all(|number, _| {
        format!(
            "<Relationship Id=\"r{number}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>"
        )
    });
    add("xl/_rels/workbook.xml.rels", format!("<Relationships xmlns=\"{package}\">{targets}</Relationships>"));
    let formats = "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs>";
    add("xl/styles.xml", format!("<styleSheet xmlns=\"{main}\">{formats}</styleSheet>"));
    for (at, (_, _, rows)) in sheets.iter().enumerate() {
        let text = format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>");
        add(&format!("xl/worksheets/sheet{}.xml", at + 1), text);
    }
    archive.finish().expect("it is read").into_inner()
}

/// A row of texts, or of XML of cells where they begin with `<`.
fn row(number: usize, first: u8, cells: &[&str]) -> String {
    let cells: String = cells
        .iter()
        .zip(first..)
        .map(|(cell, column)| {
            let place = format!("{}{number}", char::from(column));
            match cell.strip_prefix('<') {
                Some(cell) => format!("<c r=\"{place}\" {cell}</c>"),
                None => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
            }
        })
        .collect();
    format!("<row r=\"{number}\">{cells}</row>")
}

#[test]
fn a_sheet_is_read_with_titles_above_and_a_total_below() {
    let rows = [
        row(1, b'B', &["Leads of Q3"]),
        row(3, b'B', &["id", "name", "since", "sum", "won"]),
        row(4, b'B', &["<><v>1</v>", "Ann", "<s=\"1\"><v>45663</v>", "<><v>1.5</v>", "<t=\"b\"><v>1</v>"]),
        row(6, b'B', &["<><v>2</v>", "Bob", "<s=\"1\"><v>45664.5</v>", "<><v>2.25</v>", "<t=\"e\"><v>#N/A</v>"]),
        row(8, b'B', &["Total", "", "", "<><f>SUM(E4:E6)</f><v>3.75</v>"]),
    ];
    let bytes = workbook(&[("Notes", false, &row(1, b'A', &["x"])), ("Leads", false, &rows.concat())]);
    let expected = ["1|Ann|2025-01-06|1.5|TRUE", "2|Bob|2025-01-07 12:00:00|2.25|#N/A"];
    let read = check_bytes(&bytes, "id|name|since|sum|won", &expected);
    read.says(Level::Info, NoteCode::Sheet, "`Leads` is read")
        .says(Level::Info, NoteCode::Sheet, "`Notes` (1 cells)")
        .sets_aside(&[(1, false, "Leads of Q3"), (8, false, "Total | 3.75")]);
    assert_eq!((read.lines, read.plan.sheet.as_deref()), (vec![4, 6], Some("Leads")));
}

#[test]
fn a_sheet_of_the_plan_is_read_and_a_hidden_one_said() {
    let table = |name: &str| [row(1, b'A', &["k", name]), row(2, b'A', &["a", "<><v>1</v>"])].concat();
    let bytes = workbook(&[("One", false, &table("x")), ("Two", true, &table("y"))]);
    check_bytes(&bytes, "k|x", &["a|1"]).says(Level::Warning, NoteCode::Sheet, "`Two` (hidden, 4 cells)");
    let plan = FilePlan { sheet: Some("Two".to_owned()), ..FilePlan::default() };
    assert_eq!(read_by(&bytes, &plan).expect("it is read").names, ["k", "y"]);
    let plan = FilePlan { sheet: Some("Three".to_owned()), ..FilePlan::default() };
    refuses(&bytes, &plan, &["`Three`", "`One`, `Two`"]);
}

#[test]
fn formulas_without_values_are_said() {
    let rows = [row(1, b'A', &["k", "x"]), row(2, b'A', &["a", "<><f>1+1</f>"]), row(3, b'A', &["b", "<><v>5</v>"])];
    check_bytes(&workbook(&[("S", false, &rows.concat())]), "k|x", &["a|", "b|5"]).says(
        Level::Warning,
        NoteCode::CellUnreadable,
        "1 formulas have no value",
    );
}

#[test]
fn two_cells_far_apart_cost_no_memory() {
    let rows = format!("{}{}", row(1, b'A', &["k", "x"]), "<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>");
    assert!(read(&workbook(&[("S", false, &rows)])).is_ok());
}

#[test]
fn other_documents_are_refused_by_name() {
    let archive = |name: &str| {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("it is read");
        archive.write_all(b"a,b\n1,2\n").expect("it is read");
        archive.finish().expect("it is read").into_inner()
    };
    refuses(&archive("word/document.xml"), &FilePlan::default(), &["Word document"]);
    refuses(&archive("leads.csv"), &FilePlan::default(), &["ZIP archive with `leads.csv`", "unpack"]);
    let compound = |stream: &str| {
        let name: Vec<u8> = stream.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &[0; 600], &name].concat()
    };
    refuses(&compound("EncryptedPackage"), &FilePlan::default(), &["password"]);
    refuses(&compound("WordDocument"), &FilePlan::default(), &["Word document (.doc)"]);
    refuses(&compound("Workbook"), &FilePlan::default(), &["cannot be read"]);
    refuses(b"<html><table><tr><td>a</td></tr></table>", &FilePlan::default(), &["HTML", "XLSX or CSV"]);
    refuses(b"<?xml version=\"1.0\"?><Workbook/>", &FilePlan::default(), &["Excel 2003", "XLSX or CSV"]);
}
