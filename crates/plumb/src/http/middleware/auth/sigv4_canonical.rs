//! The canonical form of a request, of which AWS Signature Version 4 is computed. Each request has one, and no two requests
//! that mean something else here have the same.

use std::fmt::Write;

use axum::http::{HeaderMap, Uri};

/// The path on the wire is encoded once; what is signed is its shortest form, encoded once more.
pub(super) fn canonical_path(uri: &Uri) -> String {
    let path = uri.path();
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let encoded: String = segments.iter().map(|segment| format!("/{}", encode(segment.as_bytes()))).collect();
    let folder = path.ends_with('/') || segments.is_empty();
    format!("{encoded}{}", if folder { "/" } else { "" })
}

/// Returns the parameters in order. What has no order of its own is refused, and so is `+`, which is a blank to the one who
/// answers and a plus sign to the one who signs.
pub(super) fn canonical_query(uri: &Uri) -> Result<String, String> {
    let query = uri.query().unwrap_or_default();
    if query.contains('+') {
        return Err("the query has a `+`: write a blank as `%20` and a plus sign as `%2B`".to_owned());
    }
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = |text: &str| decode(text).ok_or_else(|| format!("`{text}` in the query is not encoded as `%XX`"));
        pairs.push((encode(&decoded(name)?), encode(&decoded(value)?)));
    }
    pairs.sort();
    if let Some(twice) = pairs.windows(2).find(|two| two[0].0 == two[1].0) {
        return Err(format!("the query has `{}` twice", twice[0].0));
    }
    Ok(pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&"))
}

/// Returns a line for each signed header: its values, each without needless blanks.
pub(super) fn canonical_headers(signed: &[String], headers: &HeaderMap) -> Result<String, String> {
    let mut lines = String::new();
    for name in signed {
        let mut values = Vec::new();
        for value in headers.get_all(name.as_str()) {
            // Bytes that are no text would all look alike.
            let text = std::str::from_utf8(value.as_bytes()).map_err(|_| format!("header `{name}` is no UTF-8"))?;
            values.push(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
        }
        lines.push_str(name);
        lines.push(':');
        lines.push_str(&values.join(","));
        lines.push('\n');
    }
    Ok(lines)
}

/// Encodes all bytes but letters, digits and `-._~` as `%XX`.
fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => text.push(char::from(*byte)),
            byte => push_hex(&mut text, format_args!("%{byte:02X}")),
        }
    }
    text
}

/// Decodes `%XX`; `None` if a `%` is not followed by two digits.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first == b'%' {
            let (digits, after) = after.split_at_checked(2)?;
            bytes.push(digit(digits[0])? << 4 | digit(digits[1])?);
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    Some(bytes)
}

/// Returns bytes as hexadecimal digits in lower case.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        push_hex(&mut text, format_args!("{byte:02x}"));
    }
    text
}

/// Reads 64 hexadecimal digits in lower case.
pub(super) fn of_hex(text: &str) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        if pair.iter().any(u8::is_ascii_uppercase) {
            return None;
        }
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Only digits: the parsers of numbers take a sign, too.
fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn push_hex(text: &mut String, digits: std::fmt::Arguments<'_>) {
    // Writing into a text does not fail.
    let _ = text.write_fmt(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn query(text: &str) -> Result<String, String> {
        canonical_query(&format!("/?{text}").parse().expect("a URI"))
    }

    #[test]
    fn a_query_that_can_be_read_in_two_ways_is_refused() {
        assert_eq!(query("b=2&a=%7e%20&c").as_deref(), Ok("a=~%20&b=2&c="));
        for (text, expected) in [
            ("a=1&a=2", "`a` twice"),
            ("a=1&%61=2", "`a` twice"),
            ("a=b+c", "`+`"),
            ("a=%zz", "`%zz`"),
            ("a=%+f", "`+`"),
            ("a=%4", "`%4`"),
        ] {
            let problem = query(text).expect_err(expected);
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }

    #[test]
    fn digits_are_digits() {
        assert_eq!(of_hex(&"0f".repeat(32)), Some([15; 32]));
        for wrong in ["0F", "+f", " f", "0x", "\u{e9}"] {
            assert_eq!(of_hex(&wrong.repeat(32)), None, "{wrong}");
        }
        assert_eq!(of_hex(&"0f".repeat(31)), None);
        assert_eq!(hex(&[0, 171]), "00ab");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let mut headers = HeaderMap::new();
        let value = axum::http::HeaderValue::from_bytes(b"a\xff").expect("a header may have any byte");
        headers.insert("x-a", value);
        canonical_headers(&["x-a".to_owned()], &headers).expect_err("no UTF-8");
    }
}
