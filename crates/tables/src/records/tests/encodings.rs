//! Compression and encodings.

use std::io::Write;

use super::*;

const TEXT: &str = "name,city\nMüller,Köln\nFrançois,Orléans\nSjöberg,Malmö\n";
const ROWS: &[&str] = &["Müller|Köln", "François|Orléans", "Sjöberg|Malmö"];

fn utf_16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes_of).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("it is read");
    encoder.finish().expect("it is read")
}

#[test]
fn utf_8_is_read_with_and_without_a_mark() {
    check(TEXT, "name|city", ROWS);
    check(&format!("\u{FEFF}{TEXT}"), "name|city", ROWS);
    check(&format!("\u{FEFF}sep=;\r\n{}", TEXT.replace(',', ";")), "name|city", ROWS);
}

#[test]
fn utf_16_is_read_with_and_without_a_mark() {
    for bytes_of in [u16::to_le_bytes, u16::to_be_bytes] {
        check_bytes(&utf_16(&format!("\u{FEFF}{TEXT}"), bytes_of), "name|city", ROWS);
        check_bytes(&utf_16(TEXT, bytes_of), "name|city", ROWS).says(Level::Warning, NoteCode::Encoding, "UTF-16");
    }
}

#[test]
fn windows_1252_is_found_out_and_said_with_an_example() {
    let (bytes, ..) = encoding_rs::WINDOWS_1252.encode(TEXT);
    check_bytes(&bytes, "name|city", ROWS).says(Level::Warning, NoteCode::Encoding, "windows-1252").says(
        Level::Warning,
        NoteCode::Encoding,
        "6 cells have letters beyond ASCII, such as `Müller`",
    );
}

#[test]
fn one_letter_far_below_is_enough() {
    let mut bytes = b"a,b\n".to_vec();
    (0..100_000).for_each(|row| bytes.extend(format!("{row},plain words\n").bytes()));
    bytes.extend(b"100000,Stra\xDFe\n");
    let read = read(&bytes).expect("it is read");
    assert_eq!(read.rows.last().expect("it is read")[1], "Straße");
}

#[test]
fn a_spreadsheet_of_an_old_mac_is_read() {
    let text = "name,city\rMüller,Köln\rBäcker,Düren\rKäfer,Görlitz\r";
    let mut bytes = text.as_bytes().to_vec();
    for (letter, mac) in [("ü", 0x9F_u8), ("ö", 0x9A), ("ä", 0x8A)] {
        while let Some(at) = bytes.windows(2).position(|two| two == letter.as_bytes()) {
            bytes.splice(at..at + 2, [mac]);
        }
    }
    check_bytes(&bytes, "name|city", &["Müller|Köln", "Bäcker|Düren", "Käfer|Görlitz"]).says(
        Level::Warning,
        NoteCode::Encoding,
        "macintosh",
    );
}

#[test]
fn few_damaged_places_do_not_make_utf_8_another_encoding() {
    let mut bytes = b"a,b\n".to_vec();
    (0..40).for_each(|row| bytes.extend(format!("{row},Köln\n").bytes()));
    bytes.extend(b"41,K\xF6ln\n");
    let read = read(&bytes).expect("it is read");
    assert_eq!((read.rows[0][1].as_str(), read.rows[40][1].as_str()), ("Köln", "K\u{FFFD}ln"));
    read.says(Level::Warning, NoteCode::Encoding, "the first in line 42");
    let plan = FilePlan { encoding: Some("utf-8".to_owned()), ..FilePlan::default() };
    refuses(&bytes, &plan, &["line 42", "encoding"]);
}

#[test]
fn an_encoding_of_the_plan_is_obeyed() {
    let plan = FilePlan { encoding: Some("iso-8859-5".to_owned()), ..FilePlan::default() };
    assert_eq!(read_by(b"a,b\n\xD0\xD1,1\n", &plan).expect("it is read").rows[0][0], "аб");
    refuses(TEXT.as_bytes(), &plan, &["iso-8859-5", "UTF-8"]);
    let unknown = FilePlan { encoding: Some("latin".to_owned()), ..FilePlan::default() };
    refuses(TEXT.as_bytes(), &unknown, &["`latin`", "windows-1252"]);
}

#[test]
fn compressed_files_are_known_by_their_bytes() {
    let halves = TEXT.as_bytes().split_at(20);
    let members = [gzip(halves.0), gzip(halves.1)].concat();
    check_bytes(&members, "name|city", ROWS).says(Level::Info, NoteCode::Compression, "gzip");
    check_bytes(&zstd::encode_all(TEXT.as_bytes(), 0).expect("it is read"), "name|city", ROWS);
}

#[test]
fn a_compressed_file_that_is_cut_short_is_refused() {
    let bytes = gzip(TEXT.repeat(100).as_bytes());
    refuses(&bytes[..bytes.len() / 2], &FilePlan::default(), &["cut short"]);
    refuses(&gzip(&bytes), &FilePlan::default(), &["compressed twice"]);
}

#[test]
fn what_is_no_text_is_refused_by_name() {
    refuses(b"%PDF-1.7\n", &FilePlan::default(), &["PDF", "CSV or XLSX"]);
    refuses(b"a,b\n1,\0\n", &FilePlan::default(), &["line 2", "zero byte"]);
    refuses(b"", &FilePlan::default(), &["is empty"]);
    refuses(b"\n\n \n", &FilePlan::default(), &["has no rows"]);
}
