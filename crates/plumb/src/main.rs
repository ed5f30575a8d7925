//! `plumb`: lead scoring that tells how likely, why, and keeps it true.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before there are threads: each of them takes what it needs for its allocations when it begins, and could create a file.
    plumb::cli::fit_into_memory();
    plumb::private_files::create_private_files();
    plumb::cli::run()
}
