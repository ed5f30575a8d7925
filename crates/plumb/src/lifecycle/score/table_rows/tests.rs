//! Whole files of text in the columns of a model.

use plumb_lake::rows::Block;
use plumb_lead::{Feature, FeatureKind, FeatureMessages, FeatureSet};
use plumb_tables::{FilePlan, Input, open_input};
use proptest::prelude::*;

use super::{Expected, TableRows};

fn features() -> FeatureSet {
    let feature = |name: &str, kind| Feature { name: name.into(), kind, messages: FeatureMessages::default() };
    let levels = vec!["3".to_owned(), "ads".to_owned()];
    FeatureSet {
        features: vec![
            feature("size", FeatureKind::Number),
            feature("paid", FeatureKind::Flag),
            feature("channel", FeatureKind::Category { levels }),
        ],
        languages: Vec::new(),
    }
}

/// Reads all rows of a file; no training says how.
fn read(bytes: &[u8], features: &FeatureSet, id: Option<&str>) -> anyhow::Result<Vec<Block>> {
    let source = open_input(Input::of_bytes("rows.csv", bytes)?, &FilePlan::default())?;
    let averages = vec![0.0; features.features.len()];
    let expected = Expected { features, averages: &averages, plan: None };
    let mut rows = TableRows::open(source.as_ref(), &expected, id)?;
    std::iter::from_fn(|| rows.next_block().transpose()).collect()
}

/// Returns the rows of a block, `-` for a missing value, and then the rejected ones.
fn shown(block: &Block) -> Vec<String> {
    let cells = |row: usize| {
        let texts = block.table.columns().iter().map(|column| column.values.text(row).unwrap_or("-".to_owned()));
        texts.collect::<Vec<_>>().join(" ")
    };
    let rows = block.numbers.iter().enumerate().map(|(row, number)| format!("{number} {}", cells(row)));
    rows.chain(block.rejected.iter().map(ToString::to_string)).collect()
}

#[test]
fn a_long_file_is_read_block_by_block() {
    let mut text = "\u{feff}size;paid;channel\r\n".to_owned();
    // An empty line now and then, and cells of several lines, so that lines are not rows.
    for row in 0..20_000 {
        let channel = if row % 7 == 0 { "\"a;\r\nds\"" } else { "ads" };
        let size = if row % 5_000 == 4_999 { "few".to_owned() } else { row.to_string() };
        text.push_str(&format!("{size};{};{channel}\r\n{}", row % 2, if row % 11 == 0 { "\r\n" } else { "" }));
    }
    let blocks = read(text.as_bytes(), &features(), None).expect("it fits");
    let found: Vec<String> = blocks.iter().flat_map(shown).collect();
    let rejected: Vec<&String> = found.iter().filter(|line| line.starts_with("line")).collect();
    let line_of = |row: usize| {
        1 + text[..text.find(&format!("\n{};", row - 1)).expect("the row before")].matches('\n').count() + 1
    };
    for (row, rejected) in [4_999, 9_999, 14_999, 19_999].into_iter().zip(&rejected) {
        let before = usize::from((row - 1) % 7 == 0) + usize::from((row - 1) % 11 == 0);
        assert_eq!(**rejected, format!("line {}: `size`: `few`: expected a number", line_of(row) + 1 + before));
    }
    assert_eq!((blocks.len(), found.len(), rejected.len()), (3, 20_000, 4));
    assert_eq!((found[0].as_str(), found[1].as_str()), ("1 0 false a;\r\nds", "2 1 true ads"));
}

#[test]
fn a_quote_that_is_never_closed_does_not_make_one_row_of_the_rest() {
    // 9 MB of lines within one cell. The reader takes the quote for a letter, and goes on.
    let bytes = [b"channel,more\na,b\n\"".as_slice(), &b"a,b\nc,d\n".repeat(1_200_000)].concat();
    let mut of_words = features();
    of_words.features.drain(..2);
    let blocks = read(&bytes, &of_words, None).expect("it is read on");
    assert_eq!(blocks.iter().map(|block| block.numbers.len() + block.rejected.len()).sum::<usize>(), 2_400_001);
}

#[test]
fn a_table_of_too_many_columns_is_refused() {
    let names: Vec<String> = (0..100_000).map(|number| format!("c{number}")).collect();
    for (names, expected) in [
        (&names[..], "names 100000 columns"),
        // A file that lacks the model's columns names some of its own.
        (&names[..60_000], "and 59900 more, such as `c100`"),
    ] {
        let error = read((names.join(",") + "\n1\n").as_bytes(), &features(), None).expect_err("it is refused");
        assert!(format!("{error:#}").contains(expected), "`{error:#}` does not contain `{expected}`");
        assert!(format!("{error:#}").len() < 5_000);
    }
}

const VALID: &[u8] = b"size;paid;channel\n1,5;yes;\"a;ds\"\n;no;ads\n-3e4;?;3\n7;true;\"x\ny\"\n";

/// What is put into a valid file.
const PIECES: [&[u8]; 18] = [
    b"",
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"'",
    b";",
    b",",
    b"\t",
    b"\xEF\xBB\xBF",
    b"\xFF\xFE",
    b"\x80",
    b"\xED\xA0\x80",
    "é\u{202e}".as_bytes(),
    b"1e999",
    b"-0",
    b"NaN",
    b"9223372036854775808",
];

fn edited() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(&PIECES[..]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        // Long repetitions.
        1 => (prop::sample::select(&PIECES[..]), 2..400_usize).prop_map(|(piece, times)| piece.repeat(times)),
    ];
    let edit = (any::<prop::sample::Index>(), prop_oneof![4 => 0..6_usize, 1 => 0..200_usize], piece);
    prop::collection::vec(edit, 1..4).prop_map(|edits| {
        let mut bytes = VALID.to_vec();
        for (at, length, piece) in edits {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..(at + length).min(bytes.len()), piece);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_of_an_edited_file_is_accepted_or_rejected(bytes in edited(), with_id in any::<bool>()) {
        let blocks = read(&bytes, &features(), with_id.then_some("channel")).unwrap_or_default();
        let mut last = 0;
        for block in blocks {
            prop_assert_eq!(block.table.rows(), block.numbers.len());
            prop_assert_eq!(block.ids.is_some(), with_id);
            let mut numbers: Vec<u64> =
                block.numbers.iter().copied().chain(block.rejected.iter().map(|row| row.number)).collect();
            numbers.sort_unstable();
            prop_assert!(numbers.iter().copied().eq(last + 1..=last + numbers.len() as u64), "{numbers:?}");
            last += numbers.len() as u64;
        }
    }
}
