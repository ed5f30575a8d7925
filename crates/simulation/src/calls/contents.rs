//! Writes, lengths and syncs of open files.

use std::ffi::{c_int, c_long, c_void};

use libc::{iovec, off_t, size_t, ssize_t};
use rand::RngExt;

use super::{fail, returned};
use crate::process::{Process, current};
use crate::state::{OpenFile, State};

#[unsafe(no_mangle)]
unsafe extern "C" fn write(descriptor: c_int, bytes: *const c_void, length: size_t) -> ssize_t {
    // SAFETY: the arguments are the caller's own.
    let call = |length: size_t| unsafe { libc::syscall(libc::SYS_write, descriptor, bytes, length) };
    match simulated(descriptor) {
        None => call(length) as ssize_t,
        Some((process, file)) => written(&process, file, descriptor, None, bytes, length, call),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(descriptor: c_int, bytes: *const c_void, length: size_t, offset: off_t) -> ssize_t {
    // SAFETY: the arguments are the caller's own.
    let call = |length: size_t| unsafe { libc::syscall(libc::SYS_pwrite64, descriptor, bytes, length, offset) };
    match simulated(descriptor) {
        None => call(length) as ssize_t,
        Some((process, file)) => written(&process, file, descriptor, Some(offset), bytes, length, call),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(descriptor: c_int, bytes: *const c_void, length: size_t, offset: off_t) -> ssize_t {
    // SAFETY: the same function by another name.
    unsafe { pwrite(descriptor, bytes, length, offset) }
}

/// The first part alone: whoever calls this writes on after a short write.
#[unsafe(no_mangle)]
unsafe extern "C" fn writev(descriptor: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    if simulated(descriptor).is_none() {
        // SAFETY: the arguments are the caller's own.
        return unsafe { libc::syscall(libc::SYS_writev, descriptor, parts, count) } as ssize_t;
    }
    // SAFETY: the caller promises `count` parts, each with its address and length.
    let parts = unsafe { std::slice::from_raw_parts(parts, usize::try_from(count).unwrap_or(0)) };
    match parts.iter().find(|part| part.iov_len > 0) {
        // SAFETY: as above.
        Some(part) => unsafe { write(descriptor, part.iov_base, part.iov_len) },
        None => 0,
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate(descriptor: c_int, length: off_t) -> c_int {
    // SAFETY: the arguments are the caller's own.
    let call = || returned(unsafe { libc::syscall(libc::SYS_ftruncate, descriptor, length) });
    let Some((process, file)) = simulated(descriptor) else { return call() };
    let mut state = match process.begin(file, "resize") {
        Ok(state) => state,
        Err(errno) => return fail(errno),
    };
    let result = call();
    if result == 0 {
        state.disk.resize(file.node, usize::try_from(length).unwrap_or(0));
    }
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn ftruncate64(descriptor: c_int, length: off_t) -> c_int {
    // SAFETY: the same function by another name.
    unsafe { ftruncate(descriptor, length) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fsync(descriptor: c_int) -> c_int {
    forced(descriptor, libc::SYS_fsync)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn fdatasync(descriptor: c_int) -> c_int {
    forced(descriptor, libc::SYS_fdatasync)
}

/// Returns the process of this thread and the open file, if both are simulated.
fn simulated(descriptor: c_int) -> Option<(std::sync::Arc<Process>, OpenFile)> {
    let process = current()?;
    let file = process.open_file(descriptor)?;
    Some((process, file))
}

/// Writes, unless the process is dead or the disk fails: it may take a part first.
fn written(
    process: &Process,
    file: OpenFile,
    descriptor: c_int,
    offset: Option<off_t>,
    bytes: *const c_void,
    length: size_t,
    call: impl Fn(size_t) -> c_long,
) -> ssize_t {
    let mut state = match process.begin(file, "write") {
        Ok(state) => state,
        Err(errno) => return fail(errno),
    };
    let mut length = length;
    if !file.is_scratch
        && let Some(errno) = state.fault()
    {
        if length < 2 || state.random.random() {
            state.trace.push("  failed".to_owned());
            return fail(errno);
        }
        length = state.random.random_range(1..length);
    }
    let offset = match offset {
        Some(offset) => offset,
        // SAFETY: the descriptor is open; nothing is moved.
        None if file.appends => unsafe { length_of(descriptor) },
        // SAFETY: as above.
        None => unsafe { libc::lseek(descriptor, 0, libc::SEEK_CUR) },
    };
    let result = call(length);
    if let (Ok(length), Ok(offset)) = (usize::try_from(result), usize::try_from(offset)) {
        // SAFETY: the system has just read so many bytes from there.
        let written = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), length) };
        if !file.is_scratch {
            state.trace.push(format!("  {length} bytes at {offset}"));
        }
        state.disk.write(file.node, offset, written.to_vec());
    }
    result as ssize_t
}

/// # Safety
/// The descriptor is open.
unsafe fn length_of(descriptor: c_int) -> off_t {
    let mut status = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the system fills the whole structure if it returns 0.
    match unsafe { libc::fstat(descriptor, status.as_mut_ptr()) } {
        // SAFETY: as above.
        0 => unsafe { status.assume_init() }.st_size,
        _ => 0,
    }
}

/// Forces a simulated file to the simulated disk alone; what is not simulated, to the real one.
fn forced(descriptor: c_int, number: c_long) -> c_int {
    let Some((process, file)) = simulated(descriptor) else {
        // SAFETY: the argument is the caller's own.
        return returned(unsafe { libc::syscall(number, descriptor) });
    };
    let mut state = match process.begin(file, "force") {
        Ok(state) => state,
        Err(errno) => return fail(errno),
    };
    let fault = state.fault();
    let State { disk, random, trace, .. } = &mut *state;
    match fault {
        Some(_) => {
            trace.push("  failed".to_owned());
            disk.fail_force(file.node, random);
            fail(libc::EIO)
        }
        None => {
            disk.force(file.node);
            0
        }
    }
}
