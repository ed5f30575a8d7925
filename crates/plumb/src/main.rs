//! `plumb`: lead scoring that tells how likely, why, and keeps it true.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    plumb::cli::run().await
}
