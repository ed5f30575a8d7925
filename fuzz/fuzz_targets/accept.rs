//! An Accept header: a form, or that there is none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_fuzz::http::invoke::negotiated;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert_eq!(negotiated(text).len(), 4);
    }
});
