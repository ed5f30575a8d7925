//! The memory of a server: a budget in bytes, of which each request takes its share before the work that needs it, and
//! gives it back when its answer is written.
//!
//! A process that runs out of memory is killed with all that it was doing; a request that there is no room for is told so,
//! and loses nothing.

mod allocator;
mod budget;
mod machine;

pub(crate) use allocator::{return_freed_memory, share_arenas_if_short};
pub(crate) use budget::{MemoryBudget, Reservation, Shortage};
