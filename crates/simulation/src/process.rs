//! The simulated process that a thread belongs to.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use crate::state::{Life, Shared};

/// One life of a simulated process: from its start until it ends or is killed.
pub(crate) struct Process {
    pub(crate) shared: Arc<Shared>,
    pub(crate) life: Life,
    /// Nanoseconds by which its monotonic clock is ahead: it has slept so long without waiting.
    pub(crate) slept: AtomicI64,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Process>>> = const { RefCell::new(None) };
}

/// Returns the process of this thread. A thread that is ending belongs to none.
pub(crate) fn current() -> Option<Arc<Process>> {
    CURRENT.try_with(|current| current.try_borrow().ok()?.clone()).ok().flatten()
}

/// Has this thread belong to a process from now on.
pub(crate) fn enter(process: Option<Arc<Process>>) {
    CURRENT.with(|current| current.replace(process));
}

/// Returns whether the process of this thread was killed or has lost its power: what it does has no effect any more, and
/// what it is told means nothing.
pub fn is_dead() -> bool {
    current().is_some_and(|process| process.shared.lock().is_dead(process.life))
}
