//! Workbooks as Excel, LibreOffice and Google write them, put together here part by part.

use std::io::{Cursor, Write};

use plumb_learn::rules::{self, Cell};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::workbook::parse;

/// The styles, by their index: plain, 14 a date, 16 `d-mmm`, 17 `mmm-yy`, a date of the user's own, a sum of money.
const STYLES: &str = r##"<styleSheet><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/>
    <numFmt numFmtId="165" formatCode="#,##0 &quot;dollars&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
    <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="16"/><xf numFmtId="17"/><xf numFmtId="164"/>
    <xf numFmtId="165"/></cellXfs></styleSheet>"##;

const TEXTS: &str = r#"<sst><si><t>Field</t></si><si><r><t xml:space="preserve">Cond</t></r><r><t>ition</t></r></si>
    <si><t>Points</t></si><si><t>A &amp; B &#8211; x</t><rPh><t>reading</t></rPh></si></sst>"#;

/// A ZIP file of these parts, every second of them compressed.
fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (index, (name, text)) in parts.iter().enumerate() {
        let method = if index % 2 == 0 { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let options = SimpleFileOptions::default().compression_method(method);
        archive.start_file(*name, options).expect("memory can be written");
        archive.write_all(text.as_bytes()).expect("memory can be written");
    }
    archive.finish().expect("memory can be written").into_inner()
}

/// A workbook of these sheets: their names and their rows.
pub(crate) fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    let (mut list, mut links) = (String::new(), String::new());
    let mut cells = Vec::new();
    for (index, (name, rows)) in sheets.iter().enumerate() {
        list.push_str(&format!(r#"<sheet name="{name}" sheetId="{index}" r:id="rId{index}"/>"#));
        links.push_str(&format!(r#"<Relationship Id='rId{index}' Target='worksheets/sheet{index}.xml'/>"#));
        let xml = format!(
            "<?xml version=\"1.0\"?><!-- <row> --><x:worksheet><x:sheetData>{rows}</x:sheetData></x:worksheet>"
        );
        cells.push((format!("xl/worksheets/sheet{index}.xml"), xml));
    }
    let book = format!("<workbook><workbookPr/><sheets>{list}</sheets></workbook>");
    let links = format!("<Relationships>{links}</Relationships>");
    let mut parts = vec![
        ("xl/workbook.xml", book.as_str()),
        ("xl/_rels/workbook.xml.rels", &links),
        ("xl/styles.xml", STYLES),
        ("xl/sharedStrings.xml", TEXTS),
    ];
    parts.extend(cells.iter().map(|(name, xml)| (name.as_str(), xml.as_str())));
    archive(&parts)
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn cells_are_read_as_they_were_meant() {
    let rows = r#"<x:row r="3"><x:c r="A3" t="s"><x:v>0</x:v></x:c><x:c r="C3" t="s"><x:v>1</x:v></x:c><x:c r="D3" s="5"/></x:row>
        <x:row r="5"><x:c t="s"><x:v>3</x:v></x:c><x:c t="inlineStr"><x:is><x:t>in &lt;line&gt;</x:t></x:is></x:c>
        <x:c t="b"><x:v>1</x:v></x:c><x:c s="5"><x:v>20000</x:v></x:c><x:c t="str"><x:f>A1&amp;B1</x:f><x:v>made</x:v></x:c>
        <x:c t="e"><x:v>#REF!</x:v></x:c></x:row>
        <x:row r="6"><x:c s="1"><x:v>46145</x:v></x:c><x:c s="2"><x:v>46145</x:v></x:c><x:c s="3"><x:v>18568</x:v></x:c>
        <x:c s="4"><x:v>46145</x:v></x:c></x:row>"#;
    let sheets = parse(&workbook(&[("Rules &amp; more", rows)])).expect("it is a workbook").sheets;
    assert_eq!(sheets[0].name.as_deref(), Some("Rules & more"));
    let date = |day: &str, typed: Option<&str>| Cell::Date { day: day.into(), typed: typed.map(str::to_owned) };
    let expected = [
        (3, vec![text("Field"), Cell::Empty, text("Condition")]),
        (
            5,
            vec![
                text("A & B – x"),
                text("in <line>"),
                Cell::Flag(true),
                Cell::Number(20000.0),
                text("made"),
                text("#REF!"),
            ],
        ),
        (
            6,
            vec![
                date("2026-05-03", None),
                date("2026-05-03", Some("3-5")),
                date("1950-11-01", Some("11-50")),
                date("2026-05-03", None),
            ],
        ),
    ];
    assert_eq!(sheets[0].lines, expected);
}

#[test]
fn unreadable_cells_are_named_by_sheet_and_cell() {
    let head =
        r#"<row r="2"><c r="B2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="s"><v>2</v></c></row>"#;
    let line = |row: usize, condition: &str, points: &str| {
        format!(
            r#"<row r="{row}"><c r="B{row}" t="str"><v>employees</v></c>{condition}<c r="D{row}" t="str"><v>{points}</v></c></row>"#
        )
    };
    let rows = [
        head.to_owned(),
        line(4, r#"<c r="C4" s="3"><v>18568</v></c>"#, "10"),
        line(5, r#"<c r="C5" s="1"><v>46145</v></c>"#, "10"),
        line(7, r#"<c r="C7" t="str"><v>&gt; many</v></c>"#, "10"),
        line(8, r#"<c r="C8" t="str"><v>&gt; 1,000</v></c>"#, "a lot"),
    ];
    let sheets = parse(&workbook(&[("Notes", ""), ("Scoring", &rows.concat())])).expect("it is a workbook").sheets;
    let parsed = rules::read(&sheets);
    assert_eq!((parsed.rules.rules.len(), parsed.skipped.len()), (1, 1));
    assert_eq!(parsed.addresses[0].to_string(), "sheet \"Scoring\", cell C4");
    let errors: Vec<String> = parsed.unreadable.iter().map(ToString::to_string).collect();
    let starts = ["cell C5: `2026-05-03` is a date", "cell C7: `> many` is", "cell D8: `a lot` is not a number"];
    assert_eq!(errors.len(), starts.len(), "{errors:?}");
    for (error, start) in errors.iter().zip(starts) {
        assert!(error.starts_with(&format!("sheet \"Scoring\", {start}")), "{error}");
    }
}

#[test]
fn a_damaged_file_is_refused_and_nothing_panics() {
    let error = |bytes: &[u8]| format!("{:#}", parse(bytes).expect_err("no workbook"));
    assert!(error(b"field,condition\n").contains("it is no ZIP file"));
    assert!(error(&[0xd0, 0xcf, 0x11, 0xe0]).contains("save it as .xlsx"));
    assert!(error(&archive(&[("a.txt", "x")])).contains("no `xl/workbook.xml`"));
    let whole = workbook(&[("Rules", "<row><c><v>1</v></c></row>")]);
    assert!(parse(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(parse(&whole[..length]).is_err(), "cut at {length}");
    }
    // A changed byte is noticed or makes no difference to what is read; it never ends the program.
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        let _ = parse(&changed);
    }
    let far = r#"<row><c r="ZZZZZ1"><v>1</v></c></row>"#;
    assert!(error(&workbook(&[("Rules", far)])).contains("expected at most 16384"));
    let many = "<row><c r=\"XFD1\"><v>1</v></c></row>".repeat(70);
    assert!(error(&workbook(&[("Rules", &many)])).contains("too many for a table of rules"));
    let open = "<row><c><v>1</v></row>";
    let damaged = error(&workbook(&[("Rules", open)]));
    assert!(damaged.contains("sheet \"Rules\": line 1, column 1: its XML is damaged after byte"), "{damaged}");
}

#[test]
fn a_small_file_cannot_fill_the_memory() {
    let error = |parts: &[(&str, &str)]| format!("{:#}", parse(&archive(parts)).expect_err("too much"));
    let zeros = " ".repeat((64 << 20) + 1);
    assert!(
        error(&[("xl/workbook.xml", &zeros)])
            .contains("part `xl/workbook.xml`: it unpacks to more than 67108864 bytes")
    );
    // A text that is written once and shown in many cells.
    let text = "x".repeat(1 << 20);
    let texts = format!("<sst><si><t>{text}</t></si></sst>");
    let sheet = "<row><c t=\"s\"><v>0</v></c></row>".repeat(65);
    let parts = [
        ("xl/workbook.xml", "<workbook><sheet name=\"Rules\" r:id=\"a\"/></workbook>"),
        ("xl/_rels/workbook.xml.rels", "<x><Relationship Id=\"a\" Target=\"sheet.xml\"/></x>"),
        ("xl/sharedStrings.xml", &texts),
        ("xl/sheet.xml", &sheet),
    ];
    assert!(error(&parts).contains("bytes of text, too many for a table of rules"));
    let empty = format!("<sst>{}</sst>", "<si/>".repeat(1_000_001));
    assert!(
        error(&[parts[0], parts[1], ("xl/sharedStrings.xml", &empty), parts[3]]).contains("more than 1000000 texts")
    );
    let styles = format!("<styleSheet><cellXfs>{}</cellXfs></styleSheet>", "<xf/>".repeat(65_491));
    assert!(error(&[parts[0], parts[1], ("xl/styles.xml", &styles), parts[3]]).contains("more than 65490 styles"));
    let sheets = format!("<workbook>{}</workbook>", "<sheet name=\"Rules\" r:id=\"a\"/>".repeat(257));
    assert!(error(&[("xl/workbook.xml", &sheets), parts[1], parts[3]]).contains("more than 256 sheets"));
    let lines = "<row/>".repeat(1_048_577);
    assert!(error(&[parts[0], parts[1], ("xl/sheet.xml", &lines)]).contains("more than 1048576 lines"));
    let below = "<row r=\"1048577\"/>";
    assert!(error(&[parts[0], parts[1], ("xl/sheet.xml", below)]).contains("line 1048577: expected 1 to 1048576"));
    // Cells are counted over all sheets: a hundred of them may be one part.
    let sheets = "<sheet name=\"Rules\" r:id=\"a\"/>".repeat(100);
    let contents = format!("<workbook>{sheets}</workbook>");
    let wide = "<row><c r=\"XFD1\"><v>1</v></c></row>".repeat(2);
    let parts = [("xl/workbook.xml", contents.as_str()), parts[1], ("xl/sheet.xml", &wide)];
    assert!(error(&parts).contains("cells are too many for a table of rules"));
}

#[test]
fn deep_and_growing_xml_costs_no_more_than_its_length() {
    // A call within a call for each level would need more stack than there is.
    let deep = format!("<row>{}{}</row>", "<x>".repeat(500_000), "</x>".repeat(500_000));
    let sheets = parse(&workbook(&[("Rules", &deep)])).expect("it is a workbook").sheets;
    assert_eq!(sheets[0].lines, [(1, Vec::new())]);
    // Each entity stands for ten of the one before: a billion laughs.
    let laughs: String =
        (1..10).map(|level| format!("<!ENTITY l{level} \"{}\">", format!("&l{};", level - 1).repeat(10))).collect();
    let sheet = format!("<!DOCTYPE x [{laughs}]><row><c t=\"str\"><v>&l9;</v></c></row>");
    let sheets = parse(&workbook(&[("Rules", &sheet)])).map(|book| book.sheets);
    assert!(sheets.is_ok_and(|sheets| sheets[0].lines == [(1, vec![text("&l9;")])]));
}

#[test]
fn a_list_of_more_parts_than_the_file_has_room_for_is_refused() {
    let whole = workbook(&[("Rules", "<row/>")]);
    // The record at the end of the archive: its signature, then the number of parts, twice.
    let at = whole.windows(4).rposition(|bytes| bytes == b"PK\x05\x06").expect("an archive ends so");
    let mut many = whole.clone();
    many[at + 8..at + 12].copy_from_slice(&[0xff; 4]);
    parse(&many).expect_err("65535 parts in some hundred bytes");
    let parts: Vec<(String, &str)> = (0..10_001).map(|part| (part.to_string(), "")).collect();
    let parts: Vec<(&str, &str)> = parts.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    let error = format!("{:#}", parse(&archive(&parts)).expect_err("too many"));
    assert!(error.contains("it has 10001 parts: expected at most 10000"), "{error}");
}

#[test]
fn text_may_be_in_cdata_and_entities_of_a_documents_own_stay_as_they_are() {
    let rows = r#"<row><c t="str"><v><![CDATA[a < b]]></v></c><c t="str"><v>&own; &#65;&#x42;&amp;</v></c></row>"#;
    let sheets = parse(&workbook(&[("Rules", rows)])).expect("it is a workbook").sheets;
    assert_eq!(sheets[0].lines, [(1, vec![text("a < b"), text("&own; AB&")])]);
}
