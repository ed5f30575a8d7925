//! A signed request: it is verified or refused. The text ends at the first byte of zero, and the body is behind it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_fuzz::http::access::verify;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (head, body) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if let Ok(text) = std::str::from_utf8(head) {
        let _ = verify(text, body);
    }
});
