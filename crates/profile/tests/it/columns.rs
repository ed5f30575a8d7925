//! What is said of single columns.

use plumb_profile::{FindingKind, Options, ValueCount};
use plumb_tables::ColumnReading;

use crate::tables::{column, days, flags, numbers, options, profile, texts, words};

fn kinds(profile: &plumb_profile::Profile) -> Vec<FindingKind> {
    profile.findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn numbers_agree_with_numpy() {
    // numpy 2.5.5: `np.quantile(q, …)` of `[((i * i * i) % 101) / 7 for i in range(97)]`.
    let values = (0..97_u64).map(|row| ((row * row * row) % 101) as f64 / 7.0);
    let profile = profile(vec![numbers("fee", values)], options());
    let fee = column(&profile, "fee").number.as_ref().expect("it is a number");
    let expected = [
        0.13714285714285712,
        0.6857142857142858,
        1.3714285714285717,
        3.4285714285714284,
        7.0,
        10.428571428571429,
        12.628571428571428,
        13.457142857142856,
        14.005714285714285,
    ];
    for (found, expected) in fee.quantiles.iter().zip(expected) {
        assert!((found.value - expected).abs() < 1e-12, "{found:?} is not {expected}");
    }
    assert_eq!(fee.quantile_error, 0.0, "all rows were looked at");
    assert_eq!(fee.histogram.bins.iter().map(|bin| bin.rows).sum::<u64>(), 97);
}

#[test]
fn missing_zeros_negatives_and_extremes_are_counted_with_their_lines() {
    let profile = profile(vec![numbers("fee", [0.0, f64::NAN, -5.0, 7.0, -0.0, f64::NAN])], options());
    let fee = column(&profile, "fee");
    assert_eq!((fee.present, fee.missing, fee.distinct.count), (4, 2, 3));
    let fee = fee.number.as_ref().expect("it is a number");
    assert_eq!((fee.zeros, fee.negative), (2, 1));
    assert_eq!((fee.min, fee.max), (Some((-5.0, 4)), Some((7.0, 5))));
}

#[test]
fn a_slip_is_an_outlier_with_its_line() {
    let values = (0..200).map(|row| if row == 77 { 1e6 } else { f64::from(row % 20) });
    let profile = profile(vec![numbers("fee", values)], options());
    let outliers = &column(&profile, "fee").number.as_ref().expect("it is a number").outliers;
    assert_eq!((outliers.rows, outliers.examples.as_slice()), (1, &[(1e6, 79)][..]));
    assert!(kinds(&profile).contains(&FindingKind::Outliers));
    assert_eq!(profile.anomalies.found[0].line, 79);
}

#[test]
fn a_frequent_number_at_the_end_may_stand_for_missing() {
    let values = (0..100).map(|row| if row % 4 == 0 { 999.0 } else { f64::from(row) });
    let profile = profile(vec![numbers("days", values)], options());
    assert!(kinds(&profile).contains(&FindingKind::Sentinel));
}

#[test]
fn words_have_counts_entropy_and_spellings() {
    // scipy 1.18.1: `entropy([40, 25, 20, 10, 5], base=2)`.
    let counts = [("Germany", 40), ("France", 25), ("Italy", 20), ("germany ", 10), ("FRANCE", 5)];
    let values = counts.iter().flat_map(|(word, rows)| std::iter::repeat_n(Some(*word), *rows));
    let profile = profile(vec![words("country", values)], options());
    let country = column(&profile, "country").values.as_ref().expect("it has words");
    assert_eq!(country.top[0], ValueCount { value: "Germany".to_owned(), rows: 40 });
    let entropy = country.entropy.expect("all are counted");
    assert!((entropy - 2.0414460711655216).abs() < 1e-12, "{entropy}");
    assert_eq!(country.spellings.len(), 2);
    assert!(kinds(&profile).contains(&FindingKind::Spelling));
}

#[test]
fn flags_have_a_share_with_its_interval() {
    let profile = profile(vec![flags("won", [Some(true), Some(false), None, Some(false)])], options());
    let won = column(&profile, "won").flag.expect("it is a flag");
    assert_eq!((won.yes, won.no), (1, 2));
    assert!(won.interval.low < won.share && won.share < won.interval.high);
}

#[test]
fn texts_have_lengths_in_characters() {
    let values = [Some("Ünïcödé"), Some("ab"), None];
    let profile = profile(vec![texts("note", ColumnReading::Text, values)], options());
    let note = column(&profile, "note").text.as_ref().expect("it is a text");
    assert_eq!((note.min, note.max, note.mean), (2, 7, Some(4.5)));
}

#[test]
fn weeks_without_rows_and_dates_to_come_are_said() {
    let first = 20_458; // 2026-01-05
    let values = (0..2_000).map(|row| row / 10).filter(|day| !(60..75).contains(day)).map(|day| Some(first + day));
    let now = chrono::DateTime::from_timestamp((first + 190) * 86_400, 0);
    let profile = profile(vec![days("created", values)], Options { now, ..options() });
    assert_eq!(profile.time.as_deref(), Some("created"));
    let created = column(&profile, "created").time.as_ref().expect("it is a time");
    assert_eq!(created.in_future, 90);
    let gaps = &created.coverage.as_ref().expect("there are days").gaps;
    assert_eq!((gaps.len(), gaps[0].from.as_str()), (1, "2026-03-09"));
    assert!(kinds(&profile).contains(&FindingKind::TimeGap) && kinds(&profile).contains(&FindingKind::StrangeDate));
}

#[test]
fn a_table_without_rows_or_with_missing_cells_alone_is_no_error() {
    profile(vec![numbers("fee", []), words::<&str>("country", []), days("created", [])], options());
    let nothing = vec![
        numbers("fee", [f64::NAN; 60]),
        words::<&str>("country", [None; 60]),
        days("created", [None; 60]),
        flags("won", [None; 60]),
    ];
    let profile = profile(nothing, options());
    assert!(profile.columns.iter().all(|column| column.missing == 60 && column.distinct.count == 0));
}
