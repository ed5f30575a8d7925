//! The budget: how many bytes requests may need together. There is no queue: who finds no room is told so at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::machine;

/// Up to this size a request is small. A quarter of the budget is for small requests alone, so that large ones, however
/// slowly their clients send or read, never keep a single row from being scored.
const SMALL_BYTES_MAX: usize = 256 << 10;

/// The least budget: some requests of a single row and a large one have to fit.
const BYTES_MIN: usize = 16 << 20;

/// The largest budget by default. With more a server would only collect answers that nobody waits for any more.
const BYTES_MAX: usize = 2 << 30;

/// The memory that requests may need together.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    bytes: usize,
    used: AtomicUsize,
}

/// A part of the budget. It is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<MemoryBudget>,
    bytes: Mutex<usize>,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shortage {
    /// It is more than a request may ever have.
    Never {
        /// What was asked for.
        needed: usize,
        /// What a request may have.
        bytes_max: usize,
    },
    /// Others have it now.
    Now,
}

impl MemoryBudget {
    /// Returns a budget of so many bytes.
    pub(crate) fn new(bytes: usize) -> Arc<MemoryBudget> {
        Arc::new(MemoryBudget { bytes: bytes.max(BYTES_MIN), used: AtomicUsize::new(0) })
    }

    /// Returns the budget that suits the machine: half of what the process may still take, by the limits of its container, of the process and of the machine. The other half is for what requests do not
    /// account for: connections, the database's caches, threads, and gaps between what is allocated.
    pub(crate) fn of_machine() -> Arc<MemoryBudget> {
        let room = machine::room().unwrap_or(2 * BYTES_MAX);
        MemoryBudget::new((room / 2).min(BYTES_MAX))
    }

    /// Returns what a single request may have at most.
    pub(crate) fn request_bytes_max(&self) -> usize {
        self.bytes / 4 * 3
    }

    /// Returns the size of the budget, and how much of it is taken.
    pub(crate) fn state(&self) -> (usize, usize) {
        (self.bytes, self.used.load(Ordering::Relaxed))
    }

    /// Returns a part of the budget of no bytes yet.
    pub(crate) fn begin(self: &Arc<MemoryBudget>) -> Reservation {
        Reservation { budget: self.clone(), bytes: Mutex::new(0) }
    }

    /// Reserves memory, if there is room.
    pub(crate) fn reserve(self: &Arc<MemoryBudget>, bytes: usize) -> Result<Reservation, Shortage> {
        let reservation = self.begin();
        reservation.resize(bytes)?;
        Ok(reservation)
    }

    /// Takes more for a reservation that then has `total`.
    fn take(&self, more: usize, total: usize) -> Result<(), Shortage> {
        let bytes_max = self.request_bytes_max();
        if total > bytes_max {
            return Err(Shortage::Never { needed: total, bytes_max });
        }
        let limit = if total > SMALL_BYTES_MAX { bytes_max } else { self.bytes };
        let fits = |used: usize| used.checked_add(more).filter(|used| *used <= limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).map_err(|_| Shortage::Now)?;
        Ok(())
    }
}

impl Reservation {
    /// Makes the reservation larger, if there is room, or smaller.
    pub(crate) fn resize(&self, bytes: usize) -> Result<(), Shortage> {
        let mut own = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes > *own {
            self.budget.take(bytes - *own, bytes)?;
        } else {
            self.budget.used.fetch_sub(*own - bytes, Ordering::Relaxed);
        }
        *own = bytes;
        Ok(())
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let own = self.bytes.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.budget.used.fetch_sub(*own, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_given_back() {
        let budget = MemoryBudget::new(64 << 20);
        let large = budget.reserve(40 << 20).expect("there is room");
        assert_eq!(budget.reserve(10 << 20).err(), Some(Shortage::Now));
        large.resize(30 << 20).expect("less always fits");
        let other = budget.reserve(10 << 20).expect("there is room again");
        assert_eq!(large.resize(40 << 20), Err(Shortage::Now));
        drop(other);
        assert_eq!(large.resize(40 << 20), Ok(()), "a refusal took nothing");
        drop(large);
        assert_eq!(budget.state(), (64 << 20, 0));
    }

    #[test]
    fn large_requests_leave_room_for_small_ones() {
        let budget = MemoryBudget::new(64 << 20);
        let _large = budget.reserve(48 << 20).expect("as much as a request may have");
        assert_eq!(budget.reserve(1 << 20).err(), Some(Shortage::Now));
        let small: Vec<Reservation> = (0..64).map(|_| budget.reserve(256 << 10).expect("small")).collect();
        assert_eq!(budget.reserve(1).err(), Some(Shortage::Now), "{} small ones fill the rest", small.len());
    }

    #[test]
    fn what_could_never_fit_is_told_so() {
        let budget = MemoryBudget::new(64 << 20);
        let never = Shortage::Never { needed: 49 << 20, bytes_max: 48 << 20 };
        assert_eq!(budget.reserve(49 << 20).err(), Some(never));
        assert_eq!(budget.state().1, 0, "and took nothing");
    }
}
