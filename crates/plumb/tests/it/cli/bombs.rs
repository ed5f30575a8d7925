//! Short files that would become large, read by the built program with little memory.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::setup::demo::Company;
use crate::setup::folder::write;
use crate::setup::program::{failure, run_within, success};

/// Enough for every command here, and a tenth of what the bombs ask for.
const ADDRESSES: u64 = 2 << 30;

/// A workbook of one rule whose condition is this.
fn workbook(condition: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let cell = |text: &str| format!("<c t=\"str\"><v>{text}</v></c>");
    let row = |cells: [&str; 3]| format!("<row>{}</row>", cells.map(cell).concat());
    let rows =
        row(["Field", "Condition", "Points"]) + &row(["channel", "event", "5"]) + &row(["channel", condition, "9"]);
    for (name, text) in [
        ("xl/workbook.xml", "<workbook><sheet name=\"Rules\" r:id=\"a\"/></workbook>".to_owned()),
        ("xl/_rels/workbook.xml.rels", "<x><Relationship Id=\"a\" Target=\"sheet.xml\"/></x>".to_owned()),
        ("xl/sheet.xml", format!("<worksheet>{rows}</worksheet>")),
    ] {
        archive.start_file(name, SimpleFileOptions::default()).expect("memory can be written");
        archive.write_all(text.as_bytes()).expect("memory can be written");
    }
    archive.finish().expect("memory can be written").into_inner()
}

#[test]
fn a_workbook_of_some_kb_is_read_with_little_memory() {
    let company = Company::of(300);
    company.plumb(&["ingest"]);
    std::fs::remove_file(company.path().join("rules.csv")).expect("the project has rules");
    let bomb = workbook(&"not ".repeat(200_000));
    assert!(bomb.len() < 10_000, "{} bytes", bomb.len());
    std::fs::write(company.path().join("rules.xlsx"), bomb).expect("it can be written");
    let train = ["train", "--target", "converted", "--as-of", "2025-01-20"];
    let printed = success(run_within(company.path(), &train, ADDRESSES));
    let expected = "rules.xlsx, sheet \"Rules\", cell B3: `not not not ";
    assert!(printed.contains(expected) && printed.contains("a condition of 800001 bytes"), "{printed}");
    assert!(printed.len() < 5_000, "a cell is shown by its beginning");
}

#[test]
fn a_text_of_a_project_that_never_ends_is_refused() {
    let company = Company::of(100);
    let refused = |file: &str, arguments: &[&str]| {
        std::fs::remove_file(company.path().join(file)).expect("the project has it");
        std::os::unix::fs::symlink("/dev/zero", company.path().join(file)).expect("a link can be made");
        failure(run_within(company.path(), arguments, ADDRESSES))
    };
    let error = refused("features/1-behaviour.toml", &["train"]);
    assert!(error.contains("run `plumb ingest` first"), "{error}");
    let error = refused("plumb.toml", &["ingest"]);
    assert!(
        error.contains("`./plumb.toml` has more than 2097152 bytes, which is too large for a `plumb.toml`"),
        "{error}"
    );
}

#[test]
fn deep_nesting_in_a_project_file_is_refused() {
    let company = Company::of(100);
    for nested in [
        format!("x = {}1{}\n", "[".repeat(200_000), "]".repeat(200_000)),
        format!("x = {}1{}\n", "{a = ".repeat(200_000), "}".repeat(200_000)),
        format!("x{} = 1\n", ".a".repeat(200_000)),
        format!("[x{}]\n", ".a".repeat(200_000)),
    ] {
        write(company.path(), "plumb.toml", &nested);
        let error = failure(run_within(company.path(), &["ingest"], ADDRESSES));
        assert!(error.contains("`./plumb.toml` is wrong"), "{error:.500}");
        assert!(error.len() < 2_000, "an error of {} bytes", error.len());
    }
}
