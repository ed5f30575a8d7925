//! Laws: what is written comes back, nothing panics, and each cell is a value, missing and counted, or in a row set aside.

use plumb_tables::{ColumnReading, NoteCode, ReadingPlan};
use proptest::prelude::*;

use crate::memory::{Memory, Value, Whole, read_by};

/// How a number is written.
#[derive(Clone, Copy, Debug)]
struct Form {
    decimal: char,
    thousands: Option<char>,
    before: &'static str,
    after: &'static str,
}

fn any_form() -> impl Strategy<Value = Form> {
    let thousands = proptest::sample::select(vec![None, Some('x'), Some('\''), Some(' '), Some('\u{202f}')]);
    let around = proptest::sample::select(vec![
        ("", ""),
        ("$", ""),
        ("", " €"),
        ("CHF ", ""),
        ("", "%"),
        ("", " kg"),
        ("R$ ", ""),
    ]);
    (proptest::bool::ANY, thousands, around).prop_map(|(is_comma, thousands, (before, after))| {
        let (decimal, other) = if is_comma { (',', '.') } else { ('.', ',') };
        Form { decimal, thousands: thousands.map(|sign| if sign == 'x' { other } else { sign }), before, after }
    })
}

/// Writes cents in a form.
fn write(cents: i64, form: Form) -> String {
    let (whole, cents_only) = ((cents.abs() / 100).to_string(), cents.abs() % 100);
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if let Some(sign) = form.thousands.filter(|_| place > 0 && (whole.len() - place).is_multiple_of(3)) {
            grouped.push(sign);
        }
        grouped.push(digit);
    }
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}{grouped}{}{cents_only:02}{}", form.before, form.decimal, form.after)
}

fn read(columns: &[(&str, Vec<String>)]) -> Whole {
    read_by(Memory::new(columns, ';'), &ReadingPlan::default()).expect("tables that are found out are read")
}

fn any_cell() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[0-9]{1,4}([.,][0-9]{1,3})?",
        1 => proptest::sample::select(vec!["", " ", "NA", "-", "n/a", "yes", "No", "x", "1/2/2026", "2026-13-01", "01.02.26", "1.2M", "(5)", "5%", "€", "1e999", "infinity", "0000-00-00"]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => "[0-9.,' +()%$€kM-]{0,14}",
        1 => "[0-9/.: TZAPM+-]{0,20}",
    ]
}

proptest! {
    #[test]
    fn numbers_of_any_form_come_back(form in any_form(), cents in proptest::collection::vec(-100_000_000_000i64..100_000_000_000, 1..40)) {
        let whole = read(&[("amount", cents.iter().map(|cents| write(*cents, form)).collect())]);
        let expected: Vec<Value> = cents.iter().map(|cents| Value::Number(*cents as f64 / 100.0)).collect();
        prop_assert_eq!(whole.values("amount"), expected, "{}", whole.said());
    }

    #[test]
    fn dates_of_any_order_come_back(days in proptest::collection::vec(0i64..30_000, 1..40), style in 0usize..6) {
        // A thirteenth decides the order.
        let days: Vec<i64> = days.into_iter().chain([12]).collect();
        let write = |day: i64| {
            let date = chrono::DateTime::from_timestamp(day * 86_400 + 3_660, 0).expect("a day");
            let form = ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%d %b %Y %H:%M", "%Y-%m-%dT%H:%M:%S+00:00"];
            date.format(form[style]).to_string()
        };
        let whole = read(&[("at", days.iter().map(|day| write(*day)).collect())]);
        let expected: Vec<Value> = days.iter().map(|day| Value::At(day * 86_400 + 3_660)).collect();
        prop_assert_eq!(whole.values("at"), expected, "{}", whole.said());
    }

    #[test]
    fn every_cell_is_a_value_or_missing_and_counted_or_in_a_row_set_aside(
        cells in proptest::collection::vec(any_cell(), 1..60),
        copies in 1usize..40,
        name in proptest::sample::select(vec!["amount", "created_at", "Lead ID", "zip", "column 1", ""]),
    ) {
        let all: Vec<String> = cells.iter().cycle().take(cells.len() * copies).cloned().collect();
        let whole = read(&[(name, all.clone()), ("row", (0..all.len()).map(|row| format!("r{row}")).collect())]);
        let report = &whole.report;
        prop_assert_eq!(report.rows_read + report.rows_lost, all.len() as u64);
        prop_assert_eq!(report.rows_set_aside, report.rows_lost);
        if matches!(whole.reading(name), ColumnReading::Ignored { .. }) {
            prop_assert!(whole.note(name, NoteCode::ColumnIgnored).is_some());
            return Ok(());
        }
        let kept = |line: &u64| all[*line as usize - 2].as_str();
        let missing = whole.values(name).iter().filter(|value| **value == Value::Missing).count();
        let is_empty = |cell: &&str| cell.trim_matches(|letter: char| letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}')).is_empty();
        let counts_as_no = matches!(whole.reading(name), ColumnReading::Flag { no, .. } if no.iter().any(String::is_empty));
        let empty = if counts_as_no { 0 } else { whole.lines.iter().map(kept).filter(is_empty).count() };
        let counted = whole.note(name, NoteCode::Missing).map_or(0, |note| note.count as usize);
        prop_assert_eq!(missing, empty + counted, "{}", whole.said());
    }

    #[test]
    fn a_plan_that_was_found_out_reads_the_same_again(cells in proptest::collection::vec(any_cell(), 1..60)) {
        let table = Memory::new(&[("value", cells)], ';');
        let first = read_by(table.clone(), &ReadingPlan::default()).expect("it is read");
        prop_assume!(first.report.rows_lost == 0);
        let again = read_by(table, &first.report.plan).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(first.columns, again.columns);
    }
}
