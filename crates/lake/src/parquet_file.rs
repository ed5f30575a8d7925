//! Parquet files that others wrote. What reads them takes some things for granted that a broken file does not keep, and
//! panics; here that is an error like any other.

use std::panic::{AssertUnwindSafe, catch_unwind};

use datafusion::parquet::errors::ParquetError;

/// Reads from a file. Once this has failed, whatever it read from is not to be read on.
pub(crate) fn reading<T, E: From<ParquetError>>(read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    // What was half changed by a panic is never looked at again.
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let why = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason is known");
        Err(ParquetError::General(format!("it is broken: {why}")).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_an_answer_stays_one() {
        assert_eq!(reading(|| Ok::<_, ParquetError>(1)).ok(), Some(1));
        let broken = reading(|| -> Result<(), ParquetError> { panic!("on {}", "purpose") }).expect_err("it panics");
        assert!(broken.to_string().contains("it is broken: on purpose"), "{broken}");
    }
}
