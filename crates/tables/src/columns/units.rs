//! Units, currencies and scale words around numbers.

/// Currencies that may stand before a number, longer ones first where one begins another.
const CURRENCIES: &[&str] = &[
    "US$", "R$", "A$", "AU$", "C$", "CA$", "NZ$", "HK$", "S$", "MX$", "NT$", "$", "€", "£", "¥", "₹", "₽", "₺", "₩",
    "₪", "₫", "₴", "฿", "₦", "₱", "EUR", "Euro", "euro", "USD", "GBP", "CHF", "JPY", "CNY", "RMB", "INR", "Rs.", "Rs",
    "SEK", "NOK", "DKK", "kr.", "kr", "Kr.", "Kr", "PLN", "zł", "CZK", "Kč", "HUF", "Ft", "RON", "BGN", "TRY", "RUB",
    "BRL", "MXN", "ARS", "CLP", "COP", "AUD", "CAD", "NZD", "SGD", "HKD", "KRW", "ZAR", "AED", "SAR", "ILS", "THB",
    "IDR", "Rp", "MYR", "RM", "PHP", "VND", "NGN", "KES", "UAH", "Fr.", "SFr.",
];

/// Spellings of one currency, so that a column with both is of one unit.
const SAME: &[&[&str]] = &[
    &["€", "eur", "euro"],
    &["$", "usd", "us$"],
    &["£", "gbp"],
    &["¥", "jpy"],
    &["₹", "inr", "rs", "rs."],
    &["chf", "fr", "sfr"],
    &["zł", "pln"],
    &["kč", "czk"],
    &["ft", "huf"],
    &["r$", "brl"],
    &["₺", "try"],
    &["₽", "rub"],
];

const SCALES: &[(&str, i32)] = &[
    ("k", 3),
    ("K", 3),
    ("Tsd.", 3),
    ("Tsd", 3),
    ("thousand", 3),
    ("M", 6),
    ("Mio.", 6),
    ("Mio", 6),
    ("mio", 6),
    ("MM", 6),
    ("mn", 6),
    ("million", 6),
    ("Million", 6),
    ("millions", 6),
    ("Mill.", 6),
    ("B", 9),
    ("bn", 9),
    ("Bn", 9),
    ("Mrd.", 9),
    ("Mrd", 9),
    ("mrd", 9),
    ("billion", 9),
    ("Billion", 9),
];

/// What stands behind the digits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Suffix<'a> {
    pub(crate) unit: &'a str,
    /// The power of ten of a scale word; 0 if there is none.
    pub(crate) scale: i32,
    pub(crate) percent: bool,
    pub(crate) plus: bool,
    pub(crate) minus: bool,
    pub(crate) closes: bool,
}

/// Returns whether a unit is a currency.
pub(crate) fn is_currency(unit: &str) -> bool {
    CURRENCIES.contains(&unit)
}

/// Returns the currency with which `text` begins.
pub(crate) fn unit_before(text: &str) -> Option<&str> {
    CURRENCIES
        .iter()
        .filter(|currency| text.starts_with(**currency))
        .max_by_key(|currency| currency.len())
        .map(|currency| &text[..currency.len()])
        .filter(|unit| !text[unit.len()..].starts_with(char::is_alphanumeric))
}

/// Reads what stands behind the digits; `None` if that is no unit, scale word or sign.
/// A small `m` means millions behind a currency, and metres elsewhere.
pub(crate) fn suffix(after: &str, opens: bool, has_currency: bool) -> Option<Suffix<'_>> {
    let mut suffix = Suffix::default();
    let mut rest = after;
    // `100,-` and `100.--` are whole amounts.
    for round in [",--", ".--", ",-", ".-", ",\u{2013}", ".\u{2013}"] {
        if let Some(behind) = rest.strip_prefix(round) {
            rest = behind;
            break;
        }
    }
    rest = rest.trim();
    while let Some(letter) = rest.chars().next() {
        let nothing_else = !suffix.plus && !suffix.minus;
        let length = match letter {
            ')' if opens && !suffix.closes => {
                suffix.closes = true;
                1
            }
            '+' if nothing_else => {
                suffix.plus = true;
                1
            }
            '-' | '\u{2212}' if nothing_else && rest.len() == letter.len_utf8() => {
                suffix.minus = true;
                letter.len_utf8()
            }
            '%' if !suffix.percent && suffix.unit.is_empty() => {
                suffix.percent = true;
                1
            }
            _ => word(rest, &mut suffix, has_currency)?,
        };
        rest = rest[length..].trim_start();
    }
    Some(suffix)
}

/// Returns what tells units apart: `€` and `EUR` are one, and so are `day` and `days`.
pub(crate) fn unit_key(unit: &str) -> String {
    let lower = unit.to_lowercase();
    let bare = lower.trim_end_matches('.');
    if let Some(same) = SAME.iter().find(|same| same.contains(&bare) || same.contains(&lower.as_str())) {
        return same[0].to_owned();
    }
    let singular = bare.strip_suffix('s').filter(|singular| singular.chars().count() > 1).unwrap_or(bare);
    // Case tells `M` from `m` only in scale words, which are none of these.
    singular.to_owned()
}

/// Returns whether a unit is a currency that is written with a decimal point at home.
pub(crate) fn is_point_currency(unit: &str) -> bool {
    matches!(unit, "$" | "US$" | "USD" | "£" | "GBP" | "A$" | "AUD" | "C$" | "NZ$" | "¥" | "₹" | "INR" | "HK$" | "S$")
}

fn word<'a>(rest: &'a str, suffix: &mut Suffix<'a>, has_currency: bool) -> Option<usize> {
    let is_part = |letter: char| {
        letter.is_alphabetic()
            || matches!(letter, '²' | '³' | '°' | 'µ' | '/' | '.' | '$' | '€' | '£' | '¥' | '₹' | '₽' | '₺' | '₩')
    };
    let length = rest.find(|letter: char| !is_part(letter)).unwrap_or(rest.len());
    let word = &rest[..length];
    if word.is_empty() || word.chars().count() > 12 || suffix.plus || suffix.percent {
        return None;
    }
    let scale = SCALES.iter().find(|(scale, _)| *scale == word).map(|(_, power)| *power);
    let scale = scale.or((word == "m" && has_currency).then_some(6));
    match scale {
        Some(power) if suffix.scale == 0 && suffix.unit.is_empty() => suffix.scale = power,
        _ if suffix.unit.is_empty() && !word.starts_with(['.', '/']) => suffix.unit = word,
        _ => return None,
    }
    // `10k€`: the scale word and the unit are one run of letters.
    Some(length)
}
