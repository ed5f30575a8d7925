//! Opening, copying and closing descriptors.

use std::ffi::{c_char, c_int, c_long};
use std::sync::atomic::AtomicUsize;

use super::{absolute, c_library, fail, returned};
use crate::disk::kind_of;
use crate::operation::is_scratch;
use crate::process::current;

#[unsafe(no_mangle)]
unsafe extern "C" fn open(path: *const c_char, flags: c_int, mode: c_int) -> c_int {
    // SAFETY: the arguments are the caller's own; without O_CREAT the last is not read.
    unsafe { openat(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open64(path: *const c_char, flags: c_int, mode: c_int) -> c_int {
    // SAFETY: as above.
    unsafe { openat(libc::AT_FDCWD, path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(folder: c_int, path: *const c_char, flags: c_int, mode: c_int) -> c_int {
    // SAFETY: as above.
    unsafe { openat(folder, path, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat(folder: c_int, path: *const c_char, flags: c_int, mode: c_int) -> c_int {
    // SAFETY: the arguments are the caller's own.
    let call = || returned(unsafe { libc::syscall(libc::SYS_openat, folder, path, flags, mode) });
    let Some(process) = current() else { return call() };
    // SAFETY: as above.
    let Some(on_disk) = unsafe { absolute(folder, path) }.and_then(|path| process.path_on_disk(&path)) else {
        return call();
    };
    if flags & (libc::O_CREAT | libc::O_TRUNC) == 0 {
        let descriptor = call();
        if descriptor >= 0 {
            process.opened(descriptor, &on_disk, flags);
        }
        return descriptor;
    }
    let is_new = process.shared.lock().disk.find(&on_disk).is_none();
    // SQLite opens its files while it holds a lock of the whole program: others must not have their turn meanwhile.
    let mut state = process.shared.lock();
    if state.is_dead(process.life) {
        return fail(libc::EIO);
    }
    if is_new && !is_scratch(&on_disk) {
        let entry = format!("{} create {}", process.life.slot, kind_of(&on_disk));
        state.trace.push(entry);
        if let Some(errno) = state.fault() {
            return fail(errno);
        }
    }
    drop(state);
    let descriptor = call();
    if descriptor >= 0 {
        process.opened(descriptor, &on_disk, flags);
    }
    descriptor
}

#[unsafe(no_mangle)]
unsafe extern "C" fn close(descriptor: c_int) -> c_int {
    if let Some(process) = current() {
        process.shared.lock().files.remove(&descriptor);
    }
    // SAFETY: the argument is the caller's own.
    returned(unsafe { libc::syscall(libc::SYS_close, descriptor) })
}

/// Closes the descriptor behind a folder that is being read, inside the C library.
#[unsafe(no_mangle)]
unsafe extern "C" fn closedir(folder: *mut libc::DIR) -> c_int {
    if let Some(process) = current() {
        // SAFETY: the argument is the caller's own.
        process.shared.lock().files.remove(&unsafe { libc::dirfd(folder) });
    }
    static ADDRESS: AtomicUsize = AtomicUsize::new(0);
    let close: Option<unsafe extern "C" fn(*mut libc::DIR) -> c_int> =
        // SAFETY: the C library's function of this name has this type.
        unsafe { std::mem::transmute(c_library(&ADDRESS, c"closedir")) };
    // SAFETY: the argument is the caller's own.
    close.map_or(-1, |close| unsafe { close(folder) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fcntl(descriptor: c_int, command: c_int, argument: c_long) -> c_int {
    // SAFETY: the arguments are the caller's own; a command without an argument does not read it.
    let result = returned(unsafe { libc::syscall(libc::SYS_fcntl, descriptor, command, argument) });
    if result >= 0
        && matches!(command, libc::F_DUPFD | libc::F_DUPFD_CLOEXEC)
        && let Some(process) = current()
    {
        let mut state = process.shared.lock();
        if let Some(file) = state.files.get(&descriptor).copied() {
            state.files.insert(result, file);
        }
    }
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fcntl64(descriptor: c_int, command: c_int, argument: c_long) -> c_int {
    // SAFETY: the same function by another name.
    unsafe { fcntl(descriptor, command, argument) }
}

/// A lock that is tried is a moment at which others may have had it first; one that is waited for is tried again and again.
#[unsafe(no_mangle)]
unsafe extern "C" fn flock(descriptor: c_int, operation: c_int) -> c_int {
    // SAFETY: the arguments are the caller's own.
    let call = |operation: c_int| returned(unsafe { libc::syscall(libc::SYS_flock, descriptor, operation) });
    let Some(process) = current().filter(|process| process.open_file(descriptor).is_some()) else {
        return call(operation);
    };
    loop {
        match process.shared.begin(process.life, "lock") {
            Ok(state) => drop(state),
            Err(errno) => return fail(errno),
        }
        let result = call(operation | libc::LOCK_NB);
        // SAFETY: the C library returns the address of this thread's own error number.
        let is_held = result != 0 && unsafe { *libc::__errno_location() } == libc::EWOULDBLOCK;
        if !is_held || operation & libc::LOCK_NB != 0 {
            return result;
        }
    }
}
