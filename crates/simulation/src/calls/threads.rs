//! Threads: one that a simulated thread starts belongs to the same process.

use std::ffi::{c_int, c_void};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::c_library;
use crate::process::{self, Process, current};

type Routine = extern "C" fn(*mut c_void) -> *mut c_void;
type Create = unsafe extern "C" fn(
    *mut libc::pthread_t,
    *const libc::pthread_attr_t,
    extern "C" fn(*mut c_void) -> *mut c_void,
    *mut c_void,
) -> c_int;

/// What a new thread of a simulated process begins with.
struct Start {
    process: Arc<Process>,
    routine: Routine,
    argument: *mut c_void,
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    routine: Routine,
    argument: *mut c_void,
) -> c_int {
    let Some(create) = c_library_create() else { return libc::EAGAIN };
    match current() {
        // SAFETY: the arguments are the caller's own.
        None => unsafe { create(thread, attributes, routine, argument) },
        Some(process) => {
            let start = Box::into_raw(Box::new(Start { process, routine, argument }));
            // SAFETY: as above; `begin` takes the box back.
            let result = unsafe { create(thread, attributes, begin, start.cast()) };
            if result != 0 {
                // SAFETY: no thread was started that could take it.
                drop(unsafe { Box::from_raw(start) });
            }
            result
        }
    }
}

extern "C" fn begin(start: *mut c_void) -> *mut c_void {
    // SAFETY: it is the box of `pthread_create`, which gives it to this thread alone.
    let Start { process, routine, argument } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    process::enter(Some(process));
    routine(argument)
}

/// Returns the C library's own function, which starts threads for good.
fn c_library_create() -> Option<Create> {
    static ADDRESS: AtomicUsize = AtomicUsize::new(0);
    // SAFETY: the C library's function of this name has this type.
    unsafe { std::mem::transmute::<usize, Option<Create>>(c_library(&ADDRESS, c"pthread_create")) }
}
