//! A condition in a header: each record meets it or not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb::http::Condition;
use serde_json::json;

/// The longest condition that the server reads.
const CONDITION_CHARS_MAX: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.chars().count() <= CONDITION_CHARS_MAX
        && let Ok(condition) = Condition::parse(text)
    {
        let records = [json!([0.8]), json!({ "score": 0.8, "inner": { "list": [1, "2", null] } }), json!(null)];
        let count = records.len();
        assert_eq!(condition.holds(records).len(), count);
    }
});
