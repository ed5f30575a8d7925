//! What a cell looks like: enough to tell names of columns from values.

/// What a cell looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Empty,
    /// A number, with whatever currency, percent sign or separators.
    Number,
    /// A date, with or without a time.
    Date,
    /// An e-mail address.
    Email,
    /// Anything else.
    Word,
}

/// Words that stand before a total.
const TOTALS: &[&str] = &[
    "total",
    "totals",
    "grand total",
    "grand totals",
    "subtotal",
    "sub-total",
    "sum",
    "sums",
    "summe",
    "gesamt",
    "gesamtsumme",
    "gesamtergebnis",
    "zwischensumme",
    "insgesamt",
    "total general",
    "total général",
    "total generale",
    "totale",
    "totaal",
    "eindtotaal",
    "suma",
    "summa",
    "totalt",
    "overall total",
    "average",
    "mittelwert",
    "moyenne",
];

/// Beginnings of lines below a table that are no rows.
const FOOTERS: &[&str] = &[
    "copyright",
    "©",
    "(c) ",
    "confidential",
    "generated",
    "created by",
    "created on",
    "exported",
    "export date",
    "downloaded",
    "printed",
    "report ",
    "source:",
    "sources:",
    "note:",
    "notes:",
    "end of",
    "as of",
    "filtered by",
    "filters:",
    "--",
    "***",
    "===",
    "powered by",
    "prepared",
    "disclaimer",
    "all rights",
    "page ",
    "stand:",
    "erstellt",
    "exportiert",
    "quelle",
    "seite ",
    "généré",
    "exporté",
    "fuente",
    "généré",
    "records:",
    "rows:",
    "count:",
    "number of",
];

/// Parts of lines in which database clients count what they wrote.
const COUNTS: &[&str] = &[
    "row(s)",
    "rows affected",
    "rows returned",
    "rows selected",
    "rows in set",
    "rows)",
    "row)",
    "record(s)",
    "records)",
];

pub(super) fn look(cell: &str) -> Look {
    let cell = cell.trim();
    if cell.is_empty() {
        Look::Empty
    } else if is_date(cell) {
        Look::Date
    } else if is_number(cell) {
        Look::Number
    } else if is_email(cell) {
        Look::Email
    } else {
        Look::Word
    }
}

/// Returns whether a cell is nothing but a word for a total.
pub(super) fn is_total(cell: &str) -> bool {
    let cell = cell.trim().trim_end_matches(':').trim().to_lowercase();
    let words = cell.split_once('(').map_or(cell.as_str(), |(words, _)| words.trim());
    TOTALS.contains(&words)
}

/// Returns whether a cell is what stands below a table.
pub(super) fn is_footer_text(cell: &str) -> bool {
    let cell = cell.trim().to_lowercase();
    is_total(&cell)
        || FOOTERS.iter().any(|words| cell.starts_with(words))
        || COUNTS.iter().any(|words| cell.contains(words))
        || TOTALS.iter().any(|word| cell.strip_prefix(word).is_some_and(|rest| rest.starts_with([':', ' ', '='])))
}

fn is_email(cell: &str) -> bool {
    let Some((user, host)) = cell.split_once('@') else { return false };
    let is_plain = |part: &str| !part.is_empty() && !part.contains([' ', '@', ',', ';']);
    is_plain(user) && is_plain(host) && host.contains('.')
}

/// Digits with at most a sign, separators, an exponent, and a short unit at one end.
fn is_number(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    if digits == 0 {
        return false;
    }
    let core = cell.trim_matches(|letter: char| !letter.is_ascii_digit());
    let is_core = |letter: char| {
        letter.is_ascii_digit() || matches!(letter, '.' | ',' | '\'' | '’' | ' ' | '\u{A0}' | '\u{202F}')
    };
    let (number, exponent) = core.split_once(['e', 'E']).unwrap_or((core, "0"));
    let is_exponent =
        !exponent.is_empty() && exponent.trim_start_matches(['+', '-']).bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped = number.matches('.').count() < 2 || number.split('.').skip(1).all(|group| group.len() == 3);
    let rest = cell.len() - core.len();
    let is_unit = |letter: char| {
        matches!(letter, '$' | '€' | '£' | '¥' | '%' | '+' | '-' | '(' | ')' | ' ' | '.' | '\u{A0}' | '\u{2212}')
    };
    let around = cell.replacen(core, "", 1);
    let is_currency =
        ["EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "kr", "zł", "Kč"].contains(&around.trim());
    number.chars().all(is_core)
        && is_grouped
        && is_exponent
        && (rest == 0 || around.chars().all(is_unit) || is_currency)
}

/// Three groups of digits with the same sign between them, or ISO 8601; a time may follow.
fn is_date(cell: &str) -> bool {
    let day = cell.split([' ', 'T']).next().unwrap_or_default().trim_end_matches([',', 'Z']);
    ['-', '/', '.'].iter().any(|sign| {
        let parts: Vec<&str> = day.split(*sign).collect();
        let is_part = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        let has_month = |part: &&str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
        parts.len() == 3
            && is_part(&parts[0])
            && is_part(&parts[2])
            && (is_part(&parts[1]) || has_month(&parts[1]))
            && parts.iter().filter(|part| part.len() > 2 && is_part(part)).count() <= 1
            && (day.len() >= 6)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(cells: &[&str], expected: Look) {
        for cell in cells {
            assert_eq!(look(cell), expected, "{cell}");
        }
    }

    #[test]
    fn numbers_are_recognised_in_any_form() {
        check(
            &["1", "-2.5", "1.234,50 €", "$1,204", "(987.65)", "12,5 %", "5.1234E+11", "1 000", "EUR 12", "14+"],
            Look::Number,
        );
    }

    #[test]
    fn dates_are_recognised_in_any_order() {
        check(
            &["2026-01-05", "1/6/2025", "06.01.2025", "2026-01-05T10:00:00Z", "5-Jan-26", "05-01-2026 23:01"],
            Look::Date,
        );
    }

    #[test]
    fn addresses_are_recognised() {
        check(&["a.b@example.com"], Look::Email);
    }

    #[test]
    fn names_are_words() {
        check(
            &["Revenue (EUR)", "Q3 2026", "Lead ID", "1st contact", "Address 2", "00Q5g0000000000", "e1", "1.2.3.4"],
            Look::Word,
        );
    }

    #[test]
    fn totals_are_words_for_themselves() {
        assert!(is_total("Grand Total:") && is_total("Grand Totals (600 records)") && is_total("Summe"));
        assert!(!is_total("Total Energies SE"));
    }

    #[test]
    fn footers_are_recognised_by_their_beginning() {
        for line in ["Copyright (c) 2000-2026 x", "(600 rows affected)", "Total: 12", "Generated By: me"] {
            assert!(is_footer_text(line), "{line}");
        }
        assert!(!is_footer_text("Northwind"));
    }
}
