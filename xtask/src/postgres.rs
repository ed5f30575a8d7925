//! What a PostgreSQL server needs to run for the tests.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::keeper::{Kind, Place, Progress};
use crate::provide::PostgresPrograms;

/// The data lives for minutes: nothing needs to survive a loss of power.
const SETTINGS: [&str; 4] =
    ["listen_addresses=127.0.0.1", "fsync=off", "synchronous_commit=off", "full_page_writes=off"];

/// What the log of a server has that does not start.
const GIVEN_UP: [&str; 3] = ["FATAL", "PANIC", "database system is shut down"];

impl Kind for PostgresPrograms {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn program(&self) -> &Path {
        &self.postgres
    }

    fn install(&self, place: &Place, password: &str) -> Result<()> {
        let password_file = place.write("password", password)?;
        let mut command = Command::new(&self.initdb);
        command
            .args(["--username=plumb", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg(format!("--pwfile={}", password_file.display()))
            .arg(format!("--pgdata={}", place.folder.join("data").display()));
        place.run(&mut command)
    }

    fn arguments(&self, place: &Place, port: u16) -> Vec<OsString> {
        let folder = &place.folder;
        let mut arguments: Vec<OsString> =
            vec!["-D".into(), folder.join("data").into(), "-k".into(), folder.into(), "-p".into()];
        arguments.push(port.to_string().into());
        arguments.extend(SETTINGS.iter().flat_map(|setting| ["-c".into(), (*setting).into()]));
        arguments
    }

    fn url(&self, password: &str, port: u16) -> String {
        format!("postgres://plumb:{password}@127.0.0.1:{port}/postgres")
    }

    /// Looks for the word `ready` in the last line of `postmaster.pid`, as PostgreSQL's own `pg_ctl` does.
    fn progress(&self, folder: &Path, log: &str) -> Progress {
        let status = fs::read_to_string(folder.join("data/postmaster.pid")).unwrap_or_default();
        if status.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
            Progress::Ready
        } else if GIVEN_UP.iter().any(|words| log.contains(words)) {
            Progress::GivenUp
        } else {
            Progress::Starting
        }
    }
}
