//! Panics of the engine, caught: one in a project's SQL must not end the program.
//!
//! The engine panics where a text column would have more than 2 GiB, and wherever else it has a fault.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Whether panics on this thread are caught, and told as errors.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Runs the engine, and returns the message of its panic. Nothing that it worked on may be used after one.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    quiet_hook();
    let before = CAUGHT.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    CAUGHT.set(before);
    done.map_err(|panic| message(&*panic))
}

/// Has panics on this thread not printed: whoever waits for it tells them.
pub(super) fn catch_on_this_thread() {
    quiet_hook();
    CAUGHT.set(true);
}

/// Returns what a panic says.
pub(crate) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

/// Returns what is wrong, when the engine has panicked.
pub(crate) fn engine_panicked(message: &str) -> String {
    format!(
        "the engine failed at it: {message}; a column holds at most 2 GiB of text: make texts shorter, as by `left`, \
         or aggregate fewer of them"
    )
}

/// Leaves a panic that is caught to the error that it becomes.
fn quiet_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !CAUGHT.get() {
                before(panic);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_its_message() {
        assert_eq!(caught(|| 1), Ok(1));
        assert_eq!(caught(|| panic!("offset overflow")), Err::<(), _>("offset overflow".into()));
        let length = 3;
        assert_eq!(caught(|| panic!("at {length}")), Err::<(), _>("at 3".into()));
        assert!(!CAUGHT.get());
    }
}
