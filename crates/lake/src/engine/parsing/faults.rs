//! Texts that a function could not read, and the values that stand for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A not-a-number of our own: the bits that mark it, and those that tell the text.
const NUMBER_MARK: u64 = 0x7FFC_0000_0000_0000;
const CODE_MASK: u64 = (1 << 48) - 1;

/// Timestamps of the year -250,000 or so, which nobody means. Dates can be calculated with them, so that an expression over
/// one is still near it.
const TIME_BEGIN: i64 = -7_950_000_000_000_000_000;
const TIME_MARGIN: i64 = 10_000_000_000_000_000;

/// The most different texts that are kept.
const KEPT_MAX: usize = 10_000;

/// The texts that functions of one session could not read.
#[derive(Clone, Debug, Default)]
pub(crate) struct CellFaults {
    kept: Arc<Mutex<BTreeMap<u64, Fault>>>,
}

/// A text that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The text, and what was expected.
    pub(crate) reason: String,
    /// How often it was found.
    pub(crate) cells: u64,
}

impl CellFaults {
    /// Notes a text, and returns its code: the same text has the same one in every process.
    pub(super) fn add(&self, text: &str, expected: &str) -> u64 {
        let code = code_of(text, expected);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fault) = kept.get_mut(&code) {
            fault.cells += 1;
        } else if kept.len() < KEPT_MAX {
            let shown: String = text.chars().take(80).collect();
            kept.insert(code, Fault { reason: format!("`{shown}`: expected {expected}"), cells: 1 });
        }
        code
    }

    /// Returns why the text of a code cannot be read; `None` if it is not among those that are kept.
    pub(crate) fn reason(&self, code: u64) -> Option<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&code).map(|fault| fault.reason.clone())
    }

    /// Returns the texts so far by their codes, and forgets them.
    pub(crate) fn take(&self) -> BTreeMap<u64, Fault> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns 48 bits of the FNV-1a hash.
fn code_of(text: &str, expected: &str) -> u64 {
    let bytes = text.bytes().chain([0]).chain(expected.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    (hash ^ (hash >> 48)) & CODE_MASK
}

/// Returns the number that stands for a text.
pub(in crate::engine) fn fault_number(code: u64) -> f64 {
    f64::from_bits(NUMBER_MARK | code)
}

/// Returns the timestamp that stands for a text, in microseconds.
pub(super) fn fault_time(code: u64) -> i64 {
    // 48 bits of microseconds are nine years.
    TIME_BEGIN + (code & CODE_MASK) as i64
}

/// Returns the code of a number that stands for a text; `None` for every other.
pub(crate) fn is_fault_number(number: f64) -> Option<u64> {
    let bits = number.to_bits();
    (bits & NUMBER_MARK == NUMBER_MARK).then_some(bits & CODE_MASK)
}

/// Returns the code of a timestamp that stands for a text; `None` for every other. Of one that was calculated with, the
/// code is another.
pub(crate) fn is_fault_time(micros: i64) -> Option<u64> {
    let from_begin = micros.checked_sub(TIME_BEGIN)?;
    (from_begin.abs() <= TIME_MARGIN).then_some(from_begin.unsigned_abs() & CODE_MASK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_stand_for_texts_are_told_from_all_others() {
        let faults = CellFaults::default();
        let code = faults.add("x", "a number");
        assert_eq!(is_fault_number(fault_number(code)), Some(code));
        assert_eq!(is_fault_number(-fault_number(code)), Some(code));
        assert_eq!(is_fault_number(fault_number(code) + 1.0), Some(code));
        assert_eq!(is_fault_time(fault_time(code)), Some(code));
        assert!(is_fault_time(fault_time(code) + 86_400_000_000).is_some());
        for number in [f64::NAN, -f64::NAN, f64::INFINITY, 0.0, f64::MAX] {
            assert_eq!(is_fault_number(number), None);
        }
        for micros in [i64::MIN, i64::MAX, 0, -62_135_596_800_000_000] {
            assert_eq!(is_fault_time(micros), None);
        }
        faults.add("x", "a number");
        let kept = faults.take();
        assert_eq!(kept[&code], Fault { reason: "`x`: expected a number".to_owned(), cells: 2 });
        assert!(faults.take().is_empty());
    }
}
