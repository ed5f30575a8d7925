//! What a MariaDB server needs to run for the tests.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::keeper::{Kind, Place, Progress};
use crate::provide::MysqlPrograms;

/// The statements by which the server makes its user before it listens.
const USERS_FILE: &str = "users.sql";

/// The data lives for minutes: nothing needs to survive a loss of power.
const SETTINGS: [&str; 5] = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=64M",
    "--skip-log-bin",
];

impl Kind for MysqlPrograms {
    fn name(&self) -> &'static str {
        "MariaDB"
    }

    fn program(&self) -> &Path {
        &self.server
    }

    fn install(&self, place: &Place, password: &str) -> Result<()> {
        let users = format!(
            "DELETE FROM mysql.global_priv WHERE User IN ('', 'root');\nFLUSH PRIVILEGES;\n\
             CREATE USER plumb@'127.0.0.1' IDENTIFIED BY '{password}';\n\
             GRANT ALL ON *.* TO plumb@'127.0.0.1' WITH GRANT OPTION;\n"
        );
        place.write(USERS_FILE, &users)?;
        let mut command = Command::new(&self.install);
        command
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(format!("--datadir={}", place.folder.join("data").display()))
            .arg(format!("--tmpdir={}", place.folder.display()));
        place.run(&mut command)
    }

    fn arguments(&self, place: &Place, port: u16) -> Vec<OsString> {
        // First, or it is refused.
        let mut arguments: Vec<OsString> = vec!["--no-defaults".into()];
        let files = [
            ("datadir", "data"),
            ("socket", "socket"),
            ("pid-file", "pid"),
            ("tmpdir", "."),
            ("init-file", USERS_FILE),
        ];
        let option = |(option, file): (&str, &str)| format!("--{option}={}", place.folder.join(file).display()).into();
        arguments.extend(files.map(option));
        arguments.extend(SETTINGS.map(OsString::from));
        arguments.push(format!("--port={port}").into());
        arguments
    }

    /// Returns it without the name of a database.
    fn url(&self, password: &str, port: u16) -> String {
        format!("mysql://plumb:{password}@127.0.0.1:{port}")
    }

    /// Looks for the words in its log that it ends its start with.
    fn progress(&self, _folder: &Path, log: &str) -> Progress {
        if log.contains("ready for connections") {
            Progress::Ready
        } else if log.contains("Aborting") {
            Progress::GivenUp
        } else {
            Progress::Starting
        }
    }
}
