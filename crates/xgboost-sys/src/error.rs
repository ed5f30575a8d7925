//! How a failed call of XGBoost becomes a Rust error.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_int};

use crate::ffi;

/// A call of XGBoost that failed, or could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{function}`: {message}")]
pub struct Error {
    /// The function of the C API.
    pub function: &'static str,
    /// Its message.
    pub message: String,
}

impl Error {
    pub(crate) fn new(function: &'static str, message: impl Into<String>) -> Error {
        Error { function, message: message.into() }
    }
}

/// Returns an error unless the call returned 0. To be called at once and on the thread of the call: XGBoost keeps its
/// last message for each thread.
pub(crate) fn check(function: &'static str, code: c_int) -> Result<(), Error> {
    if code == 0 {
        return Ok(());
    }
    // SAFETY: XGBoost returns a terminated string of this thread, which lives until the thread's next call.
    let message = unsafe { CStr::from_ptr(ffi::XGBGetLastError()) };
    Err(Error { function, message: readable(&message.to_string_lossy()) })
}

/// Returns the text as C wants it. A zero byte inside would silently cut it short, and is an error.
pub(crate) fn c_string(function: &'static str, text: &str) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::new(function, format!("`{}` holds a zero byte", text.escape_debug())))
}

/// Silences XGBoost's own log on this thread: failures are returned as errors, and a library does not write to the terminal.
/// The setting is thread-local in XGBoost, therefore every entry calls this.
pub(crate) fn silence() {
    thread_local!(static SILENT: Cell<bool> = const { Cell::new(false) });
    if !SILENT.replace(true) {
        // SAFETY: the argument is a terminated string. A failure would only leave the log on.
        unsafe { ffi::XGBSetGlobalConfig(c"{\"verbosity\": 0}".as_ptr()) };
    }
}

/// Returns the message on one line, without the time of day before it and the stack trace after it.
fn readable(message: &str) -> String {
    let message = message.split("Stack trace").next().unwrap_or_default().trim();
    let message = match message.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((time, rest)) if time.chars().all(|letter| letter.is_ascii_digit() || letter == ':') => rest,
        _ => message,
    };
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn a_message_is_one_line_without_time_and_trace() {
        let found =
            readable("[14:02:59] xgboost/src/learner.cc:12: Check failed\n: 1 == 2\n\nStack trace:\n  [bt] (0) 0x1");
        assert_eq!(found, "xgboost/src/learner.cc:12: Check failed : 1 == 2");
        assert_eq!(readable("[1, 2] is no number"), "[1, 2] is no number");
    }
}
