//! A condition in a header: whatever is read is met by a record or not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_fuzz::http::invoke::holds;
use serde_json::json;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        for record in [json!([0.8]), json!({ "score": 0.8, "inner": { "list": [1, "2", null] } }), json!(null)] {
            let _ = holds(text, &record);
        }
    }
});
