//! The time of day and the zone behind a date.

/// A time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Clock {
    /// Whether one is written.
    pub(crate) is_written: bool,
    /// Microseconds since midnight.
    pub(crate) micros: i64,
    /// Minutes east of Greenwich, if a zone is written.
    pub(crate) offset_minutes: Option<i32>,
    /// Whether it is in twelve hours, with AM or PM.
    pub(crate) is_twelve_hours: bool,
}

/// Abbreviations of RFC 2822, and of central Europe, in minutes. Others mean several zones.
const ZONES: &[(&str, i32)] = &[
    ("UTC", 0),
    ("GMT", 0),
    ("Z", 0),
    ("z", 0),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
    ("CET", 60),
    ("CEST", 120),
    ("MEZ", 60),
    ("MESZ", 120),
];

/// Reads what stands behind a date: nothing, or a time of day and perhaps a zone.
pub(crate) fn clock(rest: &str) -> Option<Clock> {
    if rest.is_empty() {
        return Some(Clock::default());
    }
    let rest = match rest.as_bytes()[0] {
        b'T' | b't' | b' ' | b',' => rest[1..].trim_start_matches(' '),
        _ => return zone(rest).map(|offset| Clock { offset_minutes: Some(offset), ..Clock::default() }),
    };
    let rest = ["at ", "um "].iter().find_map(|at| rest.strip_prefix(at)).unwrap_or(rest);
    let (hour, rest) = two_digits(rest)?;
    let (minute, rest) = two_digits(rest.strip_prefix(':')?)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => two_digits(rest)?,
        None => (0, rest),
    };
    let (fraction, rest) = fraction(rest)?;
    let rest = rest.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
    let (half, rest) = half_of_day(rest);
    let rest = rest.strip_prefix("Uhr").unwrap_or(rest).trim_start_matches(' ');
    let offset_minutes = if rest.is_empty() { None } else { Some(zone(rest)?) };
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
    };
    // A leap second is the last one of its minute.
    let is_time = hour < 24 && minute < 60 && second <= 60;
    let micros = i64::from(hour * 3_600 + minute * 60 + second.min(59)) * 1_000_000 + fraction;
    is_time.then_some(Clock { is_written: true, micros, offset_minutes, is_twelve_hours: half.is_some() })
}

fn two_digits(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
    let number = text.as_bytes()[..length].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    (1..=2).contains(&length).then(|| (number, &text[length..]))
}

/// Returns the microseconds of a fraction of a second; what is finer is cut off.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(digits) = text.strip_prefix(['.', ',']) else { return Some((0, text)) };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    if length == 0 {
        return None;
    }
    let micros = (0..6).fold(0, |micros, place| {
        micros * 10 + digits.as_bytes()[..length].get(place).map_or(0, |digit| i64::from(digit - b'0'))
    });
    Some((micros, &digits[length..]))
}

/// Returns the hours that AM or PM adds.
fn half_of_day(text: &str) -> (Option<u32>, &str) {
    for (word, hours) in
        [("AM", 0), ("PM", 12), ("am", 0), ("pm", 12), ("a.m.", 0), ("p.m.", 12), ("A.M.", 0), ("P.M.", 12)]
    {
        if let Some(rest) = text.strip_prefix(word).filter(|rest| !rest.starts_with(char::is_alphanumeric)) {
            return (Some(hours), rest.trim_start_matches(' '));
        }
    }
    (None, text)
}

/// Reads a zone: `Z`, `+02:00`, `+0200`, `+02`, `UTC`, `+0000 UTC`, `GMT+0200`.
fn zone(text: &str) -> Option<i32> {
    let text = text.trim_start_matches(' ');
    if let Some((_, minutes)) = ZONES.iter().find(|(name, _)| *name == text) {
        return Some(*minutes);
    }
    let text = text.strip_prefix("GMT").or_else(|| text.strip_prefix("UTC")).unwrap_or(text);
    let (sign, digits) = match text.chars().next()? {
        '+' => (1, &text[1..]),
        '-' => (-1, &text[1..]),
        '\u{2212}' => (-1, &text['\u{2212}'.len_utf8()..]),
        _ => return None,
    };
    let digits =
        digits.split(' ').next().filter(|first| digits[first.len()..].is_empty() || digits.ends_with(" UTC"))?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "0"),
        4 if digits.is_ascii() => digits.split_at(2),
        5 => digits.split_once(':')?,
        _ => return None,
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}
