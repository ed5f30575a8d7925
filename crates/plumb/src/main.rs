//! `plumb`: lead scoring that tells how likely, why, and keeps it true.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before there are threads: each of them takes what it needs for its allocations when it begins.
    plumb::cli::fit_into_memory();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    plumb::cli::run().await
}
