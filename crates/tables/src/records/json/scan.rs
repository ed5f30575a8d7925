//! Finds the values in a JSON text that is known to be valid, and leaves each as it is written: a number of twenty digits would
//! not survive as a number.

use std::ops::Range;

/// Returns where the blanks from `at` on end.
pub(super) fn skip_blanks(text: &str, at: usize) -> usize {
    let rest = &text.as_bytes()[at..];
    at + rest.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(rest.len())
}

/// Returns where the value ends that begins at `at`.
fn value_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut place) = (0_usize, at);
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'"' => place = string_end(bytes, place),
            b'{' | b'[' => {
                depth += 1;
                place += 1;
            }
            b'}' | b']' if depth == 0 => return place,
            b'}' | b']' => {
                depth -= 1;
                place += 1;
            }
            b',' if depth == 0 => return place,
            blank if depth == 0 && blank.is_ascii_whitespace() => return place,
            _ => place += 1,
        }
        if depth == 0 && matches!(bytes[at], b'"' | b'{' | b'[') {
            return place;
        }
    }
    place
}

/// Returns the byte behind a string that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut place = at + 1;
    while let Some(byte) = bytes.get(place) {
        match byte {
            b'"' => return place + 1,
            b'\\' => place += 2,
            _ => place += 1,
        }
    }
    bytes.len()
}

/// Returns the elements of an array that begins at `begin`.
pub(super) fn elements(text: &str, begin: usize) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), skip_blanks(text, begin + 1));
    while at < text.len() && text.as_bytes()[at] != b']' {
        let end = value_end(text, at).max(at + 1);
        found.push(at..end);
        at = skip_blanks(text, end.min(text.len()));
        if text.as_bytes().get(at) == Some(&b',') {
            at = skip_blanks(text, at + 1);
        }
    }
    found
}

/// Returns the keys and values of an object that begins at `begin`, as they are written.
pub(super) fn members(text: &str, begin: usize) -> Vec<(Range<usize>, Range<usize>)> {
    let (mut found, mut at) = (Vec::new(), skip_blanks(text, begin + 1));
    while at < text.len() && text.as_bytes()[at] == b'"' {
        let key_end = string_end(text.as_bytes(), at).min(text.len());
        let colon = skip_blanks(text, key_end);
        let value = skip_blanks(text, (colon + 1).min(text.len()));
        let end = value_end(text, value);
        found.push((at..key_end, value..end));
        at = skip_blanks(text, end);
        if text.as_bytes().get(at) == Some(&b',') {
            at = skip_blanks(text, at + 1);
        }
    }
    found
}

/// Returns what is wrong with a text that is not one JSON value.
pub(super) fn check(text: &str) -> Result<(), String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).map(|_| ()).map_err(|error| error.to_string())
}

/// Returns the text of a string as it is written, without its quotes and escapes.
pub(super) fn unquoted(string: &str) -> Result<String, String> {
    serde_json::from_str(string).map_err(|error| error.to_string())
}
