//! Sleep, which on a simulated machine takes no real time, and the clocks.
//!
//! A process that sleeps gives others their turns, and its monotonic clock is ahead of the real one from then on. So does
//! one that waits for events for a short time, as a runtime does whose tasks all sleep; one that waits long waits for a
//! thread of its own, and keeps its turn.

use std::ffi::{c_int, c_uint};
use std::sync::atomic::Ordering;

use libc::{clockid_t, epoll_event, timespec};

use crate::process::{Process, current};

/// A wait for events of at most so many milliseconds is a sleep.
const SLEEP_MS_MAX: c_int = 1_000;

#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    // SAFETY: the arguments are the caller's own.
    let real = || super::returned(unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) });
    let Some(process) = current() else { return real() };
    if clock == libc::CLOCK_REALTIME {
        let mut state = process.shared.lock();
        // Each look is a millisecond later, so that ids made of the time have one order, whatever else runs beside.
        state.clock += 1_000;
        let micros = state.clock;
        drop(state);
        // SAFETY: the caller promises room for a time.
        unsafe { *time = timespec { tv_sec: micros / 1_000_000, tv_nsec: micros % 1_000_000 * 1_000 } };
        return 0;
    }
    let result = real();
    if result == 0 && clock == libc::CLOCK_MONOTONIC {
        // SAFETY: the system has just filled it.
        let time = unsafe { &mut *time };
        let nanos = time.tv_nsec + process.slept.load(Ordering::Relaxed);
        (time.tv_sec, time.tv_nsec) = (time.tv_sec + nanos / 1_000_000_000, nanos % 1_000_000_000);
    }
    result
}

#[unsafe(no_mangle)]
unsafe extern "C" fn epoll_wait(descriptor: c_int, events: *mut epoll_event, count: c_int, timeout_ms: c_int) -> c_int {
    let wait = |timeout_ms: c_int| {
        // SAFETY: the arguments are the caller's own. The signal mask is left as it is.
        super::returned(unsafe {
            libc::syscall(libc::SYS_epoll_pwait, descriptor, events, count, timeout_ms, std::ptr::null::<u8>(), 8_usize)
        })
    };
    match current() {
        Some(process) if (1..=SLEEP_MS_MAX).contains(&timeout_ms) => match wait(0) {
            0 => {
                sleep(&process, i64::from(timeout_ms) * 1_000_000);
                0
            }
            happened => happened,
        },
        _ => wait(timeout_ms),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn nanosleep(wanted: *const timespec, left: *mut timespec) -> c_int {
    match current() {
        Some(process) => {
            // SAFETY: the caller's own time.
            sleep(&process, unsafe { nanos(wanted) });
            0
        }
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
    match current() {
        Some(process) => {
            // Until a time it is as good as for a while: nobody waits for the real clock here.
            let is_until = flags & libc::TIMER_ABSTIME != 0;
            // SAFETY: the caller's own time.
            sleep(&process, if is_until { 1_000_000 } else { unsafe { nanos(wanted) } });
            0
        }
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

/// Has the others take their turns, and the process's clock go on.
fn sleep(process: &Process, nanos: i64) {
    process.slept.fetch_add(nanos, Ordering::Relaxed);
    drop(process.shared.take_turns(process.life));
}

/// # Safety
/// The time can be read, if it is not null.
unsafe fn nanos(time: *const timespec) -> i64 {
    // SAFETY: the caller's promise.
    unsafe { time.as_ref() }.map_or(0, |time| time.tv_sec * 1_000_000_000 + time.tv_nsec)
}
