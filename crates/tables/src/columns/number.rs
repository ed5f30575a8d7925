//! Numbers as people write them: what a cell could mean under each national form, and its value under one of them.

use super::units::{Suffix, suffix, unit_before};

/// The longest cell, in bytes, that is looked at as a number.
const CELL_MAX: usize = 64;

/// A set of forms, a bit each: 4 kinds of thousands for a decimal point, then 4 for a decimal comma.
pub(crate) type Forms = u8;

/// All forms: a number without any separator.
pub(crate) const ALL_FORMS: Forms = 0xff;
/// Those with a decimal point.
pub(crate) const POINT_FORMS: Forms = 0x0f;
/// Those with a decimal comma.
pub(crate) const COMMA_FORMS: Forms = 0xf0;
/// `1.200`: with a decimal point, or 1200 with a decimal comma.
pub(crate) const AMBIGUOUS_POINT: Forms = POINT_FORMS | form_bit(',', Some('.'));
/// `1,200`: with a decimal comma, or 1200 with a decimal point.
pub(crate) const AMBIGUOUS_COMMA: Forms = COMMA_FORMS | form_bit('.', Some(','));

/// What else is remarkable about how a number is written, a bit each.
pub(crate) mod mark {
    /// `(5)`.
    pub(crate) const PARENTHESES: u16 = 1;
    /// `5-`.
    pub(crate) const TRAILING_MINUS: u16 = 1 << 1;
    /// `5%`.
    pub(crate) const PERCENT: u16 = 1 << 2;
    /// `5+`.
    pub(crate) const PLUS_AFTER: u16 = 1 << 3;
    /// `+5`.
    pub(crate) const PLUS_BEFORE: u16 = 1 << 4;
    /// `5k`, `1.2M`.
    pub(crate) const SCALE: u16 = 1 << 5;
    /// `5e3`.
    pub(crate) const EXPONENT: u16 = 1 << 6;
    /// `5.1234E+11`, as spreadsheets write what is too long.
    pub(crate) const SHORTENED: u16 = 1 << 7;
    /// `007`.
    pub(crate) const LEADING_ZERO: u16 = 1 << 8;
    /// A whole number beyond 2^53.
    pub(crate) const BEYOND_EXACT: u16 = 1 << 9;
    /// A whole number of more than 15 digits that are zeros from the 16th on.
    pub(crate) const ROUNDED: u16 = 1 << 10;
    /// A whole number of more than 15 digits.
    pub(crate) const LONG: u16 = 1 << 11;
    /// How many there are.
    pub(crate) const COUNT: usize = 12;
}

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Written<'a> {
    /// Under which forms it is a number.
    pub(crate) forms: Forms,
    /// What else is remarkable.
    pub(crate) marks: u16,
    /// The unit or currency; empty if there is none.
    pub(crate) unit: &'a str,
    /// Digits, separators and exponent.
    body: &'a str,
    is_negative: bool,
    /// The power of ten that a scale word means.
    scale: i32,
}

/// Returns the bit of a form.
pub(crate) const fn form_bit(decimal: char, thousands: Option<char>) -> Forms {
    let kind = match thousands {
        None => 0,
        Some('.' | ',') => 1,
        Some('\'') => 2,
        Some(_) => 3,
    };
    1 << (kind + if decimal == ',' { 4 } else { 0 })
}

/// Reads a cell, trimmed, as a number in any form.
pub(crate) fn scan(cell: &str) -> Option<Written<'_>> {
    if cell.len() > CELL_MAX {
        return None;
    }
    let first = cell.bytes().position(|byte| byte.is_ascii_digit())?;
    let last = cell.bytes().rposition(|byte| byte.is_ascii_digit())?;
    // `.5` begins with its separator.
    let first = if first > 0 && matches!(cell.as_bytes()[first - 1], b'.' | b',') && !before_is_word(&cell[..first - 1])
    {
        first - 1
    } else {
        first
    };
    let (before, body, after) = (&cell[..first], &cell[first..=last], &cell[last + 1..]);
    let prefix = prefix(before)?;
    let Suffix { unit, scale, percent, plus, minus, closes } = suffix(after, prefix.opens, !prefix.unit.is_empty())?;
    if prefix.opens != closes
        || (minus && (prefix.minus || prefix.opens))
        || (!unit.is_empty() && !prefix.unit.is_empty())
    {
        return None;
    }
    let body_says = body_forms(body)?;
    let unit = if unit.is_empty() { prefix.unit } else { unit };
    let mut marks = body_says.marks;
    let mut set = |is_so: bool, mark: u16| marks |= if is_so { mark } else { 0 };
    set(prefix.opens, mark::PARENTHESES);
    set(minus, mark::TRAILING_MINUS);
    set(percent, mark::PERCENT);
    set(plus, mark::PLUS_AFTER);
    set(prefix.plus, mark::PLUS_BEFORE);
    set(scale != 0, mark::SCALE);
    if !unit.is_empty() || percent || prefix.minus || scale != 0 {
        marks &= !mark::LEADING_ZERO;
    }
    // A telephone number and not a number: `+1 555 000 111`.
    if prefix.plus && body.contains(|letter: char| is_space(letter)) {
        return None;
    }
    let is_negative = prefix.minus || prefix.opens || minus;
    Some(Written { forms: body_says.forms, marks, unit, body, is_negative, scale })
}

impl Written<'_> {
    /// Returns the value under one form, to the nearest double.
    pub(crate) fn value(&self, decimal: char) -> Option<f64> {
        let value = parse(self.body, decimal, self.scale)?;
        Some(if self.is_negative { -value } else { value })
    }
}

/// A plain number: digits, perhaps with a minus and a decimal point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plain {
    /// Its value.
    pub(crate) value: f64,
    /// Under which forms it is a number.
    pub(crate) forms: Forms,
}

/// Reads what most cells of most files are; `None` if it is anything else, or remarkable.
pub(crate) fn plain(cell: &[u8]) -> Option<Plain> {
    let (is_negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, cell),
    };
    // 15 digits are always below 2^53, and the powers of ten up to 22 are doubles: one division rounds once.
    if digits.len() > 16 || !digits.first()?.is_ascii_digit() {
        return None;
    }
    let mut mantissa = 0u64;
    let mut point = None;
    for (place, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(place),
            _ => return None,
        }
    }
    let whole = point.unwrap_or(digits.len());
    let fraction = digits.len() - whole - usize::from(point.is_some());
    let is_remarkable = (digits[0] == b'0' && whole > 1) || (point.is_some() && fraction == 0) || whole + fraction > 15;
    if is_remarkable {
        return None;
    }
    let value = mantissa as f64 / POWERS[fraction];
    let forms = match point {
        None => ALL_FORMS,
        Some(_) if fraction == 3 && whole <= 3 && digits[0] != b'0' => AMBIGUOUS_POINT,
        Some(_) => POINT_FORMS,
    };
    Some(Plain { value: if is_negative { -value } else { value }, forms })
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// What stands before the digits.
#[derive(Default)]
struct Prefix<'a> {
    minus: bool,
    plus: bool,
    opens: bool,
    unit: &'a str,
}

fn before_is_word(before: &str) -> bool {
    before.chars().next_back().is_some_and(char::is_alphanumeric)
}

fn prefix(before: &str) -> Option<Prefix<'_>> {
    let mut prefix = Prefix::default();
    let mut rest = before.trim();
    while let Some(letter) = rest.chars().next() {
        let has_sign = prefix.minus || prefix.plus || prefix.opens;
        match letter {
            '-' | '\u{2212}' | '\u{2013}' if !has_sign => prefix.minus = true,
            '+' if !has_sign => prefix.plus = true,
            '(' if !has_sign => prefix.opens = true,
            _ => {
                let unit = unit_before(rest).filter(|_| prefix.unit.is_empty())?;
                prefix.unit = unit;
                rest = rest[unit.len()..].trim_start();
                continue;
            }
        }
        rest = rest[letter.len_utf8()..].trim_start();
    }
    Some(prefix)
}

struct Body {
    forms: Forms,
    marks: u16,
}

/// Returns under which forms digits with separators are a number.
fn body_forms(body: &str) -> Option<Body> {
    let (digits, exponent) = match body.find(['e', 'E']) {
        Some(place) => (&body[..place], Some(&body[place..])),
        None => (body, None),
    };
    let mut marks = 0;
    if let Some(exponent) = exponent {
        marks |= mark::EXPONENT | exponent_marks(exponent)?;
    }
    let groups = Groups::of(digits)?;
    let forms = groups.forms();
    if forms == 0 || (exponent.is_some() && forms & (form_bit('.', None) | form_bit(',', None)) == 0) {
        return None;
    }
    // With an exponent a single separator is a decimal one.
    let forms = match (exponent, groups.last) {
        (Some(_), '.') => POINT_FORMS,
        (Some(_), ',') => COMMA_FORMS,
        _ => forms,
    };
    if exponent.is_none() && (groups.separators == 0 || forms & (form_bit('.', None) | form_bit(',', None)) == 0) {
        marks |= whole_marks(digits, groups.separators == 0);
    }
    Some(Body { forms, marks })
}

fn exponent_marks(exponent: &str) -> Option<u16> {
    let digits = exponent[1..].trim_start_matches(['+', '-']);
    let signs = exponent.len() - 1 - digits.len();
    if signs > 1 || digits.is_empty() || digits.len() > 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(if exponent.starts_with("E+") && digits.len() >= 2 { mark::SHORTENED } else { 0 })
}

/// Returns what is remarkable about the digits of a whole number.
fn whole_marks(digits: &str, is_plain: bool) -> u16 {
    let mut marks = 0;
    let (mut count, mut zeros, mut value) = (0, 0, 0u64);
    for byte in digits.bytes().filter(u8::is_ascii_digit) {
        if count > 0 || byte != b'0' {
            count += 1;
        }
        zeros = if byte == b'0' { zeros + 1 } else { 0 };
        value = value.saturating_mul(10).saturating_add(u64::from(byte - b'0'));
    }
    if is_plain && digits.len() > 1 && digits.starts_with('0') {
        marks |= mark::LEADING_ZERO;
    }
    if value > 1 << 53 {
        marks |= mark::BEYOND_EXACT;
    }
    if count > 15 {
        marks |= mark::LONG | if zeros >= count - 15 { mark::ROUNDED } else { 0 };
    }
    marks
}

/// The groups of digits between separators.
struct Groups {
    /// How many separators there are.
    separators: usize,
    /// Whether the groups before the last separator, and all groups, are as thousands are.
    before_last_grouped: bool,
    all_grouped: bool,
    /// The separator before the last one, if all before the last are the same.
    before_last: Option<char>,
    /// The last separator.
    last: char,
    all_same: bool,
}

impl Groups {
    fn of(digits: &str) -> Option<Groups> {
        let mut lengths = [0u8; CELL_MAX];
        let mut groups = 0;
        let mut separators = [' '; CELL_MAX];
        for letter in digits.chars() {
            match letter {
                '0'..='9' => lengths[groups] = lengths[groups].saturating_add(1),
                '.' | ',' | '\'' | '\u{2019}' => {
                    separators[groups] = if letter == '\u{2019}' { '\'' } else { letter };
                    groups += 1;
                }
                _ if is_space(letter) => {
                    separators[groups] = ' ';
                    groups += 1;
                }
                _ => return None,
            }
        }
        let (lengths, separators) = (&lengths[..=groups], &separators[..groups]);
        let begins_with_zero = digits.starts_with('0');
        let before = separators.split_last().map_or(&[][..], |(_, before)| before);
        Some(Groups {
            separators: groups,
            before_last_grouped: groups > 0 && !begins_with_zero && are_thousands(&lengths[..groups]),
            all_grouped: !begins_with_zero && are_thousands(lengths),
            before_last: before.first().copied().filter(|first| before.iter().all(|one| one == first)),
            last: separators.last().copied().unwrap_or(' '),
            all_same: separators.windows(2).all(|pair| pair[0] == pair[1]),
        })
    }

    fn forms(&self) -> Forms {
        let other = |separator: char| if separator == '.' { ',' } else { '.' };
        let is_decimal = matches!(self.last, '.' | ',');
        match self.separators {
            0 => ALL_FORMS,
            1 if is_decimal => {
                let decimal = if self.last == '.' { POINT_FORMS } else { COMMA_FORMS };
                decimal | if self.all_grouped { form_bit(other(self.last), Some(self.last)) } else { 0 }
            }
            _ if self.all_same && !self.all_grouped => 0,
            _ if self.all_same && is_decimal => form_bit(other(self.last), Some(self.last)),
            _ if self.all_same => form_bit('.', Some(self.last)) | form_bit(',', Some(self.last)),
            _ => match self.before_last {
                Some(thousands) if is_decimal && thousands != self.last && self.before_last_grouped => {
                    form_bit(self.last, Some(thousands))
                }
                _ => 0,
            },
        }
    }
}

/// Whether groups are as thousands are: 1,234,567, or 12,34,567 as in India.
fn are_thousands(lengths: &[u8]) -> bool {
    match lengths {
        [] => false,
        [_] => lengths[0] > 0,
        [first, middle @ .., last] => {
            let western = middle.iter().all(|length| *length == 3) && (1..=3).contains(first);
            let indian = middle.iter().all(|length| *length == 2) && (1..=2).contains(first);
            *last == 3 && (western || (indian && !middle.is_empty()))
        }
    }
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// Returns the value of digits under a decimal separator; the other separators are passed over.
fn parse(body: &str, decimal: char, scale: i32) -> Option<f64> {
    let mut plain = [0u8; CELL_MAX + 8];
    let mut length = 0;
    let mut put = |byte: u8| {
        plain[length] = byte;
        length += 1;
    };
    let mut exponent = scale;
    for (place, letter) in body.char_indices() {
        match letter {
            '0'..='9' => put(letter as u8),
            'e' | 'E' => {
                exponent += body[place + 1..].parse::<i32>().ok()?;
                break;
            }
            _ if letter == decimal => put(b'.'),
            _ => {}
        }
    }
    if exponent != 0 {
        put(b'e');
        if exponent < 0 {
            put(b'-');
        }
        exponent.unsigned_abs().to_string().bytes().for_each(&mut put);
    }
    std::str::from_utf8(&plain[..length]).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests;
