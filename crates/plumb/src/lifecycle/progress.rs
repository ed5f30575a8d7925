//! What long operations report while they run. Callers decide whether and how to show it.

use std::sync::Arc;

/// An event of a running operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress<'a> {
    /// The operation begins a step of unknown length.
    Step(&'a str),
    /// The operation waits for another process, as this line says.
    Waiting(&'a str),
    /// The operation has finished some of its items.
    Items {
        /// Items finished so far.
        done: usize,
        /// All items.
        total: usize,
    },
}

/// A callback that receives the events of an operation.
pub(crate) type OnProgress<'a> = &'a (dyn Fn(Progress) + Sync);

/// The same callback for an operation that reports from another thread.
pub(crate) type SharedProgress = Arc<dyn Fn(Progress) + Send + Sync>;
