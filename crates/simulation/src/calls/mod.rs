//! The C library's functions that change files, start threads, sleep and tell the time, in the place of its own.
//!
//! Each makes the system's call itself, by number, and on a simulated thread tells the simulated machine before or after.
#![expect(unsafe_code, reason = "these are C functions, called with C's pointers")]

mod contents;
mod descriptors;
mod names;
mod threads;
mod time;

use std::ffi::{CStr, OsStr, c_char, c_int, c_long};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::state::Errno;

/// Sets the C library's error number and returns its sign of failure.
fn fail<T: From<i8>>(errno: Errno) -> T {
    // SAFETY: the C library returns the address of this thread's own error number.
    unsafe { *libc::__errno_location() = errno };
    T::from(-1)
}

/// Returns what a call returned as the type its function returns.
fn returned(result: c_long) -> c_int {
    c_int::try_from(result).unwrap_or(-1)
}

/// Returns a path as an absolute one.
///
/// # Safety
/// `path` is a C string, and `folder` the descriptor of a folder or `AT_FDCWD`.
unsafe fn absolute(folder: c_int, path: *const c_char) -> Option<PathBuf> {
    if path.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    let path = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()));
    if path.is_absolute() {
        return Some(path.to_owned());
    }
    let folder = match folder {
        libc::AT_FDCWD => std::env::current_dir().ok()?,
        folder => std::fs::read_link(format!("/proc/self/fd/{folder}")).ok()?,
    };
    Some(folder.join(path))
}

/// Returns the address of the C library's own function of a name, or 0; it is looked up once.
fn c_library(address: &AtomicUsize, name: &CStr) -> usize {
    match address.load(Ordering::Relaxed) {
        0 => {
            // SAFETY: the name is a C string.
            let found = unsafe { libc::dlsym(libc::RTLD_NEXT, name.as_ptr()) } as usize;
            address.store(found, Ordering::Relaxed);
            found
        }
        known => known,
    }
}
