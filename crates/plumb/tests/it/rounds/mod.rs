//! Real processes that are killed and that race, round after round: few here, and as many as one likes by `PLUMB_ROUNDS`.

mod kills;
mod changing_sources;
mod ingestions;
