//! `plumb`: lead scoring that tells how likely, why, and keeps it true.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before there is a second thread, which could create a file.
    plumb::private_files::create_private_files();
    plumb::cli::run()
}
