//! Addresses: which ones a token may be sent to, and how texts are written in them.

use crate::error::Error;

/// Returns the address without a slash at its end, if tokens may be sent there: `https`, or `http` on this machine alone.
pub(crate) fn checked_base(address: &str) -> Result<String, Error> {
    let refused = |why: &str| {
        let what = format!("the address `{}` {why}", shown(address));
        Error::new(what, "write it as https://host, without a user, a question mark or a fragment")
    };
    let (scheme, rest) = address.split_once("://").ok_or_else(|| refused("has no https:// at its start"))?;
    if rest.contains(['@', '?', '#', '\\']) || rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(refused("has more than a host and a path"));
    }
    if host(address).is_empty() {
        return Err(refused("has no host"));
    }
    match scheme {
        "https" => {}
        "http" if is_loopback(address) => {}
        "http" => return Err(refused("would send the token without encryption")),
        _ => return Err(refused("is neither https nor http")),
    }
    Ok(address.trim_end_matches('/').to_owned())
}

/// Returns the host of an address, without its port.
pub(crate) fn host(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(end) = authority.find(']') {
        return &authority[..=end];
    }
    authority.split(':').next().unwrap_or_default()
}

/// Whether the address is one of this machine.
pub(crate) fn is_loopback(address: &str) -> bool {
    matches!(host(address), "127.0.0.1" | "[::1]" | "localhost")
}

/// Returns the address up to where a user's name or a query could begin.
fn shown(address: &str) -> &str {
    let start = address.find('@').map_or(0, |at| at + 1);
    address[start..].split(['?', '#']).next().unwrap_or_default()
}

/// Returns a text as a part of an address's query, or of a form, may have it.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_to_encrypted_hosts_and_to_this_machine() {
        assert_eq!(checked_base("https://api.hubapi.com/").expect("checked"), "https://api.hubapi.com");
        assert!(checked_base("http://127.0.0.1:80").is_ok());
        assert!(checked_base("http://[::1]:80").is_ok());
        for refused in
            ["http://api.hubapi.com", "http://127.0.0.1.evil.example", "ftp://x", "x", "https://", "https://a b"]
        {
            assert!(checked_base(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let error = checked_base("https://user:hunter2@host/").expect_err("refused").to_string();
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_text_is_encoded_byte_by_byte() {
        assert_eq!(encoded("a b>='ü'"), "a%20b%3E%3D%27%C3%BC%27");
    }
}
