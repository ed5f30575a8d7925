//! `cargo xtask bench overload`: what is left of a server's good answers when 1,500 callers ask as fast as they can, beside
//! what eight callers get of it. The server and the callers share the machine.

use std::fmt::Write;
use std::process::Command;

use anyhow::{Context, Result};

use super::process::Server;
use crate::{cargo, provide, run};

/// Rows of the table from which the model is made.
const ROWS: usize = 400;

/// How long each number of callers asks, in seconds.
const SECONDS: &str = "8";

/// Numbers of callers; eight again at the end, as the machine may be busy with other work.
const CALLERS: [&str; 5] = ["8", "1500", "8", "1500", "8"];

pub(super) fn bench() -> Result<()> {
    run(cargo().args(["build", "--release", "--workspace", "--locked", "--bin", "plumb", "--example", "overload"]))?;
    let release = provide::target_folder().join("release");
    let folder = provide::target_folder().join("tmp/overload");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    std::fs::write(folder.join("leads.csv"), table()?).context("cannot write the table")?;
    let plumb = |arguments: &[&str]| {
        let mut command = Command::new(release.join("plumb"));
        command.current_dir(&folder).args(arguments);
        command
    };
    run(&mut plumb(&["quick", "leads.csv", "--target", "won"]))?;
    let server = Server::announced(&mut plumb(&["serve", "--port", "0", "--data", "plumb-quick/leads"]))?;
    let mut load = Command::new(release.join("examples/overload"));
    load.arg(server.address.to_string()).args(["/endpoints/won/invocations", "text/csv", "50,referral", SECONDS]);
    run(load.args(CALLERS))?;
    println!("memory afterwards: {:.0} MB", server.memory_mb()?);
    Ok(())
}

fn table() -> Result<String> {
    let mut table = "size,channel,won\n".to_owned();
    for row in 0..ROWS {
        let channel = ["ads", "referral", "fair"][row % 3];
        let size = 10 + row * 7 % 90;
        let won = (size + 30 * usize::from(channel == "referral") > 60) != (row % 9 == 0);
        writeln!(table, "{size},{channel},{}", if won { "yes" } else { "no" })?;
    }
    Ok(table)
}
