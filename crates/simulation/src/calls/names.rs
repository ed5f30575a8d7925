//! Names in folders: made, removed, changed.

use std::ffi::{c_char, c_int, c_uint};
use std::path::PathBuf;
use std::sync::Arc;

use libc::mode_t;

use super::{absolute, fail, returned};
use crate::disk::{Disk, kind_of};
use crate::operation::is_scratch;
use crate::process::{Process, current};

#[unsafe(no_mangle)]
unsafe extern "C" fn mkdir(path: *const c_char, mode: mode_t) -> c_int {
    // SAFETY: the arguments are the caller's own.
    let call = || returned(unsafe { libc::syscall(libc::SYS_mkdirat, libc::AT_FDCWD, path, mode) });
    // SAFETY: as above.
    match unsafe { simulated(libc::AT_FDCWD, path) } {
        None => call(),
        Some((process, path)) => {
            change(&process, "make folder", &[path], call, |disk, path| disk.create_folder(&path[0]))
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rmdir(path: *const c_char) -> c_int {
    // SAFETY: the arguments are the caller's own.
    unsafe { unlinkat(libc::AT_FDCWD, path, libc::AT_REMOVEDIR) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(path: *const c_char) -> c_int {
    // SAFETY: as above.
    unsafe { unlinkat(libc::AT_FDCWD, path, 0) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlinkat(folder: c_int, path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the arguments are the caller's own.
    let call = || returned(unsafe { libc::syscall(libc::SYS_unlinkat, folder, path, flags) });
    // SAFETY: as above.
    match unsafe { simulated(folder, path) } {
        None => call(),
        Some((process, path)) => change(&process, "remove", &[path], call, |disk, path| disk.remove(&path[0])),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: the arguments are the caller's own.
    unsafe { renameat2(libc::AT_FDCWD, from, libc::AT_FDCWD, to, 0) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn renameat(from_folder: c_int, from: *const c_char, to_folder: c_int, to: *const c_char) -> c_int {
    // SAFETY: as above.
    unsafe { renameat2(from_folder, from, to_folder, to, 0) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn renameat2(
    from_folder: c_int,
    from: *const c_char,
    to_folder: c_int,
    to: *const c_char,
    flags: c_uint,
) -> c_int {
    // SAFETY: the arguments are the caller's own.
    let call = || returned(unsafe { libc::syscall(libc::SYS_renameat2, from_folder, from, to_folder, to, flags) });
    // SAFETY: as above.
    let (from, to) = unsafe { (simulated(from_folder, from), simulated(to_folder, to)) };
    match (from, to) {
        (Some((process, from)), Some((_, to))) => {
            change(&process, "rename", &[from, to], call, |disk, paths| disk.rename(&paths[0], &paths[1]))
        }
        _ => call(),
    }
}

/// Returns the process of this thread and the path on its disk, if both are simulated.
///
/// # Safety
/// As `absolute`.
unsafe fn simulated(folder: c_int, path: *const c_char) -> Option<(Arc<Process>, PathBuf)> {
    let process = current()?;
    // SAFETY: the caller's promise.
    let path = process.path_on_disk(&unsafe { absolute(folder, path) }?)?;
    Some((process, path))
}

/// Changes names, unless the process is dead or the disk fails.
fn change(
    process: &Process,
    what: &str,
    paths: &[PathBuf],
    call: impl Fn() -> c_int,
    learn: impl Fn(&mut Disk, &[PathBuf]),
) -> c_int {
    // SQLite removes its files while it holds a lock of the whole program: others must not have their turn meanwhile.
    let is_database =
        paths.iter().any(|path| is_scratch(path) || path.as_os_str().as_encoded_bytes().ends_with(b"-wal"));
    let begun = match is_database {
        true => {
            let state = process.shared.lock();
            if state.is_dead(process.life) { Err(libc::EIO) } else { Ok(state) }
        }
        false => process
            .shared
            .begin(process.life, &format!("{what} {}", paths.last().map(|path| kind_of(path)).unwrap_or_default())),
    };
    let mut state = match begun {
        Ok(state) => state,
        Err(errno) => return fail(errno),
    };
    if !is_database && let Some(errno) = state.fault() {
        return fail(errno);
    }
    let result = call();
    if result == 0 {
        if is_database {
            state.trace.push(format!("{} {what} {}", process.life.slot, kind_of(&paths[0])));
        }
        learn(&mut state.disk, paths);
    }
    result
}
