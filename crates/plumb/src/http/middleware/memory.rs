//! Memory that is given back to the system. The C library's allocator keeps freed memory for itself: after 2,000 connections
//! with bodies of 256 KiB the process held 214 MB until it was asked to give back what is free, and 42 MB afterwards.

use std::time::Duration;

use tokio::time::sleep;

/// Between two looks at the process's memory.
const PAUSE: Duration = Duration::from_secs(10);

/// Giving back costs some milliseconds, and what is given back has to be asked for again: less is not worth it.
const GROWTH_BYTES_MIN: u64 = 64 << 20;

/// The system's unit of memory on the machines that this is built for; where it is larger, more growth is waited for.
const PAGE_BYTES: u64 = 4_096;

/// Gives free memory back whenever the process has grown. Never ends.
pub(super) async fn give_back() {
    let mut least = resident_bytes().unwrap_or(u64::MAX);
    loop {
        sleep(PAUSE).await;
        let Some(bytes) = resident_bytes() else { return std::future::pending().await };
        least = least.min(bytes);
        if bytes - least >= GROWTH_BYTES_MIN {
            // It takes the allocator's locks one after the other, so it may wait.
            if let Err(error) = tokio::task::spawn_blocking(trim).await {
                tracing::debug!("memory was not given back: {error}");
            }
            least = resident_bytes().unwrap_or(bytes);
        }
    }
}

/// Returns how much memory the process holds; `None` where the system does not say.
fn resident_bytes() -> Option<u64> {
    pages(&std::fs::read_to_string("/proc/self/statm").ok()?).map(|pages| pages * PAGE_BYTES)
}

fn pages(statm: &str) -> Option<u64> {
    statm.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim() {
    // SAFETY: `int malloc_trim(size_t pad)` of glibc, which may be called by any thread at any time.
    unsafe extern "C" {
        safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    malloc_trim(0);
}

/// Other allocators give back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_pages_are_the_second_number() {
        assert_eq!(pages("100 25 7 1 0 3 0\n"), Some(25));
        assert_eq!(pages(""), None);
        trim();
    }
}
