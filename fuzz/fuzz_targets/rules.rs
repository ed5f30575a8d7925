//! The team's rules as a table: every cell is a rule or a complaint.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_learn::rules;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = rules::parse_csv(text);
    }
});
