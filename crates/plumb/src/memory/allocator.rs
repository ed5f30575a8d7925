//! How the system's allocator keeps memory that was freed: as little as is good for a server that must stay within a limit.

use super::machine;

/// With less room than this a process is short of memory.
const SHORT_BYTES: usize = 2 << 30;

/// Has all threads share one arena where the process is short of memory: each arena of its own takes 64 MiB of addresses at
/// once, and keeps what its threads have freed. That costs some speed with many threads. It holds for threads that begin
/// later.
pub(crate) fn share_arenas_if_short() {
    if machine::room().is_some_and(|room| room < SHORT_BYTES) {
        options::share_arenas();
    }
}

/// Has large blocks returned to the system as soon as they are freed.
pub(crate) fn return_freed_memory() {
    options::return_freed();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod options {
    /// Blocks from this size on are given back at once. Left to itself the allocator raises the size to that of the largest
    /// block that was ever freed, and keeps such blocks for later.
    const RETURNED_BYTES_MIN: libc::c_int = 1 << 20;

    /// So much free memory at its end an arena may keep: what small requests free and take again all the time.
    const KEPT_BYTES_MAX: libc::c_int = 8 << 20;

    pub(super) fn share_arenas() {
        set(libc::M_ARENA_MAX, 1);
    }

    pub(super) fn return_freed() {
        set(libc::M_MMAP_THRESHOLD, RETURNED_BYTES_MIN);
        set(libc::M_TRIM_THRESHOLD, KEPT_BYTES_MAX);
    }

    fn set(option: libc::c_int, value: libc::c_int) {
        // SAFETY: `mallopt` takes two numbers, locks what it changes, and may be called at any time.
        if unsafe { libc::mallopt(option, value) } == 0 {
            tracing::debug!(option, value, "the allocator did not take an option");
        }
    }
}

/// Other allocators have no such options.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod options {
    pub(super) fn share_arenas() {}

    pub(super) fn return_freed() {}
}
