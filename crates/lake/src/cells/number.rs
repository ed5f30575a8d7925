//! A number as people and their programs write it.

/// What stands before the fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decimal {
    Point,
    Comma,
}

/// Signs and codes of currencies that may stand before or after a number. Nothing that multiplies, such as `k` or `Mio`.
const CURRENCIES: [&str; 62] = [
    "R$", "US$", "A$", "C$", "NZ$", "HK$", "S$", "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₴", "₫", "₪", "₦", "฿",
    "AED", "AUD", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS",
    "INR", "JPY", "KRW", "MXN", "MYR", "NGN", "NOK", "NZD", "PHP", "PLN", "RON", "SAR", "SEK", "SGD", "THB", "TRY",
    "UAH", "USD", "VND", "ZAR", "kr.", "kr", "zł", "Kč", "Ft", "Fr.",
];

impl Decimal {
    /// Returns the form of a name; `None` if there is none.
    pub(crate) fn named(name: &str) -> Option<Decimal> {
        match name {
            "decimal point" => Some(Decimal::Point),
            "decimal comma" => Some(Decimal::Comma),
            _ => None,
        }
    }

    /// Returns what is expected of a text.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Decimal::Point => "a number with a decimal point, as `1,234.56`",
            Decimal::Comma => "a number with a decimal comma, as `1.234,56`",
        }
    }

    fn separator(self) -> char {
        if self == Decimal::Point { '.' } else { ',' }
    }

    fn groups(self, letter: char) -> bool {
        let other = if self == Decimal::Point { ',' } else { '.' };
        letter == other || ['\'', '’', ' ', '\u{a0}', '\u{202f}', '\u{2009}'].contains(&letter)
    }
}

/// Reads a trimmed text that is not empty; `None` if it is no number of this form. Percents keep their number: `12.5%` is
/// 12.5. Parentheses mean minus.
pub(crate) fn number(text: &str, decimal: Decimal) -> Option<f64> {
    let (text, in_parentheses) = match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(inner) => (inner.trim(), true),
        None => (text, false),
    };
    let (text, minus_before) = without_minus(text);
    let text = without_currency(text);
    let (text, minus_within) = without_minus(text);
    let (text, minus_after) = match text.strip_suffix('-') {
        Some(text) => (text.trim_end(), true),
        None => (text, false),
    };
    let text = text.strip_suffix('%').map_or(text, str::trim_end);
    let minuses = [in_parentheses, minus_before, minus_within, minus_after].into_iter().filter(|minus| *minus).count();
    let value = unsigned(text, decimal)?;
    match minuses {
        0 => Some(value),
        1 => Some(-value),
        _ => None,
    }
}

fn without_minus(text: &str) -> (&str, bool) {
    match text.strip_prefix(['-', '−', '–']) {
        Some(text) => (text.trim_start(), true),
        None => (text.strip_prefix('+').unwrap_or(text), false),
    }
}

fn without_currency(text: &str) -> &str {
    let found = CURRENCIES.iter().find_map(|currency| text.strip_prefix(currency).or(text.strip_suffix(currency)));
    found.map_or(text, str::trim)
}

/// Reads digits with their groups and fraction.
fn unsigned(text: &str, decimal: Decimal) -> Option<f64> {
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent.parse::<i16>().ok()?)),
        None => (text, None),
    };
    let (whole, fraction) = number.split_once(decimal.separator()).unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole = if is_digits(whole) { whole.to_owned() } else { ungrouped(whole, decimal)? };
    let exponent = exponent.map_or(String::new(), |exponent| format!("e{exponent}"));
    let value: f64 = format!("{whole}.{fraction}0{exponent}").parse().ok()?;
    value.is_finite().then_some(value)
}

/// Returns the digits of groups: all separated alike, three in the last, and three or, as in India, two in those between.
fn ungrouped(whole: &str, decimal: Decimal) -> Option<String> {
    let separator = whole.chars().find(|letter| !letter.is_ascii_digit()).filter(|letter| decimal.groups(*letter))?;
    let groups: Vec<&str> = whole.split(separator).collect();
    let (first, others) = groups.split_first()?;
    let (last, between) = others.split_last()?;
    let width = between.first().map_or(3, |group| group.len());
    let fits = (1..=3).contains(&first.len())
        && last.len() == 3
        && (2..=3).contains(&width)
        && between.iter().all(|group| group.len() == width)
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
    fits.then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, point: Option<f64>, comma: Option<f64>) {
        assert_eq!((number(text, Decimal::Point), number(text, Decimal::Comma)), (point, comma), "{text}");
    }

    #[test]
    fn groups_and_fractions_depend_on_the_form() {
        check("1,234.56", Some(1234.56), None);
        check("1.234,56", None, Some(1234.56));
        check("1.234", Some(1.234), Some(1234.0));
        check("1,5", None, Some(1.5));
        check("12 345 678", Some(12_345_678.0), Some(12_345_678.0));
        check("1'234.5", Some(1234.5), None);
        check("12,34,567.5", Some(1_234_567.5), None);
        check("42", Some(42.0), Some(42.0));
        check("1.5e3", Some(1500.0), None);
        check(".5", Some(0.5), None);
    }

    #[test]
    fn signs_currencies_and_percents_are_read() {
        check("$1,234.00", Some(1234.0), None);
        check("-$5", Some(-5.0), Some(-5.0));
        check("$-5", Some(-5.0), Some(-5.0));
        check("($987.65)", Some(-987.65), None);
        check("1.234,50 €", None, Some(1234.5));
        check("EUR 7", Some(7.0), Some(7.0));
        check("12.5%", Some(12.5), None);
        check("12,5 %", None, Some(12.5));
        check("−3", Some(-3.0), Some(-3.0));
        check("250-", Some(-250.0), Some(-250.0));
    }

    #[test]
    fn what_could_be_another_number_is_none() {
        for text in [
            "5k", "2 Mio", "14+", "few", "1,2,3", "12,34", "1.2.3", "--5", "(-5)", "$", "%", "1e999", "inf", "NaN",
            "5 kg", "1 2",
        ] {
            check(text, None, number(text, Decimal::Comma).filter(|_| text == "12,34"));
        }
    }
}
