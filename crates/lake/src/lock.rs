//! Locks on parts of a data folder: of the processes on all machines that see the folder, one at a time writes each part.
//!
//! A lock is the operating system's, on a file of `locks/`. The system releases it when its holder ends, whatever ended
//! it; the file's content only says who the holder is. The file stays when the lock is released: a process that waits for
//! a deleted file would hold a lock that nobody else sees.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How often a process that waits looks whether the lock is free. Of several that wait, any may be next.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Characters of a command line that are noted.
const COMMAND_LENGTH_MAX: usize = 200;

/// What to do while another process holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfLocked {
    /// Fail at once.
    Refuse,
    /// Wait, for at most so long if that is said.
    Wait(Option<Duration>),
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockHolder {
    /// The process's number on its machine.
    pub process: u32,
    /// Its command line.
    pub command: String,
    /// Its machine.
    pub host: String,
    /// When it got the lock.
    pub since: DateTime<Utc>,
}

/// A part of a data folder that this process alone writes, until this is dropped.
#[derive(Debug)]
pub struct DataLock {
    data: PathBuf,
    path: PathBuf,
    file: File,
    is_removed_at_end: bool,
}

impl DataLock {
    /// Locks a part of a data folder. `waiting` is called with a line for people each time that there is another process
    /// to wait for.
    pub fn acquire(data: &Path, area: &str, if_locked: IfLocked, waiting: &dyn Fn(&str)) -> Result<DataLock, Error> {
        let started = Instant::now();
        let mut announced: Option<String> = None;
        loop {
            let holder = match DataLock::try_acquire(data, area)? {
                Ok(lock) => return Ok(lock),
                Err(holder) => holder.map_or_else(|| "another process".to_owned(), |holder| holder.to_string()),
            };
            let rest = match if_locked {
                IfLocked::Refuse => None,
                IfLocked::Wait(None) => Some(LOOK_EVERY),
                IfLocked::Wait(Some(at_most)) => at_most
                    .checked_sub(started.elapsed())
                    .filter(|rest| !rest.is_zero())
                    .map(|rest| rest.min(LOOK_EVERY)),
            };
            let Some(rest) = rest else {
                let way_out = match if_locked {
                    IfLocked::Refuse => "wait until it has ended, or use `--wait`".to_owned(),
                    IfLocked::Wait(_) => format!("waited {:.0} s for it", started.elapsed().as_secs_f64()),
                };
                return Err(Error::Locked { data: data.to_owned(), area: area.to_owned(), holder, way_out });
            };
            if announced.as_ref() != Some(&holder) {
                waiting(&format!("waiting for {holder}, which writes `{area}` in `{}`", data.display()));
                announced = Some(holder);
            }
            thread::sleep(rest);
        }
    }

    /// Locks a part of a data folder, or returns who holds it, if that is known.
    fn try_acquire(data: &Path, area: &str) -> Result<Result<DataLock, Option<LockHolder>>, Error> {
        let folder = data.join("locks");
        let path = folder.join(format!("{}.lock", file_name(area)));
        loop {
            std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
            let opened = File::options().read(true).write(true).create(true).truncate(false).open(&path);
            let file = opened.map_err(Error::file("open", &path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(Err(LockHolder::read(&path))),
                Err(TryLockError::Error(error)) => return Err(Error::file("lock", &path)(error)),
            }
            // Its holder may have removed it, or somebody else.
            if is_at(&file, &path) {
                let lock = DataLock { data: data.to_owned(), path, file, is_removed_at_end: false };
                lock.sign();
                return Ok(Ok(lock));
            }
        }
    }

    /// Returns the data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Removes the lock's file when the lock is released: for parts whose names are many.
    pub fn removed_at_end(mut self) -> DataLock {
        self.is_removed_at_end = true;
        self
    }

    /// Notes who holds the lock. It is only for messages, so that a full disk is no reason to fail.
    fn sign(&self) {
        let holder = serde_json::to_vec(&LockHolder::this_process()).expect("texts and a time become JSON");
        let _ = self.file.set_len(0).and_then(|()| (&self.file).write_all(&holder));
    }
}

impl Drop for DataLock {
    fn drop(&mut self) {
        // While the lock is still held. A file that stays is only a name.
        let _ = if self.is_removed_at_end { std::fs::remove_file(&self.path) } else { self.file.set_len(0) };
        // To close the file is not enough: a program that another thread starts has it too until it runs.
        let _ = self.file.unlock();
    }
}

impl LockHolder {
    fn this_process() -> LockHolder {
        let program = std::env::args().next().unwrap_or_default();
        let program = Path::new(&program).file_name().map(|name| name.to_string_lossy().into_owned());
        let arguments =
            program.into_iter().chain(std::env::args_os().skip(1).map(|part| part.to_string_lossy().into()));
        let command = arguments.collect::<Vec<String>>().join(" ");
        LockHolder {
            process: std::process::id(),
            command: command.chars().filter(|letter| !letter.is_control()).take(COMMAND_LENGTH_MAX).collect(),
            host: host(),
            since: Utc::now().trunc_subsecs(0),
        }
    }

    /// Reads who holds a lock; `None` if it has not noted that yet.
    fn read(path: &Path) -> Option<LockHolder> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}

impl fmt::Display for LockHolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LockHolder { process, command, host, since } = self;
        write!(
            formatter,
            "`{command}` (process {process} on `{host}`, since {})",
            since.format("%Y-%m-%d %H:%M:%S UTC")
        )
    }
}

/// Returns whether a path still names this opened file: it may have been removed or renamed since.
#[cfg(unix)]
pub fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(file), Ok(path)) => identity(file) == identity(path),
        _ => false,
    }
}

/// Returns whether there is a file: other systems do not remove an open one.
#[cfg(not(unix))]
pub fn is_at(_: &File, path: &Path) -> bool {
    path.is_file()
}

/// Returns the name of this machine.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let names = [name.trim().to_owned(), std::env::var("HOSTNAME").unwrap_or_default()];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// Returns a part's name as a file's: what is no letter, digit or hyphen becomes its number.
fn file_name(area: &str) -> String {
    let part = |letter: char| match letter {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' => letter.to_string(),
        other => format!("%{:x}", u32::from(other)),
    };
    area.chars().map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn acquire(data: &Path, area: &str) -> Result<DataLock, Error> {
        DataLock::acquire(data, area, IfLocked::Refuse, &|_| ())
    }

    #[test]
    fn a_second_one_is_told_who_holds_the_lock_since_when() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let held = acquire(data.path(), "ground").expect("it is free");
        let other = acquire(data.path(), "score-won").expect("another part is free");
        let error = acquire(data.path(), "ground").expect_err("it is held").to_string();
        let process = format!("(process {} on `", std::process::id());
        assert!(error.contains(&process) && error.contains(", since 2") && error.contains("`--wait`"), "{error}");
        drop(held);
        drop(acquire(data.path(), "ground").expect("it is free again"));
        drop(other);
    }

    #[test]
    fn one_that_waits_says_for_whom_and_gives_up_in_time() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let held = acquire(data.path(), "ground").expect("it is free");
        let lines = Mutex::new(Vec::new());
        let wait = |at_most| {
            let note = |line: &str| lines.lock().expect("no panic").push(line.to_owned());
            DataLock::acquire(data.path(), "ground", IfLocked::Wait(at_most), &note)
        };
        let error = wait(Some(Duration::from_millis(60))).expect_err("it is held").to_string();
        assert!(error.ends_with("waited 0 s for it"), "{error}");
        let said = lines.lock().expect("no panic").len();
        assert_eq!(said, 1, "once for each holder");
        thread::scope(|scope| {
            let waiting = scope.spawn(|| wait(None));
            while lines.lock().expect("no panic").len() == said {
                thread::yield_now();
            }
            drop(held);
            waiting.join().expect("no panic").expect("it was released");
        });
        assert!(lines.lock().expect("no panic").iter().all(|line| line.starts_with("waiting for `")));
    }

    #[test]
    fn of_many_one_at_a_time_holds_it_also_if_its_file_is_removed() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let (inside, rounds) = (AtomicU32::new(0), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let Ok(lock) = acquire(data.path(), "training-cafe") else { continue };
                        let lock = lock.removed_at_end();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two hold it");
                        rounds.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert!(rounds.load(Ordering::SeqCst) > 0, "the first try of all succeeds");
        assert_eq!(std::fs::read_dir(data.path().join("locks")).expect("a folder").count(), 0);
    }

    #[test]
    fn it_is_free_although_a_program_that_begins_still_has_its_file() {
        let data = tempfile::tempdir().expect("a temporary folder");
        let held = acquire(data.path(), "ground").expect("it is free");
        let of_program = held.file.try_clone().expect("a second handle");
        drop(held);
        drop(acquire(data.path(), "ground").expect("it is free again"));
        drop(of_program);
    }

    #[test]
    fn any_name_of_a_target_names_a_file() {
        assert_eq!(file_name("score-won"), "score-won");
        assert_eq!(file_name("score-../é"), "score-%2e%2e%2f%e9");
    }
}
