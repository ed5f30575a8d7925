//! A MariaDB server of our own for as long as the tests run, as `postgres` has one.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::postgres::{KEEPER, TRIES, become_user, make_folder, random_hex, unprivileged_user};
use crate::provide::MysqlPrograms;
use crate::say;

/// How long a server may take to start on a busy machine.
const START_SECONDS_MAX: u64 = 60;

/// A running server. Dropping it stops the server and removes its folder.
pub(crate) struct Server {
    keeper: Child,
    folder: PathBuf,
    url: String,
}

impl Server {
    /// Makes a data folder and starts a server on it.
    pub(crate) fn start(programs: &MysqlPrograms) -> Result<Server> {
        let mut last = None;
        for _ in 0..TRIES {
            match Server::try_start(programs) {
                Ok(server) => {
                    say(&format!("MariaDB runs for the tests ({})", programs.server.display()));
                    return Ok(server);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("no try was made")?).context("cannot start MariaDB for the tests")
    }

    /// Where the tests find it, password included, without the name of a database.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn try_start(programs: &MysqlPrograms) -> Result<Server> {
        let user = unprivileged_user()?;
        let password = random_hex()?;
        let folder = make_folder("plumb-mysql", user)?;
        // From here on the folder must go away again, whatever fails.
        let keeper_or_error = install(programs, &folder, &password, user).and_then(|()| {
            let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot ask for a free port")?;
            let port = listener.local_addr().context("cannot read the port")?.port();
            drop(listener);
            let keeper = start_keeper(programs, &folder, port, user)?;
            Ok((keeper, format!("mysql://plumb:{password}@127.0.0.1:{port}")))
        });
        let (keeper, url) = match keeper_or_error {
            Ok(started) => started,
            Err(error) => {
                fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
                return Err(error);
            }
        };
        let server = Server { keeper, folder, url };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// Waits for the words in its log that it ends its start with.
    fn wait_until_ready(&self) -> Result<()> {
        let started = Instant::now();
        loop {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            if log.contains("ready for connections") {
                return Ok(());
            }
            if log.contains("Aborting") || started.elapsed().as_secs() > START_SECONDS_MAX {
                bail!("the server did not get ready; its log says:\n{log}");
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closing the pipe is the keeper's sign to stop the server and to clean up.
        drop(self.keeper.stdin.take());
        if let Err(error) = self.keeper.wait() {
            eprintln!("xtask: cannot wait for MariaDB to stop: {error}");
        }
        if self.folder.exists() {
            eprintln!("xtask: `{}` could not be removed", self.folder.display());
        }
    }
}

/// Makes the data folder, and the statements by which the server makes its user before it listens.
fn install(programs: &MysqlPrograms, folder: &Path, password: &str, user: Option<(u32, u32)>) -> Result<()> {
    let users = format!(
        "DELETE FROM mysql.global_priv WHERE User IN ('', 'root');\nFLUSH PRIVILEGES;\n\
         CREATE USER plumb@'127.0.0.1' IDENTIFIED BY '{password}';\n\
         GRANT ALL ON *.* TO plumb@'127.0.0.1' WITH GRANT OPTION;\n"
    );
    let users_file = folder.join("users.sql");
    fs::write(&users_file, users).context("cannot write the server's users")?;
    if let Some((user, group)) = user {
        chown(&users_file, Some(user), Some(group)).context("cannot give the users to MariaDB's user")?;
    }
    let mut command = Command::new(&programs.install);
    command
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg(format!("--tmpdir={}", folder.display()));
    become_user(&mut command, user);
    let output = command.current_dir(folder).output().context("cannot start `mariadb-install-db`")?;
    if !output.status.success() {
        let said = [&output.stdout[..], &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat();
        bail!("`mariadb-install-db` ended with {}: {}", output.status, said.trim());
    }
    Ok(())
}

fn start_keeper(programs: &MysqlPrograms, folder: &Path, port: u16, user: Option<(u32, u32)>) -> Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", KEEPER, "keeper"]).arg(folder).arg(&programs.server).arg("--no-defaults");
    for (option, file) in
        [("datadir", "data"), ("socket", "socket"), ("pid-file", "pid"), ("tmpdir", "."), ("init-file", "users.sql")]
    {
        command.arg(format!("--{option}={}", folder.join(file).display()));
    }
    // The data lives for minutes: nothing needs to survive a loss of power.
    command
        .args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"])
        .args(["--innodb-buffer-pool-size=64M", "--skip-log-bin"])
        .arg(format!("--port={port}"));
    become_user(&mut command, user);
    // A process group of its own: Ctrl-C at the terminal reaches us, and the keeper then cleans up in peace.
    command.process_group(0).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::null());
    command.spawn().context("cannot start `sh`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provide::mysql_programs;

    #[test]
    fn a_server_starts_listens_and_leaves_nothing_behind() {
        let programs = mysql_programs().expect("MariaDB is there: run cargo xtask test");
        let server = Server::start(&programs).expect("it starts");
        let address = server.url().rsplit_once('@').expect("a host").1.to_owned();
        let folder = server.folder.clone();
        assert!(std::net::TcpStream::connect(&address).is_ok() && folder.is_dir());
        drop(server);
        assert!(std::net::TcpStream::connect(&address).is_err() && !folder.exists());
    }
}
