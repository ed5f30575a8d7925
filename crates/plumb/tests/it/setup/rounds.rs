//! How often a test that kills or races processes does so.

/// The number of rounds, instead of a test's own: `cargo xtask soak` sets it.
const ROUNDS_VARIABLE: &str = "PLUMB_ROUNDS";

/// Returns how many rounds to run: so many, unless `PLUMB_ROUNDS` says otherwise.
pub(crate) fn rounds(usual: usize) -> usize {
    std::env::var(ROUNDS_VARIABLE).ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(usual)
}
