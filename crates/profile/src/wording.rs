//! Figures as people write them.

use chrono::DateTime;

/// Returns a count with its thousands apart: `1,234,567`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a share in percent.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent {
        0.0 => "0 %".to_owned(),
        100.0 => "100 %".to_owned(),
        _ if percent < 0.1 => "under 0.1 %".to_owned(),
        _ if percent < 100.0 && percent > 99.9 => "over 99.9 %".to_owned(),
        _ if !(10.0..=90.0).contains(&percent) => format!("{percent:.1} %"),
        _ => format!("{percent:.0} %"),
    }
}

/// Returns a number with at most five significant digits, and whole numbers with all of theirs.
pub fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        let sign = if value < 0.0 { "-" } else { "" };
        return format!("{sign}{}", count(value.abs() as u64));
    }
    let size = value.abs();
    if (1e-3..1e9).contains(&size) {
        let decimals = (4.0 - size.log10().floor()).clamp(0.0, 7.0) as usize;
        let text = format!("{value:.decimals$}");
        return if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text };
    }
    format!("{value:.3e}")
}

/// Returns a list of names, the first few of many.
pub(crate) fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 6;
    let all = names.len();
    let shown: Vec<String> = names.take(SHOWN).map(|name| format!("`{name}`")).collect();
    let shown = shown.join(", ");
    if all > SHOWN { format!("{shown} and {} more", all - SHOWN) } else { shown }
}

/// Returns a timestamp of microseconds: the day if it is a midnight, else RFC 3339.
pub(crate) fn timestamp(microseconds: i64) -> String {
    match DateTime::from_timestamp_micros(microseconds) {
        Some(time) if microseconds.rem_euclid(crate::gather::DAY) == 0 => time.format("%Y-%m-%d").to_string(),
        Some(time) => time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        None => format!("{microseconds} µs since 1970"),
    }
}

/// Returns a text that is not too long for a sentence.
pub(crate) fn short(text: &str) -> String {
    const LENGTH_MAX: usize = 40;
    if text.chars().count() <= LENGTH_MAX {
        return text.to_owned();
    }
    text.chars().take(LENGTH_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_people_do() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0.0, 0.0004, 0.042, 0.634, 0.9996, 1.0].map(percent),
            ["0 %", "under 0.1 %", "4.2 %", "63 %", "over 99.9 %", "100 %"]
        );
        let numbers = [-1234.0, 1234.5678, 0.001234567, 1.5e12 + 0.5, f64::MAX];
        assert_eq!(numbers.map(number), ["-1,234", "1234.6", "0.0012346", "1.500e12", "1.798e308"]);
        assert_eq!(timestamp(0), "1970-01-01");
        assert_eq!(timestamp(1_500_000), "1970-01-01T00:00:01Z");
    }
}
