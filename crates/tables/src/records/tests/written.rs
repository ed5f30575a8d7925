//! Any table that is written comes back the same, and no bytes are a panic.

use proptest::prelude::*;

use super::*;

/// Cells of all that makes reading hard.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,6}", "[a-zA-Zäöüß€ ,;|\t\"'\r\n-]{0,8}", "-?[0-9]{1,4}[.,][0-9]{1,2}",]
}

fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (2_usize..5).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cell(), width), 1..12))
}

proptest! {
    #[test]
    fn a_table_that_was_written_comes_back_the_same(
        rows in table(),
        separator in prop::sample::select(vec![b',', b';', b'\t', b'|', b'^', b'~']),
        quote in prop::sample::select(vec![b'"', b'\'']),
        end in prop::sample::select(vec![csv::Terminator::CRLF, csv::Terminator::Any(b'\n'), csv::Terminator::Any(b'\r')]),
        encoding in prop::sample::select(vec!["utf-8", "windows-1252", "utf-16le"]),
    ) {
        // A first cell that is there keeps a row from being passed over, or from looking like what stands below a table.
        let rows: Vec<Vec<String>> = rows.into_iter().enumerate().map(|(number, mut row)| {
            row.insert(0, format!("k{number}"));
            row
        }).collect();
        let names: Vec<String> = (0..rows[0].len()).map(|at| format!("name {at}")).collect();
        let mut writer = csv::WriterBuilder::new()
            .delimiter(separator).quote(quote).terminator(end).quote_style(csv::QuoteStyle::Always)
            .from_writer(Vec::new());
        writer.write_record(&names).expect("it is read");
        rows.iter().for_each(|row| writer.write_record(row).expect("it is read"));
        let text = String::from_utf8(writer.into_inner().expect("it is read")).expect("it is read");
        let bytes = match encoding {
            "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            label => encoding_rs::Encoding::for_label(label.as_bytes()).expect("it is read").encode(&text).0.into_owned(),
        };
        // Few letters of another encoding may happen to be UTF-8, which is refused.
        let is_utf_8 = encoding == "utf-8" || (encoding == "windows-1252" && std::str::from_utf8(&bytes).is_ok());
        prop_assume!(encoding == "utf-8" || !is_utf_8 || text.is_ascii());
        let plan = FilePlan { encoding: Some(encoding.to_owned()).filter(|_| !is_utf_8), ..FilePlan::default() };
        let read = read_by(&bytes, &plan).expect("it is read");
        prop_assert_eq!(read.names, names);
        prop_assert_eq!(read.rows, rows);
        prop_assert!(read.set_aside.is_empty());
    }

    #[test]
    fn any_bytes_are_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_signs_are_rows_or_an_error(text in "[a1,;\t\"'\\\\\r\n= ü\u{FEFF}{}\\[\\]:]{0,200}") {
        if let Ok(read) = read(text.as_bytes()) {
            prop_assert!(read.lines.windows(2).all(|two| two[0] < two[1]));
        }
    }
}
