//! A stored model: whatever is read scores a row without values, or says why it cannot.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_fuzz::blank;
use plumb_learn::Model;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(model) = serde_json::from_slice::<Model>(bytes) {
        let row = blank(model.features.features.len());
        let _ = model.scores(&row);
        let _ = model.explain(&row);
    }
});
