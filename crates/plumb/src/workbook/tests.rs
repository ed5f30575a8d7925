//! Workbooks as Excel, LibreOffice and Google write them, put together here part by part.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use plumb_learn::rules;

use super::*;

/// The styles, by their index: plain, 14 a date, 16 `d-mmm`, 17 `mmm-yy`, a date of the user's own, a sum of money.
const STYLES: &str = r##"<styleSheet><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/>
    <numFmt numFmtId="165" formatCode="#,##0 &quot;dollars&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
    <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="16"/><xf numFmtId="17"/><xf numFmtId="164"/>
    <xf numFmtId="165"/></cellXfs></styleSheet>"##;

const TEXTS: &str = r#"<sst><si><t>Field</t></si><si><r><t xml:space="preserve">Cond</t></r><r><t>ition</t></r></si>
    <si><t>Points</t></si><si><t>A &amp; B &#8211; x</t><rPh><t>reading</t></rPh></si></sst>"#;

/// A ZIP file of these parts, every second of them packed.
fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
    let (mut bytes, mut list) = (Vec::new(), Vec::new());
    for (index, (name, text)) in parts.iter().enumerate() {
        let method = if index % 2 == 0 { 8_u16 } else { 0 };
        let mut packed = text.as_bytes().to_vec();
        if method == 8 {
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text.as_bytes()).expect("memory can be written");
            packed = encoder.finish().expect("memory can be written");
        }
        let mut checksum = flate2::Crc::new();
        checksum.update(text.as_bytes());
        let offset = bytes.len() as u32;
        let mut shared = Vec::new();
        for number in [20, 0, method, 0, 0] {
            shared.extend(number.to_le_bytes());
        }
        for number in [checksum.sum(), packed.len() as u32, text.len() as u32] {
            shared.extend(number.to_le_bytes());
        }
        shared.extend((name.len() as u16).to_le_bytes());
        shared.extend([0, 0]);
        bytes.extend([b"PK\x03\x04".as_slice(), &shared, name.as_bytes(), &packed].concat());
        list.extend(
            [b"PK\x01\x02\x14\x00".as_slice(), &shared, &[0; 10], &offset.to_le_bytes(), name.as_bytes()].concat(),
        );
    }
    let (count, length, at) = (parts.len() as u16, list.len() as u32, bytes.len() as u32);
    bytes.extend(list);
    bytes.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &count.to_le_bytes(), &count.to_le_bytes()].concat());
    bytes.extend([length.to_le_bytes().as_slice(), &at.to_le_bytes(), &[0, 0]].concat());
    bytes
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
fn every_cell_at_fault_is_told_by_sheet_and_name() {
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
    let written = rules::read(&sheets);
    assert_eq!((written.rules.rules.len(), written.skipped.len()), (1, 1));
    assert_eq!(written.addresses[0].to_string(), "sheet \"Scoring\", cell C4");
    let told: Vec<String> = written.unreadable.iter().map(ToString::to_string).collect();
    let starts = ["cell C5: `2026-05-03` is a date", "cell C7: `> many` is", "cell D8: `a lot` is not a number"];
    assert_eq!(told.len(), starts.len(), "{told:?}");
    for (told, start) in told.iter().zip(starts) {
        assert!(told.starts_with(&format!("sheet \"Scoring\", {start}")), "{told}");
    }
}

#[test]
fn what_is_no_workbook_is_refused_and_nothing_panics() {
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
}
