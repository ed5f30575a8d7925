//! Figures, names and messages as text for people.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

/// Returns a probability for people: `63 %`, and `4.2 %` where the tenth matters.
pub(super) fn percent(probability: f64) -> String {
    let percent = 100.0 * probability;
    if (0.05..9.95).contains(&percent) || (percent > 99.0 && percent < 99.95) {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.0} %")
    }
}

pub(super) fn day(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y").to_string()
}

pub(super) fn minute(at: DateTime<Utc>) -> String {
    at.format("%-d %b %Y, %H:%M UTC").to_string()
}

/// Returns a name as words: `lead_age_days` is `lead age days`.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Returns a message with its `values` set apart, as the page sets code apart.
pub(super) fn ticked(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

pub(super) fn first_upper(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Returns a text as a part of an address: all bytes but letters, digits and `-._~` become `%XX` (RFC 3986).
pub(super) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_keep_a_tenth_where_it_matters() {
        let texts = [0.0, 0.0004, 0.042, 0.0996, 0.634, 0.994, 1.0].map(percent);
        assert_eq!(texts, ["0 %", "0 %", "4.2 %", "10 %", "63 %", "99.4 %", "100 %"]);
    }

    #[test]
    fn ids_survive_as_parts_of_an_address() {
        assert_eq!(encoded("email:a+b@x.org/ü"), "email%3Aa%2Bb%40x.org%2F%C3%BC");
    }
}
