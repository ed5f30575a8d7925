//! How the system's allocator keeps memory that was freed: as little as is good for a server that must stay within a limit.

/// Blocks from this size on are given back to the system as soon as they are freed. Left to itself the allocator raises
/// the size to that of the largest block that was ever freed, and then keeps such blocks for later.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const RETURNED_BYTES_MIN: libc::c_int = 1 << 20;

/// So much free memory at its end an arena may keep: what small requests free and take again all the time.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_BYTES_MAX: libc::c_int = 8 << 20;

/// Where memory is this short, threads share so many arenas. Each arena of its own takes 64 MiB of addresses at once, and
/// keeps what its thread has freed to itself.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const ARENAS_MAX: libc::c_int = 2;

/// Has freed memory returned to the system. `is_short` says that the process has little room: it then shares arenas, which
/// costs some speed with many threads.
pub(crate) fn return_freed_memory(is_short: bool) {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let mut options = vec![(libc::M_MMAP_THRESHOLD, RETURNED_BYTES_MIN), (libc::M_TRIM_THRESHOLD, KEPT_BYTES_MAX)];
        options.extend(is_short.then_some((libc::M_ARENA_MAX, ARENAS_MAX)));
        for (option, value) in options {
            // SAFETY: `mallopt` takes two numbers, locks what it changes, and may be called at any time.
            if unsafe { libc::mallopt(option, value) } == 0 {
                tracing::debug!(option, value, "the allocator did not take an option");
            }
        }
    }
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = is_short;
}
