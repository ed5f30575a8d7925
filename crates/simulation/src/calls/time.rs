//! Sleep, which on a simulated machine passes no real time, and the clock of the day.

use std::ffi::{c_int, c_uint};

use libc::{clockid_t, timespec};

use crate::process::current;

#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    if clock == libc::CLOCK_REALTIME
        && let Some(process) = current()
    {
        let micros = process.shared.lock().clock;
        // SAFETY: the caller promises room for a time.
        unsafe { *time = timespec { tv_sec: micros / 1_000_000, tv_nsec: micros % 1_000_000 * 1_000 } };
        return 0;
    }
    // SAFETY: the arguments are the caller's own.
    super::returned(unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nanosleep(wanted: *const timespec, left: *mut timespec) -> c_int {
    match sleep() {
        Some(result) => result,
        // SAFETY: the arguments are the caller's own.
        None => super::returned(unsafe { libc::syscall(libc::SYS_nanosleep, wanted, left) }),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn clock_nanosleep(
    clock: clockid_t,
    flags: c_int,
    wanted: *const timespec,
    left: *mut timespec,
) -> c_int {
    match sleep() {
        Some(result) => result,
        // SAFETY: the arguments are the caller's own. This function returns the error's number and does not set it.
        None => match unsafe { libc::syscall(libc::SYS_clock_nanosleep, clock, flags, wanted, left) } {
            0 => 0,
            // SAFETY: the C library returns the address of this thread's own error number.
            _ => unsafe { *libc::__errno_location() },
        },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn usleep(micros: c_uint) -> c_int {
    let wanted = timespec { tv_sec: i64::from(micros / 1_000_000), tv_nsec: i64::from(micros % 1_000_000) * 1_000 };
    // SAFETY: the time is on this stack; what is left is not asked for.
    unsafe { nanosleep(&raw const wanted, std::ptr::null_mut()) }
}

/// Has the others take their turns, if this thread is simulated.
fn sleep() -> Option<c_int> {
    let process = current()?;
    drop(process.shared.take_turns(&process));
    Some(0)
}
