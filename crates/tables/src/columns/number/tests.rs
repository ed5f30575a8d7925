use super::*;

const BOTH: Forms = ALL_FORMS;

/// Checks a cell's value with a decimal point and with a decimal comma, `None` where it is no number under any such form.
#[track_caller]
fn check(cell: &str, point: Option<f64>, comma: Option<f64>) {
    let written = scan(cell);
    let value = |forms: Forms, decimal: char| {
        written.filter(|written| written.forms & forms != 0).and_then(|written| written.value(decimal))
    };
    assert_eq!((value(POINT_FORMS, '.'), value(COMMA_FORMS, ',')), (point, comma), "{cell}");
    if let Some(plain) = plain(cell.as_bytes()) {
        assert_eq!(Some(plain.value), value(plain.forms & BOTH, '.'), "{cell} is plain");
    }
}

#[test]
fn separators_say_what_they_can_be() {
    check("1234", Some(1234.0), Some(1234.0));
    check("12.5", Some(12.5), None);
    check("12,5", None, Some(12.5));
    check("1.200", Some(1.2), Some(1200.0));
    check("1,200", Some(1200.0), Some(1.2));
    check("0.200", Some(0.2), None);
    check("34.488,10", None, Some(34488.1));
    check("1,234,567.89", Some(1234567.89), None);
    check("12,34,567", Some(1234567.0), None);
    check("1.234.567", None, Some(1234567.0));
    check("1 234,5", None, Some(1234.5));
    check("1\u{202f}234\u{a0}567", Some(1234567.0), Some(1234567.0));
    check("1'234.50", Some(1234.5), None);
    check("1\u{2019}234", Some(1234.0), Some(1234.0));
    check(".5", Some(0.5), None);
}

#[test]
fn groups_that_are_none_are_no_numbers() {
    for cell in ["1.23.4", "1,2,3", "12 34", "1.2.2026", "10.1.2.3", "1.234,567.8", "1,234.567.8"] {
        check(cell, None, None);
    }
}

#[test]
fn signs_currencies_and_units_are_read() {
    check("$1,234.56", Some(1234.56), None);
    check("($987.65)", Some(-987.65), None);
    check("$(987.65)", Some(-987.65), None);
    check("-€ 5", Some(-5.0), Some(-5.0));
    check("\u{2212}5", Some(-5.0), Some(-5.0));
    check("5-", Some(-5.0), Some(-5.0));
    check("+7", Some(7.0), Some(7.0));
    check("14+", Some(14.0), Some(14.0));
    check("12,5 %", None, Some(12.5));
    check("R$ 1.234,50", None, Some(1234.5));
    check("1 200 zł", Some(1200.0), Some(1200.0));
    check("CHF 1'200.50", Some(1200.5), None);
    check("3,5 kg", None, Some(3.5));
    check("1.2M", Some(1_200_000.0), None);
    check("$10k", Some(10_000.0), Some(10_000.0));
    check("1,5 Mio. €", None, Some(1_500_000.0));
    check("100,-", Some(100.0), Some(100.0));
    check("5.1234E+11", Some(512_340_000_000.0), None);
    check("1e-3", Some(0.001), Some(0.001));
}

#[test]
fn words_with_digits_are_no_numbers() {
    for cell in [
        "",
        "-",
        "abc",
        "Street 12",
        "OP-17",
        "Q1",
        "1-10",
        "3 of 5",
        "NaN",
        "inf",
        "(5",
        "5)",
        "1e5000",
        "--5",
        "$",
        "12%%",
    ] {
        check(cell, None, None);
    }
    check("+1 555 000 111", None, None);
}

#[test]
fn what_is_remarkable_is_marked() {
    let marks = |cell: &str| scan(cell).expect("a number").marks;
    assert_eq!(marks("007"), mark::LEADING_ZERO);
    assert_eq!(marks("0"), 0);
    assert_eq!(marks("9007199254740993"), mark::BEYOND_EXACT | mark::LONG);
    assert_eq!(marks("512340000000000000"), mark::BEYOND_EXACT | mark::LONG | mark::ROUNDED);
    assert_eq!(marks("5.1E+11"), mark::EXPONENT | mark::SHORTENED);
    assert_eq!(plain(b"007"), None);
    assert_eq!(plain(b"9007199254740993"), None);
}
