//! A PostgreSQL server of our own for as long as the tests run: a free port of 127.0.0.1, everything else in a
//! temporary folder.

use std::fs::{self, Permissions};
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::provide::{PostgresPrograms, id, is_root};
use crate::say;

/// How long a server may take to start on a busy machine.
const START_SECONDS_MAX: u64 = 60;

/// Between asking for a free port and listening on it, another program may take it; then the next try asks again.
pub(crate) const TRIES: usize = 3;

/// The shell that starts the server, waits until our end of its standard input closes, stops the server and removes
/// its folder. The pipe closes however we end, killed included, so no server and no folder is ever left behind.
///
/// PostgreSQL waits for its clients to leave on TERM and turns them out on INT. A shell starts what runs in the
/// background with INT ignored, so before PostgreSQL has handlers of its own only TERM reaches it: hence both.
pub(crate) const KEEPER: &str = r#"
folder=$1; shift
"$@" >"$folder/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -TERM "$server" 2>/dev/null
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
"#;

/// A running server. Dropping it stops the server and removes its folder.
pub(crate) struct Server {
    keeper: Child,
    folder: PathBuf,
    url: String,
}

impl Server {
    /// Makes a data folder and starts a server on it.
    pub(crate) fn start(programs: &PostgresPrograms) -> Result<Server> {
        let mut last = None;
        for _ in 0..TRIES {
            match Server::try_start(programs) {
                Ok(server) => {
                    say(&format!("PostgreSQL runs for the tests ({})", programs.postgres.display()));
                    return Ok(server);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("no try was made")?).context("cannot start PostgreSQL for the tests")
    }

    /// Where the tests find it, password included.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn try_start(programs: &PostgresPrograms) -> Result<Server> {
        let user = unprivileged_user()?;
        let password = random_hex()?;
        let folder = make_folder("plumb-postgres", user)?;
        // From here on the folder must go away again, whatever fails.
        let keeper_or_error = initdb(programs, &folder, &password, user).and_then(|()| {
            let port = free_port()?;
            let keeper = start_keeper(programs, &folder, port, user)?;
            Ok((keeper, format!("postgres://plumb:{password}@127.0.0.1:{port}/postgres")))
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

    /// Waits for the word `ready` in the last line of `postmaster.pid`, which is where PostgreSQL's own `pg_ctl` looks.
    fn wait_until_ready(&self) -> Result<()> {
        let started = Instant::now();
        let status_file = self.folder.join("data/postmaster.pid");
        let mut was_there = false;
        loop {
            let status = fs::read_to_string(&status_file).ok();
            if status.as_deref().and_then(|text| text.lines().nth(7)).is_some_and(|line| line.trim() == "ready") {
                return Ok(());
            }
            // A server that gives up takes the file away again.
            let gave_up = was_there && status.is_none();
            was_there |= status.is_some();
            if gave_up || started.elapsed().as_secs() > START_SECONDS_MAX || self.log().contains("FATAL") {
                bail!("the server did not get ready; its log says:\n{}", self.log());
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closing the pipe is the keeper's sign to stop the server and to clean up.
        drop(self.keeper.stdin.take());
        if let Err(error) = self.keeper.wait() {
            eprintln!("xtask: cannot wait for PostgreSQL to stop: {error}");
        }
        if self.folder.exists() {
            eprintln!("xtask: `{}` could not be removed", self.folder.display());
        }
    }
}

/// The user to run the server as: it refuses to be root's. `None`: the user of this process.
pub(crate) fn unprivileged_user() -> Result<Option<(u32, u32)>> {
    if !is_root()? {
        return Ok(None);
    }
    let found = ["postgres", "nobody"].iter().find_map(|name| id(name).ok());
    found.map(Some).context("the server refuses to run as root, and there is neither a user `postgres` nor `nobody`")
}

/// Makes a folder of a server's own, which its user alone may look into.
pub(crate) fn make_folder(name: &str, user: Option<(u32, u32)>) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("{name}-{}", random_hex()?));
    fs::create_dir(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).context("cannot close the folder to others")?;
    if let Some((user, group)) = user {
        chown(&folder, Some(user), Some(group)).context("cannot give the folder to the server's user")?;
    }
    Ok(folder)
}

fn initdb(programs: &PostgresPrograms, folder: &Path, password: &str, user: Option<(u32, u32)>) -> Result<()> {
    let password_file = folder.join("password");
    fs::write(&password_file, password).context("cannot write the server's password")?;
    if let Some((user, group)) = user {
        chown(&password_file, Some(user), Some(group)).context("cannot give the password to PostgreSQL's user")?;
    }
    let mut command = Command::new(&programs.initdb);
    command
        .args(["--username=plumb", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .arg(format!("--pwfile={}", password_file.display()))
        .arg(format!("--pgdata={}", folder.join("data").display()));
    become_user(&mut command, user);
    let output = command.current_dir(folder).output().context("cannot start `initdb`")?;
    if !output.status.success() {
        bail!("`initdb` ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn start_keeper(programs: &PostgresPrograms, folder: &Path, port: u16, user: Option<(u32, u32)>) -> Result<Child> {
    let mut command = Command::new("sh");
    command.args(["-c", KEEPER, "keeper"]).arg(folder).arg(&programs.postgres);
    command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder).arg("-p").arg(port.to_string());
    // The data lives for minutes: nothing needs to survive a loss of power.
    for setting in ["listen_addresses=127.0.0.1", "fsync=off", "synchronous_commit=off", "full_page_writes=off"] {
        command.arg("-c").arg(setting);
    }
    become_user(&mut command, user);
    // A process group of its own: Ctrl-C at the terminal reaches us, and the keeper then cleans up in peace.
    command.process_group(0).current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::null());
    command.spawn().context("cannot start `sh`")
}

/// Makes a command run as a user.
pub(crate) fn become_user(command: &mut Command, user: Option<(u32, u32)>) {
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot ask for a free port")?;
    Ok(listener.local_addr().context("cannot read the port")?.port())
}

/// Returns a number that nobody guesses.
pub(crate) fn random_hex() -> Result<String> {
    let mut bytes = [0_u8; 8];
    let mut source = fs::File::open("/dev/urandom").context("cannot open /dev/urandom")?;
    source.read_exact(&mut bytes).context("cannot read /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provide::postgres_programs;

    #[test]
    fn a_server_starts_listens_and_leaves_nothing_behind() {
        let programs = postgres_programs().expect("PostgreSQL is there: run cargo xtask test");
        let server = Server::start(&programs).expect("it starts");
        let port = server.url().rsplit_once(':').and_then(|(_, end)| end.split_once('/')).expect("a port").0.to_owned();
        let address = format!("127.0.0.1:{port}");
        let folder = server.folder.clone();
        assert!(std::net::TcpStream::connect(&address).is_ok() && folder.is_dir());
        drop(server);
        assert!(std::net::TcpStream::connect(&address).is_err() && !folder.exists());
    }
}
