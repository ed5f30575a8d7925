//! Database servers of our own for as long as the tests run: a free port of 127.0.0.1, everything else in a temporary
//! folder, and nothing left behind. What each of them needs is in `postgres` and `mysql`.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::provide::{id, is_root};
use crate::say;

/// How long a server may take to start on a busy machine.
const START_SECONDS_MAX: u64 = 60;

/// Between asking for a free port and listening on it, another program may take it; then the next try asks again.
const TRIES: usize = 3;

/// The shell that starts the server, waits until our end of its standard input closes, stops the server and removes
/// its folder. The pipe closes however we end, killed included, so no server and no folder is ever left behind.
///
/// PostgreSQL waits for its clients to leave on TERM and turns them out on INT. A shell starts what runs in the
/// background with INT ignored, so before PostgreSQL has handlers of its own only TERM reaches it: hence both.
const KEEPER: &str = r#"
folder=$1; shift
"$@" >"$folder/log" 2>&1 </dev/null &
server=$!
cat >/dev/null
kill -TERM "$server" 2>/dev/null
kill -INT "$server" 2>/dev/null
wait "$server"
rm -rf "$folder"
"#;

/// What tells one kind of server from another.
pub(crate) trait Kind {
    /// Its name, for messages and its folder.
    fn name(&self) -> &'static str;

    /// The server's program.
    fn program(&self) -> &Path;

    /// Makes the data folder, with a user `plumb` that has this password.
    fn install(&self, place: &Place, password: &str) -> Result<()>;

    /// Returns what the server is told.
    fn arguments(&self, place: &Place, port: u16) -> Vec<OsString>;

    /// Returns the address at which the tests find it.
    fn url(&self, password: &str, port: u16) -> String;

    /// Returns how far a server in this folder has come that has logged this.
    fn progress(&self, folder: &Path, log: &str) -> Progress;
}

/// How far a server has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Starting,
    Ready,
    GivenUp,
}

/// A folder of a server's own, and the user that it runs as.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    /// User and group; `None` is the user of this process.
    user: Option<(u32, u32)>,
}

/// A running server. Dropping it stops the server and removes its folder.
pub(crate) struct Server {
    name: &'static str,
    keeper: Child,
    folder: PathBuf,
    url: String,
}

impl Server {
    /// Makes a data folder and starts a server on it.
    pub(crate) fn start(kind: &impl Kind) -> Result<Server> {
        let name = kind.name();
        let mut last = None;
        for _ in 0..TRIES {
            match Server::try_start(kind) {
                Ok(server) => {
                    say(&format!("{name} runs for the tests ({})", kind.program().display()));
                    return Ok(server);
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.context("no try was made")?).with_context(|| format!("cannot start {name} for the tests"))
    }

    /// Where the tests find it, password included.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn try_start(kind: &impl Kind) -> Result<Server> {
        let password = random_hex()?;
        let place = Place::make(kind.name())?;
        // From here on the folder must go away again, whatever fails.
        let started = kind.install(&place, &password).and_then(|()| {
            let port = free_port()?;
            Ok((place.start_keeper(kind, port)?, kind.url(&password, port)))
        });
        let folder = place.folder;
        match started {
            Ok((keeper, url)) => {
                let server = Server { name: kind.name(), keeper, folder, url };
                server.wait_until_ready(kind)?;
                Ok(server)
            }
            Err(error) => {
                fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
                Err(error)
            }
        }
    }

    fn wait_until_ready(&self, kind: &impl Kind) -> Result<()> {
        let started = Instant::now();
        loop {
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            let progress = kind.progress(&self.folder, &log);
            if progress == Progress::Ready {
                return Ok(());
            }
            if progress == Progress::GivenUp || started.elapsed().as_secs() > START_SECONDS_MAX {
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
            eprintln!("xtask: cannot wait for {} to stop: {error}", self.name);
        }
        if self.folder.exists() {
            eprintln!("xtask: `{}` could not be removed", self.folder.display());
        }
    }
}

impl Place {
    /// Makes a folder that its user alone may look into.
    fn make(name: &str) -> Result<Place> {
        let user = unprivileged_user()?;
        let folder = std::env::temp_dir().join(format!("plumb-{}-{}", name.to_lowercase(), random_hex()?));
        fs::create_dir(&folder).with_context(|| format!("cannot make `{}`", folder.display()))?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).context("cannot close the folder to others")?;
        let place = Place { folder, user };
        place.give(&place.folder)?;
        Ok(place)
    }

    /// Writes a file that the server may read, and returns its path.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
        self.give(&path)?;
        Ok(path)
    }

    /// Runs a program to its end as the server's user.
    pub(crate) fn run(&self, command: &mut Command) -> Result<()> {
        self.become_user(command);
        let program = command.get_program().to_string_lossy().into_owned();
        let output = command.current_dir(&self.folder).output().with_context(|| format!("cannot start `{program}`"))?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            bail!("`{program}` ended with {}: {}", output.status, String::from_utf8_lossy(&said).trim());
        }
        Ok(())
    }

    fn start_keeper(&self, kind: &impl Kind, port: u16) -> Result<Child> {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "keeper"]).arg(&self.folder).arg(kind.program());
        command.args(kind.arguments(self, port));
        self.become_user(&mut command);
        // A process group of its own: Ctrl-C at the terminal reaches us, and the keeper then cleans up in peace.
        command.process_group(0).current_dir(&self.folder).stdin(Stdio::piped()).stdout(Stdio::null());
        command.spawn().context("cannot start `sh`")
    }

    fn give(&self, path: &Path) -> Result<()> {
        let Some((user, group)) = self.user else { return Ok(()) };
        chown(path, Some(user), Some(group))
            .with_context(|| format!("cannot give `{}` to the server's user", path.display()))
    }

    fn become_user(&self, command: &mut Command) {
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
    }
}

/// The user to run the server as: it refuses to be root's. `None`: the user of this process.
fn unprivileged_user() -> Result<Option<(u32, u32)>> {
    if !is_root()? {
        return Ok(None);
    }
    let found = ["postgres", "nobody"].iter().find_map(|name| id(name).ok());
    found.map(Some).context("the server refuses to run as root, and there is neither a user `postgres` nor `nobody`")
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot ask for a free port")?;
    Ok(listener.local_addr().context("cannot read the port")?.port())
}

/// Returns a number that nobody guesses.
fn random_hex() -> Result<String> {
    let mut bytes = [0_u8; 8];
    let mut source = File::open("/dev/urandom").context("cannot open /dev/urandom")?;
    source.read_exact(&mut bytes).context("cannot read /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provide::{mysql_programs, postgres_programs};

    fn check(kind: &impl Kind) {
        let server = Server::start(kind).expect("it starts");
        let (_, host) = server.url().rsplit_once('@').expect("a host");
        let address = host.split('/').next().expect("an address").to_owned();
        let folder = server.folder.clone();
        assert!(std::net::TcpStream::connect(&address).is_ok() && folder.is_dir());
        drop(server);
        assert!(std::net::TcpStream::connect(&address).is_err() && !folder.exists());
    }

    #[test]
    fn a_postgresql_server_starts_listens_and_leaves_nothing_behind() {
        check(&postgres_programs().expect("PostgreSQL is there: run cargo xtask test"));
    }

    #[test]
    fn a_mariadb_server_starts_listens_and_leaves_nothing_behind() {
        check(&mysql_programs().expect("MariaDB is there: run cargo xtask test"));
    }
}
