//! The same leads as a workbook, as JSON, as JSON Lines, compressed, and from standard input.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::leads::{Lead, features, folder, leads, models, plain, quick};

const NAMES: &str = "source,revenue,employees,discount,won";

#[test]
fn every_format_gives_the_same_figures() {
    let leads = leads(700);
    let text = plain(&leads, NAMES);
    let folder = folder("leads.csv", &text);
    let write = |file: &str, bytes: &[u8]| std::fs::write(folder.path().join(file), bytes).expect("writable");
    let lines: Vec<String> = leads.iter().map(json).collect();
    write("leads.json", format!("[{}]", lines.join(",\n")).as_bytes());
    write("leads.jsonl", lines.join("\n").as_bytes());
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).expect("memory can be written");
    write("leads.csv.gz", &gzip.finish().expect("memory can be written"));
    write("leads.xlsx", &workbook(&leads));
    let reference = quick(folder.path(), "leads.csv", &["--target", "won"]);
    for (file, arguments) in
        [("leads.json", &[][..]), ("leads.jsonl", &[]), ("leads.csv.gz", &[]), ("leads.xlsx", &["--sheet", "Leads"])]
    {
        let arguments =
            [&["--target", "won", "--out", file.split_once('.').map_or(file, |(_, ending)| ending)], arguments]
                .concat();
        let outcome = quick(folder.path(), file, &arguments);
        assert_eq!(models(&outcome, "random"), models(&reference, "random"), "{file}");
    }
    assert_eq!(features(&folder.path().join("xlsx")), ["source", "revenue", "employees", "discount"]);
    assert!(folder.path().join("plumb-quick/leads/reading.toml").is_file());
}

#[test]
fn standard_input_is_a_file_too() {
    let folder = folder("unused", "");
    let mut process = Command::new(env!("CARGO_BIN_EXE_plumb"))
        .current_dir(folder.path())
        .args(["quick", "-", "--target", "won", "--out", "kept"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = process.stdin.take().expect("its input is ours");
    input.write_all(plain(&leads(400), NAMES).as_bytes()).expect("it reads");
    drop(input);
    let output = process.wait_with_output().expect("it ends");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.starts_with("standard input: 400 rows"), "{printed}");
}

fn json(lead: &Lead) -> String {
    let (revenue, discount) = (lead.revenue as f64 / 100.0, lead.discount as f64 / 10.0);
    format!(
        "{{\"source\": \"{}\", \"revenue\": {revenue}, \"employees\": {}, \"discount\": {discount}, \"won\": \"{}\"}}",
        lead.source,
        lead.employees,
        if lead.won { "yes" } else { "no" }
    )
}

/// A workbook of two sheets, of which the second has the leads.
fn workbook(leads: &[Lead]) -> Vec<u8> {
    let text = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let number = |number: f64| format!("<c><v>{number}</v></c>");
    let header: String = NAMES.split(',').map(text).collect();
    let rows: String = leads
        .iter()
        .map(|lead| {
            format!(
                "<row>{}{}{}{}{}</row>",
                text(lead.source),
                number(lead.revenue as f64 / 100.0),
                number(lead.employees as f64),
                number(lead.discount as f64 / 10.0),
                text(if lead.won { "yes" } else { "no" })
            )
        })
        .collect();
    let sheet = |rows: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><worksheet \
             xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>"
        )
    };
    let types = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Types \
                 xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" \
                 ContentType=\"application/xml\"/><Default Extension=\"rels\" \
                 ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override \
                 PartName=\"/xl/workbook.xml\" \
                 ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>";
    let book = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><workbook \
                xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" \
                xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"Notes\" \
                sheetId=\"1\" r:id=\"rId1\"/><sheet name=\"Leads\" sheetId=\"2\" r:id=\"rId2\"/></sheets></workbook>";
    let relation = |number: u8, kind: &str, target: &str| {
        format!(
            "<Relationship Id=\"rId{number}\" \
             Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}\" Target=\"{target}\"/>"
        )
    };
    let relations = |inner: String| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Relationships \
             xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{inner}</Relationships>"
        )
    };
    let sheets = relation(1, "worksheet", "worksheets/sheet1.xml") + &relation(2, "worksheet", "worksheets/sheet2.xml");
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in [
        ("[Content_Types].xml", types.to_owned()),
        ("_rels/.rels", relations(relation(1, "officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml", book.to_owned()),
        ("xl/_rels/workbook.xml.rels", relations(sheets)),
        ("xl/worksheets/sheet1.xml", sheet(&format!("<row>{}</row>", text("See the other sheet")))),
        ("xl/worksheets/sheet2.xml", sheet(&format!("<row>{header}</row>{rows}"))),
    ] {
        archive.start_file(name, SimpleFileOptions::default()).expect("memory can be written");
        archive.write_all(part.as_bytes()).expect("memory can be written");
    }
    archive.finish().expect("memory can be written").into_inner()
}
