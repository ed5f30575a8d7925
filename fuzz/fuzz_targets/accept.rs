//! An Accept header: a media type, or an error that says that none of ours is accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb::http::MediaType;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        for of_request in [MediaType::Csv, MediaType::Json, MediaType::JsonLines, MediaType::Plumb] {
            if let Ok(media_type) = MediaType::negotiate(Some(text), of_request) {
                assert!(!media_type.header().is_empty());
            }
        }
    }
});
