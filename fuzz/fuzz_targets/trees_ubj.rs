//! A model as XGBoost writes it in UBJ: whatever is read can be scored and explained.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plumb_fuzz::score;
use plumb_learn::trees::Trees;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(trees) = Trees::from_ubj(bytes) {
        score(&trees);
    }
});
